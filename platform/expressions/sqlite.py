"""The functions that compiled formulas call on SQLite: the very Python functions that evaluation uses.

Call `register_sqlite_functions` on every new connection. Names are `tx_<key of the overload>`; numbers travel as plain decimal
text, dates and moments as ISO text, durations as seconds, yes/no as 1 and 0.
"""

import json
import sqlite3
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from tessera.expressions import numbers
from tessera.expressions.functions import OVERLOADS
from tessera.expressions.functions.base import Overload
from tessera.expressions.sql_types import moment_of, moment_text

_DECODE: dict[str, Callable[[Any], Any]] = {
    "number": Decimal,
    "boolean": bool,
    "date": date.fromisoformat,
    "datetime": moment_of,
    "time": time.fromisoformat,
    "duration": lambda seconds: timedelta(seconds=seconds),
}
_ENCODE: dict[str, Callable[[Any], Any]] = {
    "number": numbers.plain,
    "boolean": int,
    "date": date.isoformat,
    "datetime": moment_text,
    "time": time.isoformat,
    "duration": lambda span: span.days * 86_400 + span.seconds,
}


def register_sqlite_functions(connection: sqlite3.Connection) -> None:
    """Make compiled formulas run on `connection` (a driver connection)."""
    for overload in OVERLOADS.values():
        if overload.postgresql is not None and overload.sqlite is None:
            count = -1 if overload.repeats else len(overload.parameters)
            connection.create_function(f"tx_{overload.key}", count, _adapted(overload), deterministic=True)
    connection.create_function("tx_scaled", 2, _scaled, deterministic=True)
    connection.create_function("tx_compare", 2, _compare, deterministic=True)
    connection.create_function("tx_has", 2, _has, deterministic=True)
    connection.create_aggregate("tx_sum", 1, _Sum)  # type: ignore[arg-type]
    connection.create_aggregate("tx_avg", 1, _Average)  # type: ignore[arg-type]
    connection.create_aggregate("tx_min", 1, _Least)  # type: ignore[arg-type]
    connection.create_aggregate("tx_max", 1, _Greatest)  # type: ignore[arg-type]


def _adapted(overload: Overload) -> Callable[..., Any]:
    """The overload's Python function between SQLite's values."""
    function, strict, last = overload.python, overload.strict, len(overload.parameters) - 1
    decoders = [_DECODE.get(parameter.kind) for parameter in overload.parameters]
    encode = _ENCODE.get(overload.result.kind)

    def call(*raw: Any) -> Any:
        if strict and None in raw:
            return None
        values = []
        for at, value in enumerate(raw):
            decode = decoders[min(at, last)]
            values.append(value if value is None or decode is None else decode(value))
        result = function(*values)
        return result if result is None or encode is None else encode(result)

    return call


def _scaled(units: int | None, scale: int) -> str | None:
    """A stored decimal: the integer number of its smallest units."""
    if units is None:
        return None
    return numbers.plain(Decimal(units).scaleb(-scale, numbers.CONTEXT))


def _compare(left: str | None, right: str | None) -> int | None:
    """-1, 0 or 1; nothing when either is missing."""
    if left is None or right is None:
        return None
    first, second = Decimal(left), Decimal(right)
    return (first > second) - (first < second)


def _has(choices: str | None, key: str | None) -> int:
    return int(choices is not None and key is not None and key in (json.loads(choices) or ()))


class _Sum:
    def __init__(self) -> None:
        self.total = numbers.ZERO
        self.count = 0

    def step(self, value: str | None) -> None:
        if value is not None:
            self.total = numbers.CONTEXT.add(self.total, Decimal(value))
            self.count += 1

    def finalize(self) -> str | None:
        result = numbers.settle(self.total)
        return None if result is None else numbers.plain(result)


class _Average(_Sum):
    def finalize(self) -> str | None:
        if numbers.settle(self.total) is None or not self.count:
            return None
        result = numbers.quotient(self.total, Decimal(self.count))
        return None if result is None else numbers.plain(result)


class _Least:
    def __init__(self) -> None:
        self.best: Decimal | None = None

    def step(self, value: str | None) -> None:
        if value is not None:
            number = Decimal(value)
            if self.best is None or self.better(number, self.best):
                self.best = number

    def better(self, number: Decimal, best: Decimal) -> bool:
        return number < best

    def finalize(self) -> str | None:
        return None if self.best is None else numbers.plain(self.best)


class _Greatest(_Least):
    def better(self, number: Decimal, best: Decimal) -> bool:
        return number > best
