"""Arguments and results of jobs are plain JSON, so that a row written today can be read by any version tomorrow."""

import math
from collections.abc import Mapping
from typing import Any

import orjson

MAX_DEPTH = 50
MAX_BYTES = 1_000_000


class NotPlain(ValueError):
    """Raised when a value is not plain JSON or too large; the message says where."""


def check_plain(value: Any, *, max_bytes: int = MAX_BYTES) -> None:
    """Raise `NotPlain` unless `value` is dict (text keys), list, text, finite number, boolean or None, and not too large."""
    _check(value, "", MAX_DEPTH)
    try:
        size = len(orjson.dumps(value))
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise NotPlain(str(error)) from error
    if size > max_bytes:
        raise NotPlain(f"{size} bytes are more than the {max_bytes} allowed")


def _check(value: Any, place: str, depth: int) -> None:
    if depth == 0:
        raise NotPlain(f"{place} is nested too deep")
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            raise NotPlain(f"{place or '/'} is not a finite number")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotPlain(f"{place or '/'} has a key that is not text")
            _check(item, f"{place}/{key}", depth - 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{place}/{index}", depth - 1)
    else:
        raise NotPlain(f"{place or '/'} is a {type(value).__name__}")
