import threading
from typing import Any

import pytest
import sqlalchemy as sa

from tessera.runtime.jobs.outbox import StoredEvent, dispatch, emit
from tessera.runtime.jobs.ports import OutboxEvent
from tessera.storage.system_tables import outbox
from tests.runtime.jobs.workplace import Workplace


def dispatch_all(workplace: Workplace) -> int:
    return dispatch(workplace.database, workplace.kinds, workplace.subscribers, workplace.clock.now())


def test_an_event_becomes_one_job_a_subscriber(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.kind("index")
    workplace.subscribe("mailer", "mail", "record.created")
    workplace.subscribe("indexer", "index", "record.*")
    workplace.emit("record.created", payload={"n": 1})
    workplace.emit("record.updated")

    assert dispatch_all(workplace) == 2
    assert dispatch_all(workplace) == 0
    assert sorted(row.kind for row in workplace.jobs()) == ["index", "index", "mail"]
    (mail,) = workplace.jobs(kind="mail")
    assert mail.arguments["payload"] == {"n": 1}
    assert mail.effect_key == f"mailer:{mail.arguments['event_id']}"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"modules": ("order",)}, ["order"]),
        ({"modules": ("*_order", "customer")}, ["customer"]),
        ({"wants": lambda event: event.module == "order"}, ["order"]),
    ],
)
def test_subscribers_choose_by_module_and_by_looking(workplace: Workplace, options: Any, wanted: list[str]) -> None:
    workplace.kind("mail")
    workplace.subscribe("mailer", "mail", "*", **options)
    for module in ("order", "customer"):
        workplace.emit("record.created", module)
    dispatch_all(workplace)
    assert [row.arguments["module"] for row in workplace.jobs()] == wanted


def test_nothing_is_emitted_by_a_transaction_that_fails(workplace: Workplace) -> None:
    def work() -> None:
        with workplace.database.writing() as connection:
            emit(connection, OutboxEvent("record.created", "order", None), workplace.clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert dispatch_all(workplace) == 0


def test_a_broken_subscriber_loses_no_event(workplace: Workplace) -> None:
    def broken(event: StoredEvent) -> bool:
        raise RuntimeError("broken")

    workplace.kind("mail")
    workplace.subscribe("fine", "mail", "*")
    workplace.emit("record.created")
    workplace.subscribe("broken", "mail", "*", wants=broken)
    with pytest.raises(RuntimeError):
        dispatch_all(workplace)
    assert workplace.jobs() == []
    with workplace.database.reading() as connection:
        assert connection.execute(sa.select(outbox.c.dispatched_at)).scalars().all() == [None]


def test_dispatching_at_once_makes_each_job_once(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.subscribe("mailer", "mail", "*")
    with workplace.database.writing() as connection:
        for number in range(60):
            emit(connection, OutboxEvent("record.created", "order", None, {"n": number}), workplace.clock.now())

    def work() -> None:
        while dispatch(workplace.database, workplace.kinds, workplace.subscribers, workplace.clock.now(), limit=7):
            pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row.arguments["payload"]["n"] for row in workplace.jobs()) == list(range(60))
