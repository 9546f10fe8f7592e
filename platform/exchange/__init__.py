"""Data in and out: imports with a mapping, row errors, match rules and undo; exports; later duplicates and merging.

Everything goes through the record service: an import has no rights and no shortcuts of its own.
"""
