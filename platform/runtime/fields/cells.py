"""What may be written into a spreadsheet cell."""

import re

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What Excel allows in one cell.
CELL_LIMIT = 32_767
_ERROR_CODES = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


#: Excel's calendar begins here; days before it go into cells as text.
FIRST_YEAR = 1900


def safe_cell_text(text: str) -> str | None:
    """`text` fit for a cell: no formula, no error code, no character that XML forbids, no more than Excel's limit.

    Text that Excel would take for a formula gets an apostrophe before it, which `without_guard` takes off again on import.
    """
    text = _ILLEGAL.sub("", text)
    if _is_guarded("'" + text):
        text = "'" + text
    if len(text) > CELL_LIMIT:
        text = text[: CELL_LIMIT - 1] + "…"
    return text or None


def without_guard(text: str) -> str:
    """The text of a cell as it was before `safe_cell_text` guarded it."""
    return text[1:] if _is_guarded(text) else text


def _is_guarded(text: str) -> bool:
    return text.startswith(("'=", "''=")) or (text[:1] == "'" and text[1:].lstrip("'") in _ERROR_CODES)
