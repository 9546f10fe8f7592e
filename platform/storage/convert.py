"""Values from one column type to another, the same on both databases.

A conversion never guesses: what does not read exactly as the new type raises ValueError and is reported.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from tessera.storage.columns import ColumnSpec

_TRUE, _FALSE = frozenset({"true", "yes", "1", "t", "y"}), frozenset({"false", "no", "0", "f", "n"})


def converter(old: ColumnSpec, new: ColumnSpec) -> Callable[[Any], Any]:
    """What turns a value of `old` into one of `new`; it raises ValueError for a value that does not fit."""
    convert = _TO[new.kind]

    def checked(value: Any) -> Any:
        try:
            return convert(value, new)
        except (ValueError, InvalidOperation, OverflowError, TypeError, AttributeError) as error:
            raise ValueError(f"{value!r} does not read as {new.kind}") from error

    return checked


def _to_text(value: Any, new: ColumnSpec) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, Decimal):
        text = format(value.normalize(), "f") if value else "0"
    elif isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    elif isinstance(value, bytes):
        text = value.decode()
    else:
        text = value.isoformat() if isinstance(value, date | time) else str(value)
    if new.length is not None and len(text) > new.length:
        raise ValueError("too long")
    return text


def _to_integer(value: Any, new: ColumnSpec) -> int:
    number = _to_number(value)
    if number != number.to_integral_value() or abs(number) >= 2**63:
        raise ValueError("not a whole number of 64 bits")
    return int(number)


def _to_decimal(value: Any, new: ColumnSpec) -> Decimal:
    number = _to_number(value)
    assert new.scale is not None
    assert new.precision is not None
    scaled = number.quantize(Decimal(1).scaleb(-new.scale))
    if scaled != number or number.adjusted() + 1 > new.precision - new.scale:
        raise ValueError("too many digits")
    return scaled


def _to_number(value: Any) -> Decimal:
    number = Decimal(value.strip() if isinstance(value, str) else value)
    if not number.is_finite():
        raise ValueError("not a number")
    return number


def _to_boolean(value: Any, new: ColumnSpec) -> bool:
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("neither yes nor no")


def _to_date(value: Any, new: ColumnSpec) -> date:
    if isinstance(value, datetime):
        if value.time() != time():
            raise ValueError("has a time of day")
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value.strip())


def _to_datetime(value: Any, new: ColumnSpec) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    moment = datetime.fromisoformat(value.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _to_time(value: Any, new: ColumnSpec) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value.strip())


def _to_uuid(value: Any, new: ColumnSpec) -> UUID:
    return value if isinstance(value, UUID) else UUID(value.strip())


def _to_json(value: Any, new: ColumnSpec) -> Any:
    if isinstance(value, str | int | bool | dict | list):
        return value
    return str(value) if isinstance(value, Decimal | UUID) else value.isoformat()


def _to_bytes(value: Any, new: ColumnSpec) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


_TO: dict[str, Callable[[Any, ColumnSpec], Any]] = {
    "text": _to_text,
    "integer": _to_integer,
    "decimal": _to_decimal,
    "boolean": _to_boolean,
    "date": _to_date,
    "datetime": _to_datetime,
    "time": _to_time,
    "uuid": _to_uuid,
    "json": _to_json,
    "bytes": _to_bytes,
}
