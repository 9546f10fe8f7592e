"""Keeps spreadsheets from taking exported text for a formula, and takes the guard off again on import (OWASP ASVS 1.2.10)."""

#: What a spreadsheet takes for the beginning of a formula, or skips before it looks.
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would calculate it."""
    return f"'{text}" if text.lstrip("'").startswith(_STARTS) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if text[:1] == "'" and text[1:].lstrip("'").startswith(_STARTS) else text
