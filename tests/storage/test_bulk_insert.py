"""Many rows at once mean what they mean one by one, on both databases."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.storage.bulk_insert import COPY_FROM, insert_rows
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.tables import build_table
from tessera.storage.tenant_database import TenantDatabase
from tests.support.tables import publish_tables

SPEC = TableSpec(
    "order",
    (
        ColumnSpec("id", "uuid", nullable=False),
        ColumnSpec("name", "text", length=40),
        ColumnSpec("amount", "decimal", precision=14, scale=4),
        ColumnSpec("number", "integer"),
        ColumnSpec("paid", "boolean"),
        ColumnSpec("day", "date"),
        ColumnSpec("at", "datetime"),
        ColumnSpec("clock", "time"),
        ColumnSpec("more", "json"),
        ColumnSpec("deleted_at", "datetime"),
    ),
    (IndexSpec("ux_order_number", ("number",), unique=True, live_only=True),),
)
NASTY = ["tab\there", "line\nbreak", "back\\slash", "\\N", "'quote\"", "青岛", ""]


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": uuid7(),
            "name": NASTY[place % len(NASTY)],
            "amount": Decimal(place) / 8,
            "number": place,
            "paid": place % 2 == 0,
            "day": date(2024, 2, 29),
            "at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
            "clock": time(23, 59, 58),
            "more": {"k": [1, None, "x"]} if place % 3 else None,
            "deleted_at": None,
        }
        for place in range(count)
    ]


@pytest.mark.parametrize("count", [2, COPY_FROM + 5])
def test_what_goes_in_comes_out(database: TenantDatabase, count: int) -> None:
    publish_tables(database, [SPEC])
    table, wanted = build_table(SPEC, sa.MetaData()), rows(count)
    with database.writing() as connection:
        insert_rows(connection, table, wanted)
    with database.reading() as connection:
        found = connection.execute(sa.select(table).order_by(table.c.number)).mappings()
        assert [{name: row[name] for name in wanted[0]} for row in found] == wanted


def test_a_broken_constraint_is_told_like_any_other_and_nothing_stays(database: TenantDatabase) -> None:
    publish_tables(database, [SPEC])
    table, wanted = build_table(SPEC, sa.MetaData()), rows(COPY_FROM + 5)
    wanted[-1]["number"] = 0
    with pytest.raises(sa.exc.IntegrityError, match=r"ux_order_number|order\.number"), database.writing() as connection:
        insert_rows(connection, table, wanted)
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
