"""Column types that mean the same on PostgreSQL and SQLite."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

SQLITE_DATETIME = "%Y-%m-%d %H:%M:%S.%f"


T = TypeVar("T")


class PortableType(TypeDecorator[T]):
    """A type that PostgreSQL's driver already gives as the right Python value, and that is converted on SQLite only.

    Connections run in time zone UTC (see `engines`), so moments come out of PostgreSQL in UTC.
    """

    __abstract__ = True

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Any:
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class Uuid7(PortableType[UUID]):
    """`uuid` on PostgreSQL; the canonical 36-character text on SQLite, so that any tool can read and join it."""

    impl = sa.Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(sa.CHAR(36))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return str(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return UUID(value) if isinstance(value, str) else value


class UtcDateTime(PortableType[datetime]):
    """An aware moment in UTC: `timestamptz` on PostgreSQL, sortable ISO text with microseconds on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(26))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must know its time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.strftime(SQLITE_DATETIME)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC) if value is not None else None


class ExactDecimal(PortableType[Decimal]):
    """NUMERIC on PostgreSQL; on SQLite the integer number of 10^-scale units, never a float."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Numeric(self.precision, self.scale))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        scaled = Decimal(value).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimals")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        if value is None or dialect.name == "postgresql":
            return value  # type: ignore[no-any-return]
        return Decimal(value).scaleb(-self.scale)


class ClockTime(PortableType[time]):
    """`time` on PostgreSQL, `HH:MM:SS` text on SQLite."""

    impl = sa.Time
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.Time() if dialect.name == "postgresql" else sa.String(15))

    def process_bind_param(self, value: time | None, dialect: sa.Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> time | None:
        return time.fromisoformat(value) if isinstance(value, str) else value


class Json(PortableType[Any]):
    """`jsonb` on PostgreSQL, JSON text on SQLite; written by orjson."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return orjson.loads(value) if isinstance(value, str) and dialect.name != "postgresql" else value
