"""A publish that fails or is killed at any step leaves the old or the new tables, and the next one succeeds."""

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.storage.apply import Application, PublishRefused
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tables import build_table
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import active_number, active_version, unfinished
from tests.conftest import Location
from tests.support.tables import column_types, foreign_keys, index_names, plan_tables, publish_tables, table_names

ID = ColumnSpec("id", "uuid", nullable=False)
OLD = (
    TableSpec("person", (ID, ColumnSpec("name", "text", length=50))),
    TableSpec(
        "firm", (ID, ColumnSpec("code", "text"), ColumnSpec("left", "text"), ColumnSpec("rate", "decimal", precision=9, scale=2))
    ),
)
NEW = (
    TableSpec("person", (ID, ColumnSpec("name", "text", length=90), ColumnSpec("mail", "text")), (
        IndexSpec("ux_person_mail", ("mail",), unique=True), IndexSpec("ix_person_name", ("name",)),
    )),
    TableSpec("firm", (
        ID, ColumnSpec("code", "integer", nullable=False), ColumnSpec("rate", "decimal", precision=12, scale=3),
        ColumnSpec("contact", "uuid", references="person"), ColumnSpec("note", "text"),
    ), (IndexSpec("ix_firm_note", ("note",)),)),
    TableSpec("visit", (ID, ColumnSpec("firm", "uuid", references="firm"))),
)  # fmt: skip
ROWS = 30


class Interrupted(Exception):
    """Raised by the checkpoint under test."""


def interrupt_at(number: int) -> Callable[[str], None]:
    """A checkpoint that lets `number` steps pass and fails at the next."""
    passed = count()

    def check(label: str) -> None:
        if next(passed) == number:
            raise Interrupted(label)

    return check


def count_rows(connection: sa.Connection, arguments: Any) -> Any:
    """A finishing task of three batches."""
    done = arguments.get("done", 0) + 1
    return {"done": done} if done < 3 else None


HANDLERS = {"count": count_rows}
TASKS = ({"task": "count", "arguments": {}},)


