"""Append-only books with dimensions and measures, and what documents write into them."""
