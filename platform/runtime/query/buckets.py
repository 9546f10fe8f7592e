"""Dates and moments in buckets of a day, week (from Monday), month, quarter or year of the reader's time zone."""

import sqlite3
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

UNITS = ("day", "week", "month", "quarter", "year")


def bucket(column: sa.ColumnElement[Any], unit: str, dialect: str, *, zone: str | None) -> sa.ColumnElement[Any]:
    """The first day of the `unit` that `column` falls into, as a date. `zone` is given for moments, None for dates."""
    if dialect == "postgresql":
        local = column if zone is None else sa.func.timezone(zone, column)
        return sa.cast(local, sa.Date()) if unit == "day" else sa.cast(sa.func.date_trunc(unit, local), sa.Date())
    day = column if zone is None else sa.func.tessera_local_date(column, zone)
    return sa.type_coerce(_on_sqlite(sa.type_coerce(day, sa.String()), unit), sa.Date())


def _on_sqlite(day: sa.ColumnElement[str], unit: str) -> sa.ColumnElement[str]:
    match unit:
        case "year":
            return _beginning(day, 4) + "-01-01"
        case "quarter":
            month = sa.cast(sa.func.substr(day, 6, 2), sa.Integer())
            first = sa.case((month < 4, "-01-01"), (month < 7, "-04-01"), (month < 10, "-07-01"), (month < 13, "-10-01"))
            return _beginning(day, 4) + first
        case "month":
            return _beginning(day, 8) + "01"
        case "week":
            return sa.func.date(day, "-6 days", "weekday 1", type_=sa.String())
    return day


def _beginning(day: sa.ColumnElement[str], length: int) -> sa.ColumnElement[str]:
    return sa.func.substr(day, 1, length, type_=sa.String())


def register_local_date(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the function that PostgreSQL has as `AT TIME ZONE`."""
    connection.create_function("tessera_local_date", 2, _local_date, deterministic=True)


def _local_date(stored: str | None, zone: str) -> str | None:
    if stored is None:
        return None
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date().isoformat()
