"""A publish and the people who work meanwhile (PostgreSQL: there, they can hold the very table that is to change)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tessera.kernel.errors import Unavailable
from tessera.kernel.ids import uuid7
from tessera.storage import apply
from tessera.storage.columns import ColumnSpec, TableSpec
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tables import build_table
from tessera.storage.tenant_database import TenantDatabase
from tests.conftest import Location
from tests.support.tables import column_types, publish_tables

OLD = TableSpec("firm", (ColumnSpec("id", "uuid", nullable=False), ColumnSpec("name", "text")))
NEW = TableSpec("firm", (*OLD.columns, ColumnSpec("note", "text")))


@pytest.fixture
def postgres(engines: EngineRegistry, postgresql_location: Location) -> TenantDatabase:
    database = create_place(engines, "test", postgresql_location.url, postgresql_location.schema)
    publish_tables(database, [OLD])
    with database.writing() as connection:
        connection.execute(sa.insert(build_table(OLD, sa.MetaData())).values(id=uuid7(), name="x"))
    return database


@contextmanager
def somebody_reads(database: TenantDatabase, seconds: float) -> Iterator[None]:
    """A transaction that has looked at the table and stays open."""
    started, stop = threading.Event(), threading.Event()

    def read() -> None:
        with database.writing() as connection:
            connection.execute(sa.select(build_table(OLD, sa.MetaData()))).all()
            started.set()
            stop.wait(seconds)

    thread = threading.Thread(target=read)
    thread.start()
    started.wait(5)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_writers_pass_while_a_publish_waits_for_a_long_reader(postgres: TenantDatabase) -> None:
    firm = build_table(OLD, sa.MetaData())
    slowest = 0.0
    with somebody_reads(postgres, 1.0):
        publish = threading.Thread(target=publish_tables, args=(postgres, [NEW]))
        publish.start()
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            begun = time.monotonic()
            with postgres.writing() as connection:
                connection.execute(sa.update(firm).values(name="y"))
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.01)
        assert "note" not in column_types(postgres, "firm")
    publish.join(10)
    assert "note" in column_types(postgres, "firm")
    assert slowest < 0.3  # the wait for the lock is 0.04 s; the rest is the machine's


def test_a_table_that_is_never_free_leaves_the_old_version(postgres: TenantDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "SWITCH_PATIENCE", 0.3)
    with somebody_reads(postgres, 5.0), pytest.raises(Unavailable):
        publish_tables(postgres, [NEW])
    assert "note" not in column_types(postgres, "firm")
    publish_tables(postgres, [NEW])
    assert "note" in column_types(postgres, "firm")


def test_who_holds_a_table_for_long_is_waited_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autovacuum gives way only to somebody who waits longer than a writer is made to wait."""
    monkeypatch.setattr(apply, "LONG_HELD", 0.0)
    waits: list[int] = []

    def work(wait: int) -> None:
        waits.append(wait)
        if wait < 1_000:
            raise sa.exc.OperationalError("ALTER", None, _Contended())

    apply.patiently(work)
    assert waits == [apply.LOCK_WAIT_MS, apply.LONG_LOCK_WAIT_MS]


class _Contended(Exception):
    sqlstate = "55P03"
