"""Dropping what was hidden, on request only."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tessera.kernel.errors import Conflict
from tessera.kernel.ids import uuid7
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.publish_lock import PublishRunning, publish_lock
from tessera.storage.purge import HiddenPart, hidden_parts, purge
from tessera.storage.tables import build_table
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import active_number
from tests.support.tables import column_types, plan_tables, publish_tables, table_names

ID = ColumnSpec("id", "uuid", nullable=False)
TEXT = ColumnSpec("search_text", "text")
PERSON = TableSpec("person", (ID, ColumnSpec("name", "text"), TEXT), (IndexSpec("ix_p", ("search_text",), method="trigram"),))
FIRM = TableSpec(
    "firm", (ID, ColumnSpec("name", "text"), ColumnSpec("boss", "uuid", references="person"), ColumnSpec("old", "text"))
)
SLIM = TableSpec("firm", FIRM.columns[:2])


def purge_now(database: TenantDatabase, parts: list[HiddenPart]) -> int:
    return purge(database, parts, author="test", at=datetime.now(UTC))


@pytest.fixture
def hidden(database: TenantDatabase) -> TenantDatabase:
    publish_tables(database, [PERSON, FIRM])
    person, firm = build_table(PERSON, sa.MetaData()), build_table(FIRM, sa.MetaData())
    boss = uuid7()
    with database.writing() as connection:
        connection.execute(sa.insert(person).values(id=boss, name="P"))
        connection.execute(sa.insert(firm), [{"id": uuid7(), "name": "F", "boss": boss, "old": o} for o in ("x", None, "y")])
    publish_tables(database, [SLIM])
    return database


def test_what_would_be_lost_is_counted_first(hidden: TenantDatabase) -> None:
    assert {part.name: part.values for part in hidden_parts(hidden)} == {"person": 1, "firm.boss": 3, "firm.old": 2}


def test_purging_drops_exactly_what_is_named(hidden: TenantDatabase) -> None:
    parts = {part.name: part for part in hidden_parts(hidden)}
    with hidden.reading() as connection:
        before = active_number(connection)
    assert purge_now(hidden, [parts["firm.old"], parts["person"]]) == before + 1
    assert table_names(hidden) == {"firm"}
    assert set(column_types(hidden, "firm")) == {"id", "name", "boss"}
    assert plan_tables(hidden, [SLIM]).is_empty
    publish_tables(hidden, [PERSON, FIRM])
    firm = build_table(FIRM, sa.MetaData())
    with hidden.reading() as connection:
        assert connection.execute(sa.select(firm.c.name, firm.c.boss, firm.c.old)).all() == [("F", None, None)] * 3


def test_visible_parts_are_never_purged(hidden: TenantDatabase) -> None:
    for part in (HiddenPart("firm", None, 10), HiddenPart("firm", "name", 10), HiddenPart("sys_audit", None, 10)):
        with pytest.raises(Conflict, match="not hidden"):
            purge_now(hidden, [part])


def test_more_than_was_counted_is_not_lost(hidden: TenantDatabase) -> None:
    [part] = [part for part in hidden_parts(hidden) if part.name == "firm.old"]
    with pytest.raises(Conflict, match="more values"):
        purge_now(hidden, [HiddenPart(part.table, part.column, part.values - 1)])
    assert "old" in column_types(hidden, "firm")


def test_one_publish_at_a_time(database: TenantDatabase) -> None:
    with publish_lock(database), pytest.raises(PublishRunning), publish_lock(database, wait=0.1):
        pass
    with publish_lock(database, wait=0.1):
        pass