@pytest.fixture(autouse=True)
def every_table_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that all phases take part."""
    monkeypatch.setattr("tessera.storage.plan.LARGE_TABLE", 10)


def prepare(database: TenantDatabase) -> None:
    publish_tables(database, OLD)
    person, firm = (build_table(spec, sa.MetaData()) for spec in OLD)
    with database.writing() as connection:
        connection.execute(sa.insert(person), [{"id": uuid7(), "name": f"P{n}"} for n in range(ROWS)])
        connection.execute(sa.insert(firm), [{"id": uuid7(), "code": str(n), "left": "L", "rate": n} for n in range(ROWS)])


def physical(database: TenantDatabase) -> dict[str, Any]:
    """Everything about the tables that the database itself knows."""
    return {
        name: (column_types(database, name), index_names(database, name), foreign_keys(database, name))
        for name in sorted(table_names(database))
    }


def values(database: TenantDatabase, tables: tuple[TableSpec, ...]) -> Any:
    firm = build_table(tables[1], sa.MetaData())
    with database.reading() as connection:
        return [str(code) for code in connection.execute(sa.select(firm.c.code).order_by(firm.c.id)).scalars()]


def serving(database: TenantDatabase) -> int:
    with database.reading() as connection:
        return active_number(connection)


def assert_next_publish_succeeds(database: TenantDatabase, expected: dict[str, Any]) -> None:
    publish_tables(database, NEW, handlers=HANDLERS, tasks=TASKS)
    with database.reading() as connection:
        assert unfinished(connection) == []
        assert all(step["done"] for step in active_version(connection).plan["finish"])
    # whichever version made it, the kept column carries that version's number
    assert {name: parts[1:] for name, parts in physical(database).items()} == {
        name: parts[1:] for name, parts in expected.items()
    }
    assert values(database, NEW) == [str(n) for n in range(ROWS)]
    assert plan_tables(database, NEW).is_empty


@pytest.fixture
def expected(engines: EngineRegistry, database: TenantDatabase, tmp_path: Any) -> Any:
    """How the new tables look when nothing interferes, and how many checkpoints are passed on the way."""
    prepare(database)
    before = physical(database)
    twin = _twin(engines, database, tmp_path)
    prepare(twin)
    labels: list[str] = []
    publish_tables(twin, NEW, checkpoint=labels.append, handlers=HANDLERS, tasks=TASKS)
    after = physical(twin)
    _drop_twin(engines, twin)
    return before, after, labels


def _twin(engines: EngineRegistry, database: TenantDatabase, tmp_path: Any) -> TenantDatabase:
    if database.dialect == "sqlite":
        return create_place(engines, "twin", f"sqlite:///{tmp_path / 'twin.sqlite'}")
    return create_place(engines, "twin", database.engine.url.render_as_string(hide_password=False), f"{database.schema}_twin")


def _drop_twin(engines: EngineRegistry, twin: TenantDatabase) -> None:
    if twin.dialect == "postgresql":
        with twin.reading() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {twin.schema} CASCADE")


def test_all_phases_take_part(expected: Any, database: TenantDatabase) -> None:
    _, _, labels = expected
    words = {label.split()[0] for label in labels}
    assert words >= {"activate", "switch", "commit", "switched", "finish"}
    assert ("prepare" in words) == (database.dialect == "postgresql")


def test_a_failure_at_any_step_leaves_old_or_new(expected: Any, database: TenantDatabase) -> None:
    before, after, labels = expected
    for n in range(len(labels)):
        if serving(database) > 1 and plan_tables(database, NEW).is_empty:
            break

        with pytest.raises(Interrupted) as interrupted:
            publish_tables(database, NEW, checkpoint=interrupt_at(n), handlers=HANDLERS, tasks=TASKS)
        switched = str(interrupted.value).split()[0] in ("switched", "finish")
        if not switched:
            assert physical(database) == before, interrupted.value
            assert values(database, OLD) == [str(k) for k in range(ROWS)]
        else:
            assert values(database, NEW) == [str(k) for k in range(ROWS)]
            break
    assert_next_publish_succeeds(database, after)


def _publish_and_die(location: Location, at: int) -> None:
    database = create_place(EngineRegistry(), "test", location.url, location.schema)
    passed = [0]

    def die(_label: str) -> None:
        passed[0] += 1
        if passed[0] == at:
            os.kill(os.getpid(), 9)

    publish_tables(database, NEW, checkpoint=die, handlers=HANDLERS, tasks=TASKS)


def test_a_kill_at_any_step_leaves_old_or_new(expected: Any, database: TenantDatabase, location: Location) -> None:
    before, after, labels = expected
    spawn = multiprocessing.get_context("fork")
    killed = 0
    for at in range(1, len(labels) + 1):
        process = spawn.Process(target=_publish_and_die, args=(location, at))
        process.start()
        process.join(30)
        assert process.exitcode == -9
        killed += 1
        if serving(database) == 1:
            Application(database, tasks=HANDLERS).recover()
            assert physical(database) == before, labels[at - 1]
            assert values(database, OLD) == [str(n) for n in range(ROWS)]
        else:
            assert values(database, NEW) == [str(n) for n in range(ROWS)]
            break
    assert killed > 10
    assert_next_publish_succeeds(database, after)


def test_after_the_switch_every_step_is_finished_by_a_restart(expected: Any, database: TenantDatabase) -> None:
    _, after, labels = expected
    late = labels.index("switched")

    def fail(label: str) -> None:
        if label == "switched":
            raise Interrupted(label)

    with pytest.raises(Interrupted):
        publish_tables(database, NEW, checkpoint=fail, handlers=HANDLERS, tasks=TASKS)
    for _ in range(len(labels) - late - 1):
        try:
            Application(database, tasks=HANDLERS, checkpoint=interrupt_at(1)).recover()
        except Interrupted:
            continue
        break
    assert_next_publish_succeeds(database, after)


def test_a_refused_or_failing_switch_changes_nothing(database: TenantDatabase) -> None:
    prepare(database)
    before = physical(database)

    def fail(connection: sa.Connection, version: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        publish_tables(database, NEW, in_switch=fail)
    assert (physical(database), serving(database)) == (before, 1)


def test_an_index_that_fails_while_it_is_built_leaves_nothing_behind(database: TenantDatabase) -> None:
    prepare(database)
    before = physical(database)
    unique = (OLD[0], replace(OLD[1], indexes=(IndexSpec("ux_firm_code", ("code",), unique=True),)))
    firm = build_table(OLD[1], sa.MetaData())

    def meanwhile(label: str) -> None:
        if "ux_firm_code" in label or label == "activate":
            with database.engine.connect() as connection:
                connection.execute(sa.insert(firm).values(id=uuid7(), code="1"))

    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer: nobody writes between the check and the change")
    with pytest.raises(PublishRefused, match="ux_firm_code"):
        publish_tables(database, unique, checkpoint=meanwhile)
    assert (physical(database), serving(database)) == (before, 1)
