"""Measures Tessera against the same endpoints written by hand, on the same data, server and driver. Start with `bench/run`."""
