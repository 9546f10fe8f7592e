"""A publish that fails or dies at any step: people work on with the old or the new version, and the next publish succeeds."""

import multiprocessing
import os
from collections.abc import Callable
from decimal import Decimal
from itertools import count

import pytest

from tessera.runtime.publishing import backfills, publisher
from tessera.runtime.publishing.publisher import Publisher
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry
from tests.conftest import Location
from tests.runtime.publishing.conftest import Works
from tests.runtime.publishing.test_publishing import add

OPERATIONS = [
    add("x_double", type="formula", formula="amount * 2", result="decimal", scale=2),
    add("x_note", type="text", searchable=True, index=True, required=True, default="none"),
    add("x_parent", type="lookup", module="shop_item"),
]
ROWS = 5


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """All phases take part although there are few rows."""
    monkeypatch.setattr("tessera.storage.plan.LARGE_TABLE", 2)
    monkeypatch.setattr(publisher, "BACKFILL_AT_ONCE", 0)
    monkeypatch.setattr(backfills, "BATCH", 2)


@pytest.fixture
def items(shop: Works) -> Works:
    shop.create("shop_item", *({"name": f"Item {n}", "amount": f"{n}"} for n in range(ROWS)))
    return shop


def assert_old_or_new(works: Works) -> None:
    """Definitions, tables and records agree, and records can be made."""
    fields = works.server().catalog.module("shop_item").fields
    new = "x_double" in fields
    assert ("x_note" in fields, "x_parent" in fields) == (new, new)
    assert len(works.publisher.overlay(works.key)) == (len(OPERATIONS) if new else 0)
    works.create("shop_item", {"name": "Meanwhile", "amount": "9", **({"x_note": "n"} if new else {})})
    assert [row["name"] for row in works.rows("shop_item")][:ROWS] == [f"Item {n}" for n in range(ROWS)]


def assert_finished(works: Works) -> None:
    rows = works.rows("shop_item")
    assert [row["x_double"] for row in rows[:ROWS]] == [Decimal(n * 2) for n in range(ROWS)]
    assert {row["x_note"] for row in rows[:ROWS]} == {"none"}
    assert len(works.rows("shop_item", search="none item")) == ROWS
    assert works.publisher.publish(works.key).is_empty


class Interrupted(Exception):
    """Raised by the checkpoint under test."""


def interrupt_at(number: int) -> Callable[[str], None]:
    passed = count()

    def check(label: str) -> None:
        if next(passed) == number:
            raise Interrupted(label)

    return check


def steps_of(works: Works) -> int:
    """How many checkpoints the publish passes, found out on a second tenant."""
    labels: list[str] = []
    twin = f"{works.key}_twin"
    location = works.location
    plain = Publisher(works.control, clock=works.clock)
    plain.create_tenant(twin, "Twin", location, works.publisher.apps(works.key))
    Publisher(works.control, clock=works.clock, checkpoint=labels.append).apply_overlay(twin, OPERATIONS)
    return len(labels)


def test_a_failure_at_any_step(items: Works) -> None:
    steps = steps_of(items)
    assert steps > 8
    for number in range(steps):
        failing = Publisher(items.control, clock=items.clock, checkpoint=interrupt_at(number))
        try:
            failing.apply_overlay(items.key, OPERATIONS)
        except Interrupted:
            assert_old_or_new(items)
        if items.publisher.overlay(items.key):
            break
    items.publisher.recover(items.key)
    if not items.publisher.overlay(items.key):
        items.publisher.apply_overlay(items.key, OPERATIONS)
    assert_finished(items)


def test_a_restart_helps_every_tenant_it_can(items: Works, caplog: pytest.LogCaptureFixture) -> None:
    last = steps_of(items) - 1
    with pytest.raises(Interrupted):
        Publisher(items.control, clock=items.clock, checkpoint=interrupt_at(last)).apply_overlay(items.key, OPERATIONS)
    broken = f"{items.key}_gone"
    items.control.create(broken, "Gone", items.location)
    with items.control.open(broken).writing() as connection:
        schema = items.control.open(broken).schema
        connection.exec_driver_sql(f"DROP TABLE {schema + '.' if schema else ''}sys_metadata_version")
    Publisher(items.control, clock=items.clock).recover_all()
    assert f"tenant {broken} could not be recovered" in caplog.text
    assert_finished(items)


def _publish_and_die(location: Location, works: Works, at: int) -> None:
    control = ControlDatabase(EngineRegistry(), location.url, schema=f"{location.schema}")
    passed = count()

    def die(_label: str) -> None:
        if next(passed) == at:
            os.kill(os.getpid(), 9)

    Publisher(control, clock=works.clock, checkpoint=die).apply_overlay(works.key, OPERATIONS)


def test_a_kill_at_any_step(items: Works, location: Location) -> None:
    fork = multiprocessing.get_context("fork")
    for number in count():
        process = fork.Process(target=_publish_and_die, args=(location, items, number))
        process.start()
        process.join(60)
        if process.exitcode == 0:
            break
        assert process.exitcode == -9
        assert_old_or_new(items)
        items.publisher.recover(items.key)
        assert_old_or_new(items)
        if items.publisher.overlay(items.key):
            break
    assert number > 3
    items.publisher.recover(items.key)
    assert_finished(items)
