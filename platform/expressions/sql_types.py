"""How values of the language come out of compiled SQL, and how they are bound into it, on both databases.

SQLite has no decimals: there a number is its plain decimal text ("12.5"), made and read by the registered functions.
"""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

from tessera.expressions import numbers


class NumberSql(TypeDecorator[Decimal]):
    """`numeric` on PostgreSQL, plain decimal text on SQLite."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Numeric() if dialect.name == "postgresql" else sa.String())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else numbers.plain(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class MomentSql(TypeDecorator[datetime]):
    """`timestamptz` on PostgreSQL, UTC text with microseconds on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=True) if dialect.name == "postgresql" else sa.String())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else moment_text(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if isinstance(value, str):
            return moment_of(value)
        return None if value is None else value.astimezone(UTC)


class TimeSql(TypeDecorator[time]):
    """`time` on PostgreSQL, ISO text on SQLite."""

    impl = sa.Time
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Time() if dialect.name == "postgresql" else sa.String())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> time | None:
        return time.fromisoformat(value) if isinstance(value, str) else value


class SpanSql(TypeDecorator[timedelta]):
    """Whole seconds on both."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else value.days * 86_400 + value.seconds

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> timedelta | None:
        return None if value is None else timedelta(seconds=value)


class IdSql(TypeDecorator[UUID]):
    """`uuid` on PostgreSQL, its canonical text on SQLite."""

    impl = sa.Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(postgresql.UUID(as_uuid=True) if dialect.name == "postgresql" else sa.CHAR(36))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> UUID | None:
        return UUID(value) if isinstance(value, str) else value


#: The SQL type of each kind of value, and its name in a PostgreSQL cast.
SQL_TYPES: dict[str, TypeEngine[Any]] = {
    "text": sa.Text(),
    "number": NumberSql(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "datetime": MomentSql(),
    "time": TimeSql(),
    "duration": SpanSql(),
    "record": IdSql(),
    "null": sa.Text(),
}
CAST_NAMES = {
    "text": "text", "number": "numeric", "boolean": "boolean", "date": "date", "datetime": "timestamptz", "time": "time",
    "duration": "bigint", "record": "uuid", "null": "text",
}  # fmt: skip


def moment_text(value: datetime) -> str:
    """A moment as SQLite stores it."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def moment_of(text: str) -> datetime:
    """A moment from SQLite."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
