"""Uploaded files: one store for all of a tenant's uploads, with generated names, sniffed types and limits."""
