"""What may be written into a spreadsheet cell."""

import re

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What Excel allows in one cell.
CELL_LIMIT = 32_767
_ERROR_CODES = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


def safe_cell_text(text: str) -> str | None:
    """`text` fit for a cell: no formula, no error code, no character that XML forbids, no more than Excel's limit.

    Text that Excel would take for a formula gets an apostrophe before it, which `text_input` takes off again on import.
    """
    text = _ILLEGAL.sub("", text)
    if text.startswith(("=", "'=")) or text in _ERROR_CODES:
        text = "'" + text
    if len(text) > CELL_LIMIT:
        text = text[: CELL_LIMIT - 1] + "…"
    return text or None
