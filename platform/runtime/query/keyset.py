"""Keyset paging: where a page ends is told by the sort values of its last row, so that no page is slower than the first.

Empty values come last, in either direction, on both databases. The id is always the last key, so the order is total and every
row is met exactly once. A cursor holds the driver's own values; it is no secret and is checked when it comes back.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from tessera.kernel.errors import BadQuery
from tessera.runtime.query.tree import check_values

MAX_CURSOR = 4_000


class DriverValue(UserDefinedType[Any]):
    """The type of a cursor's parameters: what the driver gave goes back to it untouched."""

    cache_ok = True


@dataclass(frozen=True, slots=True, eq=False)
class SortKey:
    """One key of the order. `nullable` is false where no row lacks a value."""

    expression: sa.ColumnElement[Any]
    descending: bool
    nullable: bool


def order_clauses(keys: Sequence[SortKey]) -> list[sa.ColumnElement[Any]]:
    """ORDER BY with empty values last.

    Where nothing can be empty and all keys run one way, nothing is said about it: a plain index then serves both ways.
    """
    if not any(key.nullable for key in keys) and len({key.descending for key in keys}) == 1:
        return [key.expression.desc() if key.descending else key.expression.asc() for key in keys]
    return [key.expression.desc().nulls_last() if key.descending else key.expression.asc().nulls_last() for key in keys]


def after(keys: Sequence[SortKey], empty: Sequence[bool]) -> sa.ColumnElement[bool]:
    """The rows that come after the row whose sort values are the parameters k0, k1 …; `empty` says which of them are null."""
    if len({key.descending for key in keys}) == 1 and not any(key.nullable for key in keys):
        return _row_comparison(keys)
    choices: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for number, key in enumerate(keys):
        beyond = _beyond(key, number, is_empty=empty[number])
        if beyond is not None:
            choices.append(sa.and_(*same, beyond))
        same.append(key.expression.is_(None) if empty[number] else key.expression == _parameter(number))
    found = sa.or_(*choices)
    first = keys[0]
    if first.nullable:
        return sa.and_(first.expression.is_(None), found) if empty[0] else found
    # said twice, so that an index over the first key starts at the right place
    bound = first.expression <= _parameter(0) if first.descending else first.expression >= _parameter(0)
    return sa.and_(bound, found)


def _row_comparison(keys: Sequence[SortKey]) -> sa.ColumnElement[bool]:
    row = sa.tuple_(*[key.expression for key in keys])
    values = sa.tuple_(*[_parameter(number) for number in range(len(keys))])
    return row < values if keys[0].descending else row > values


def _beyond(key: SortKey, number: int, *, is_empty: bool) -> sa.ColumnElement[bool] | None:
    if is_empty:
        return None  # nothing comes after the empty ones
    value = _parameter(number)
    beyond = key.expression < value if key.descending else key.expression > value
    return sa.or_(beyond, key.expression.is_(None)) if key.nullable else beyond


def _parameter(number: int) -> sa.BindParameter[Any]:
    return sa.bindparam(f"k{number}", type_=DriverValue())


def cursor_values(values: Sequence[Any]) -> dict[str, Any]:
    """The parameters of `after`."""
    return {f"k{number}": value for number, value in enumerate(values) if value is not None}


# -- the opaque text ------------------------------------------------------------------------------------------------


def fingerprint(module: str, sort: Sequence[str]) -> str:
    """What a cursor must fit: the module and the order."""
    return hashlib.sha256("\0".join((module, *sort)).encode()).hexdigest()[:12]


def encode_cursor(mark: str, values: Sequence[Any]) -> str:
    """The cursor after a row with these driver values."""
    packed = orjson.dumps([mark, *[_pack(value) for value in values]])
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(cursor: str, mark: str, kinds: Sequence[type]) -> list[Any]:
    """The driver values in `cursor`; raises `BadQuery` unless it was made for this order and holds values of `kinds`."""
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError(cursor)
        packed = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        found, *rest = packed
        values = [_unpack(item, kind) for item, kind in zip(rest, kinds, strict=True)]
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, InvalidOperation):
        raise BadQuery("The cursor is not one of ours.", pointer="/cursor") from None
    if found != mark or values[-1] is None:
        raise BadQuery("The cursor belongs to another order; start from the first page.", pointer="/cursor")
    return values


_PACKED = {datetime: "t", date: "d", time: "h", timedelta: "s", Decimal: "n", UUID: "u"}


def _pack(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool, float):
        return value
    if isinstance(value, timedelta):
        return {"s": value // timedelta(microseconds=1)}
    tag = _PACKED[type(value)]
    return {tag: value.isoformat() if tag in "tdh" else str(value)}


def _unpack(item: Any, kind: type) -> Any:
    if item is None:
        return None
    if kind in (str, int, bool, float):
        if type(item) is not kind or (isinstance(item, int) and not -(2**63) <= item < 2**63):
            raise ValueError(item)
        check_values(item, "/cursor")
        return item
    return _FROM_TEXT[kind](item[_PACKED[kind]])


def _finite(text: Any) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


_FROM_TEXT: dict[type, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    timedelta: lambda count: timedelta(microseconds=int(count)),
    Decimal: _finite,
    UUID: UUID,
}


def driver_kind(type_: sa.types.TypeEngine[Any], dialect: str) -> type:
    """What the driver of `dialect` gives for values of `type_`."""
    if isinstance(type_, sa.types.TypeDecorator):
        type_ = type_.impl_instance
    for family, on_postgresql, on_sqlite in _KINDS:
        if isinstance(type_, family):
            return on_postgresql if dialect == "postgresql" else on_sqlite
    raise AssertionError(f"no cursor can hold a value of {type_!r}")


_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], type, type], ...] = (
    (sa.Boolean, bool, int),
    (sa.Integer, int, int),
    (sa.Float, float, float),
    (sa.Numeric, Decimal, int),
    (sa.DateTime, datetime, str),
    (sa.Date, date, str),
    (sa.Time, time, str),
    (sa.Interval, timedelta, int),
    (sa.Uuid, UUID, str),
    (sa.String, str, str),
)
