from datetime import timedelta

from tessera.runtime.jobs.schedules import Schedule, set_schedule
from tests.runtime.jobs.workplace import Workplace


def test_a_sweep_wakes_tenants_that_have_work(workplace: Workplace) -> None:
    woken: list[str] = []
    workplace.kind("mail")
    sweeper = workplace.sweeper(woken.append)
    sweeper.sweep()
    assert woken == []
    workplace.add("mail")
    sweeper.sweep()
    assert woken == ["test"]


def test_an_event_that_nobody_announced_is_found(workplace: Workplace) -> None:
    woken: list[str] = []
    workplace.emit("record.created")
    workplace.sweeper(woken.append).sweep()
    assert woken == ["test"]


def test_what_comes_due_between_sweeps_is_taken_up_in_time(workplace: Workplace) -> None:
    woken: list[str] = []
    workplace.kind("mail")
    workplace.add("mail", run_at=workplace.clock.now() + timedelta(seconds=5))
    sweeper = workplace.sweeper(woken.append)
    sweeper.sweep()
    workplace.advance(seconds=4)
    sweeper.sweep_due()
    assert woken == []
    workplace.advance(seconds=1)
    sweeper.sweep_due()
    assert woken == ["test"]


def test_a_schedules_slot_is_run_in_time(workplace: Workplace) -> None:
    woken: list[str] = []
    workplace.kind("report")
    with workplace.database.writing() as connection:
        set_schedule(connection, Schedule("s", "* * * * *", "report"), workplace.kinds, workplace.clock.now())
    sweeper = workplace.sweeper(woken.append)
    sweeper.sweep()
    for _ in range(3):
        workplace.advance(minutes=1)
        sweeper.sweep_due()
    assert len(workplace.jobs()) == 3
    assert woken == ["test"] * 3


def test_a_sweep_frees_the_jobs_of_lost_workers(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.add("mail")
    workplace.claim("a worker elsewhere")
    woken: list[str] = []
    sweeper = workplace.sweeper(woken.append)
    sweeper.sweep()
    workplace.advance(seconds=30)
    sweeper.sweep()
    assert (woken, workplace.jobs()[0].state) == (["test"], "waiting")


def test_one_tenants_trouble_is_not_the_others(workplace: Workplace) -> None:
    class Broken:
        key = "broken"

        @property
        def database(self) -> None:
            raise RuntimeError("the database is away")

    woken: list[str] = []
    tenant = workplace.tenants.pop("test")
    workplace.tenants["broken"] = Broken()  # type: ignore[assignment]
    workplace.tenants["test"] = tenant
    workplace.kind("mail")
    workplace.add("mail")
    workplace.sweeper(woken.append).sweep()
    assert woken == ["test"]


def test_a_tenant_that_has_gone_is_not_woken(workplace: Workplace) -> None:
    woken: list[str] = []
    workplace.kind("mail")
    workplace.add("mail", run_at=workplace.clock.now() + timedelta(seconds=5))
    sweeper = workplace.sweeper(woken.append)
    sweeper.sweep()
    del workplace.tenants["test"]
    workplace.advance(seconds=5)
    sweeper.sweep_due()
    assert woken == []
