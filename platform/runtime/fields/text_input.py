"""Text from outside: what is refused and what is cleaned, the same for every type that stores text."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from tessera.runtime.fields.base import Coercion, Rejected
from tessera.runtime.fields.cells import without_guard

_LINE_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_NEWLINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def read_text(raw: Any, coercion: Coercion) -> str | None:
    """`raw` as text, or None when there is none. A number in a sheet's cell is text too; a JSON number is not."""
    if raw is None:
        return None
    if isinstance(raw, str):
        return raw
    if coercion.localized and isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)
    raise Rejected("not_text", "This must be text.")


def clean_line(text: str) -> str:
    """One line: composed (NFC), trimmed, line breaks and tabs as single spaces. Raises `Rejected` on control characters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    _refuse_surrogates(text)
    text = _LINE_BREAKS.sub(" ", text)
    _refuse_controls(text)
    return unicodedata.normalize("NFC", text).strip()


def clean_lines(text: str) -> str:
    """Several lines: composed (NFC), trimmed, line breaks as \\n. Raises `Rejected` on control characters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    _refuse_surrogates(text)
    text = _NEWLINES.sub("\n", text)
    _refuse_controls(text)
    return unicodedata.normalize("NFC", text).strip()


def check_length(text: str, limit: int) -> str:
    """`text`, or `Rejected` when it is longer than `limit` characters."""
    if len(text) > limit:
        raise Rejected("too_long", "This is longer than {limit} characters.", limit=limit)
    return text


def read_line(raw: Any, coercion: Coercion, limit: int) -> str | None:
    """One clean line of at most `limit` characters, or None when it is empty."""
    text = read_text(raw, coercion)
    if not text:
        return None
    if len(text) > 4 * limit + 1000:  # before any work on it
        check_length(text, limit)
    return check_length(_unguarded(clean_line(text), coercion), limit) or None


def read_lines(raw: Any, coercion: Coercion, limit: int) -> str | None:
    """Clean text of at most `limit` characters in any number of lines, or None when it is empty."""
    text = read_text(raw, coercion)
    if not text:
        return None
    if len(text) > 4 * limit + 1000:
        check_length(text, limit)
    return check_length(_unguarded(clean_lines(text), coercion), limit) or None


def _unguarded(text: str, coercion: Coercion) -> str:
    return without_guard(text) if coercion.localized else text


def _refuse_surrogates(text: str) -> None:
    if _SURROGATES.search(text):
        raise Rejected("bad_character", "This contains a character that is no text.")


def _refuse_controls(text: str) -> None:
    if _CONTROLS.search(text):
        raise Rejected("control_character", "This contains a control character.")
