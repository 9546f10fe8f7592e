"""JSON from outside that is kept as it is: plain types only, within limits of size and depth."""

import math
import re
from typing import Any

import orjson

from tessera.runtime.fields.base import Rejected
from tessera.runtime.fields.number_input import SAFE_INTEGER

_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")


def plain_json(raw: Any, *, most_depth: int, most_bytes: int) -> Any:
    """A copy of `raw` made of dict, list, str, int, float, bool and None. Raises `Rejected`.

    Refused are NaN, infinities, whole numbers beyond 2^53 - 1, NUL and lone surrogates: not every reader takes them alike.
    """
    budget = [most_bytes]
    copied = _copy(raw, most_depth, budget)
    if len(orjson.dumps(copied)) > most_bytes:
        raise _too_large()
    return copied


def _copy(raw: Any, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise _too_large()
    kind = type(raw)
    if raw is None or kind is bool:
        return raw
    if kind is str:
        return _text(raw, budget)
    if kind is int or kind is float:
        if (kind is int and abs(raw) > SAFE_INTEGER) or not math.isfinite(raw):
            raise Rejected("out_of_range", "This contains a number that is not exact everywhere.")
        return raw
    if depth <= 0:
        raise Rejected("too_deep", "This is nested too deeply.")
    if kind is list or kind is tuple:
        return [_copy(one, depth - 1, budget) for one in raw]
    if kind is dict:
        if not all(type(key) is str for key in raw):
            raise Rejected("not_json", "This is no JSON.")
        return {_text(key, budget): _copy(one, depth - 1, budget) for key, one in raw.items()}
    raise Rejected("not_json", "This is no JSON.")


def _text(raw: str, budget: list[int]) -> str:
    budget[0] -= len(raw)
    if budget[0] < 0:
        raise _too_large()
    if _BAD_TEXT.search(raw):
        raise Rejected("bad_character", "This contains a character that is no text.")
    return raw


def _too_large() -> Rejected:
    return Rejected("too_large", "This is too large.")
