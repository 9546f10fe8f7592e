from datetime import timedelta

import pytest
import sqlalchemy as sa

from tessera.runtime.jobs.errors import GiveUp
from tessera.runtime.jobs.retention import tidy
from tessera.runtime.jobs.run import JobRun
from tessera.storage.system_tables import effect, outbox
from tests.runtime.jobs.workplace import Workplace


def count(workplace: Workplace, table: sa.Table) -> int:
    with workplace.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def tidy_now(workplace: Workplace) -> int:
    return tidy(workplace.database, workplace.clock.now(), workplace.settings)


def give_up(run: JobRun) -> None:
    with run.effect():
        pass
    raise GiveUp


def test_finished_jobs_and_dispatched_events_go_after_their_time(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.subscribe("mailer", "mail", "*")
    workplace.emit("record.created")
    workplace.run()
    workplace.advance(days=6)
    assert tidy_now(workplace) == 0
    workplace.advance(days=2)
    assert tidy_now(workplace) == 2
    assert (workplace.jobs(), count(workplace, outbox)) == ([], 0)


def test_work_that_waits_or_runs_is_never_removed(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.kind("later")
    workplace.emit("record.created")
    workplace.add("mail")
    workplace.claim()
    workplace.add("later", run_at=workplace.clock.now() + timedelta(days=2000))
    workplace.advance(days=1000)
    assert tidy_now(workplace) == 0


def test_dead_jobs_stay_longer_and_keep_the_proof_of_what_they_did(workplace: Workplace) -> None:
    workplace.configure(keep_dead=timedelta(days=400))
    workplace.kind("mail", give_up)
    workplace.add("mail")
    workplace.run()
    workplace.advance(days=399)
    assert tidy_now(workplace) == 0
    workplace.advance(days=2)
    assert tidy_now(workplace) == 2
    assert count(workplace, effect) == 0


def test_an_old_heap_goes_in_batches(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace.configure(turn_jobs=100)
    workplace.kind("mail")
    for _ in range(25):
        workplace.add("mail")
    workplace.run()
    workplace.advance(days=8)
    monkeypatch.setattr("tessera.runtime.jobs.retention.BATCH", 10)
    assert tidy_now(workplace) == 25


def test_the_sweep_tidies_now_and_then(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.add("mail")
    workplace.run()
    sweeper = workplace.sweeper()
    sweeper.sweep()
    workplace.clock.advance(timedelta(days=8))
    sweeper.sweep()
    assert len(workplace.jobs()) == 1
    workplace.seconds.now += 3600
    sweeper.sweep()
    assert workplace.jobs() == []
