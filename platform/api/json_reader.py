"""The one reader of JSON that comes from outside.

Stricter than a plain parser: no NaN or Infinity, no key twice in an object, no lone surrogates, no NUL characters (databases
refuse them), limited depth, and numbers that a float cannot hold exactly stay exact (`Decimal`).
"""

import json
import math
from decimal import Decimal
from typing import Any, Final

import orjson

from tessera.kernel.errors import BadRequest

MAX_DEPTH: Final = 40
#: A decimal number of at most this many characters has at most 15 digits: a float gives it back unchanged.
_EXACT_AS_FLOAT: Final = 16
_MOST_EXPONENT: Final = 300


class NotJson(BadRequest):
    """Raised when a text that should be JSON is not, or is JSON that we do not take."""

    code = "not_json"
    message = "This is not JSON: {reason}."


def read_json(body: bytes | str) -> Any:
    """The value of a JSON text; raises `NotJson`."""
    try:
        orjson.loads(body)  # strict and fast: syntax, UTF-8, surrogates, NaN
        value = _decoder.decode(body if isinstance(body, str) else body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotJson(reason=_reason(error)) from None
    escaped = "\\u0000" if isinstance(body, str) else b"\\u0000"
    if escaped in body and _holds_nul(value):  # type: ignore[operator]
        raise NotJson(reason="texts may not hold NUL characters")
    _check_depth(body, value)
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, orjson.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:50]!r} stands twice in one object")
    return found


def _number(text: str) -> float | Decimal:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    if len(text) <= _EXACT_AS_FLOAT:
        return value
    number = Decimal(text)
    if abs(number.adjusted()) > _MOST_EXPONENT:  # spelt out, such a number would fill the memory
        raise ValueError("a number is out of range")
    return value if Decimal(repr(value)) == number else number


def _integer(text: str) -> int:
    if len(text) > 40:
        raise ValueError("a number is out of range")
    return int(text)


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number, parse_int=_integer, parse_constant=_constant)


def _check_depth(body: bytes | str, value: Any) -> None:
    opening = body.count("[") + body.count("{") if isinstance(body, str) else body.count(b"[") + body.count(b"{")
    if opening > MAX_DEPTH and _depth_exceeds(value, MAX_DEPTH):
        raise NotJson(reason=f"it is nested more than {MAX_DEPTH} levels deep")


def _depth_exceeds(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _holds_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\0" in value:
                return True
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False
