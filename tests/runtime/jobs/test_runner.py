from datetime import timedelta
from typing import Any

import pytest

from tessera.kernel.context import Principal
from tessera.kernel.ids import uuid7
from tessera.kernel.registry import UnknownEntry
from tessera.runtime.jobs.errors import GiveUp
from tessera.runtime.jobs.registry import Backoff
from tessera.runtime.jobs.run import JobRun
from tests.runtime.jobs.workplace import Workplace


def test_a_job_is_run_once_and_its_result_kept(workplace: Workplace) -> None:
    seen: list[Any] = []
    workplace.kind("add", lambda run: seen.append(run.arguments["a"]) or {"sum": 3})
    job_id = workplace.add("add", {"a": 1})
    assert workplace.run().jobs == 1
    assert workplace.run().jobs == 0
    row = workplace.job(job_id)
    assert (row.state, row.result, row.attempts, seen) == ("done", {"sum": 3}, 1, [1])
    assert row.finished_at == workplace.clock.now()


def test_events_are_dispatched_and_handled_in_the_same_turn(workplace: Workplace) -> None:
    seen: list[str] = []
    workplace.kind("mail", lambda run: seen.append(run.arguments["event"]))
    workplace.subscribe("mailer", "mail", "*")
    workplace.emit("record.created")
    workplace.run()
    assert seen == ["record.created"]


def test_a_broken_subscriber_does_not_stop_the_jobs_that_are_there(workplace: Workplace) -> None:
    def broken(event: object) -> bool:
        raise RuntimeError("broken")

    workplace.kind("mail")
    workplace.subscribe("broken", "mail", "*", wants=broken)
    workplace.emit("record.created")
    job_id = workplace.add("mail")
    workplace.run()
    assert workplace.job(job_id).state == "done"


def test_a_subscriber_of_an_unknown_kind_stops_the_start(workplace: Workplace) -> None:
    workplace.subscribe("mailer", "mial", "*")
    workplace.kind("mail")
    with pytest.raises(UnknownEntry, match="did you mean 'mail'"):
        workplace.runner()


def fail(run: JobRun) -> None:
    raise RuntimeError("no luck")


@pytest.mark.parametrize(("random", "seconds"), [(0.0, (8, 16, 20)), (0.5, (10, 20, 25)), (1.0, (12, 24, 30))])
def test_a_failing_job_is_tried_again_with_growing_pauses_and_then_dead(
    workplace: Workplace, random: float, seconds: tuple[int, ...]
) -> None:
    backoff = Backoff(first=timedelta(seconds=10), factor=2, limit=timedelta(seconds=25))
    workplace.kind("mail", fail, max_attempts=4, backoff=backoff)
    job_id = workplace.add("mail")
    for attempt, pause in enumerate(seconds, 1):
        workplace.runner(lambda: random).take_turn("test")
        row = workplace.job(job_id)
        assert (row.state, row.attempts, row.error) == ("waiting", attempt, "RuntimeError: no luck")
        assert row.run_at - workplace.clock.now() == timedelta(seconds=pause)
        workplace.advance(seconds=pause)
    workplace.run()
    assert workplace.job(job_id).state == "dead"


def test_a_very_high_attempt_still_has_a_pause() -> None:
    assert Backoff().delay(5000, lambda: 0.5) == timedelta(hours=1)


def test_giving_up_ends_a_job_at_once(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        raise GiveUp("The address {address} does not exist.", address="x@y")

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    workplace.run()
    assert (workplace.job(job_id).state, workplace.job(job_id).error) == ("dead", "The address x@y does not exist.")


def test_a_result_that_cannot_be_kept_is_said_to_be(workplace: Workplace) -> None:
    workplace.kind("mail", lambda run: object())
    job_id = workplace.add("mail")
    workplace.run()
    assert "its result cannot be kept" in workplace.job(job_id).error


def test_a_job_acts_for_its_principal(workplace: Workplace) -> None:
    ann = Principal(uuid7(), "Ann", "member")
    workplace.tenant.users[ann.id] = ann  # type: ignore[index]
    workplace.kind("who", lambda run: run.context.principal.name)
    by_ann, by_nobody, by_the_gone = (workplace.add("who", principal_id=who) for who in (ann.id, None, uuid7()))
    workplace.run()
    assert workplace.job(by_ann).result == "Ann"
    assert workplace.job(by_nobody).result == "System"
    assert workplace.job(by_the_gone).state == "dead"


def test_progress_is_written_by_the_heartbeat_while_the_handler_holds_a_transaction(workplace: Workplace) -> None:
    seen: list[Any] = []
    runner = workplace.runner()

    def handler(run: JobRun) -> None:
        with workplace.database.writing():
            run.progress(3, 10, "Rows")
        runner.heartbeat.beat()
        seen.append(workplace.job(run.id))

    workplace.kind("import", handler)
    workplace.add("import")
    runner.take_turn("test")
    assert (seen[0].progress, seen[0].total, seen[0].message) == (3, 10, "Rows")


def test_a_running_job_stops_at_its_next_check_when_cancelled(workplace: Workplace) -> None:
    runner, reached = workplace.runner(), []

    def handler(run: JobRun) -> None:
        workplace.service.cancel(run.context, run.id)
        runner.heartbeat.beat()
        run.check_cancelled()
        reached.append("the end")

    workplace.kind("import", handler)
    job_id = workplace.add("import")
    runner.take_turn("test")
    assert (workplace.job(job_id).state, reached) == ("cancelled", [])


def test_a_failing_job_that_was_cancelled_is_not_tried_again(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        workplace.service.cancel(run.context, run.id)
        raise RuntimeError

    workplace.kind("import", handler)
    job_id = workplace.add("import")
    workplace.run()
    assert workplace.job(job_id).state == "cancelled"
    assert workplace.job(job_id).finished_at is not None


def test_an_interrupted_job_goes_back_without_losing_an_attempt(workplace: Workplace) -> None:
    runner = workplace.runner()

    def handler(run: JobRun) -> None:
        runner.heartbeat.interrupt()
        run.check_cancelled()

    workplace.kind("import", handler)
    job_id = workplace.add("import")
    runner.take_turn("test", stopping=lambda: workplace.job(job_id).started_at is not None)
    assert (workplace.job(job_id).state, workplace.job(job_id).attempts) == ("waiting", 0)


def test_a_job_that_takes_too_long_fails_at_its_next_check(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        workplace.advance(seconds=61)
        run.check_cancelled()

    workplace.kind("import", handler, timeout=timedelta(seconds=60))
    job_id = workplace.add("import")
    workplace.run()
    assert (workplace.job(job_id).state, workplace.job(job_id).error) == ("waiting", "The job took longer than 60 s.")


def test_a_turn_ends_after_its_share(workplace: Workplace) -> None:
    workplace.configure(turn_jobs=2)
    workplace.kind("mail")
    for _ in range(3):
        workplace.add("mail")
    first, second = workplace.run(), workplace.run()
    assert (first.jobs, first.more, second.jobs, second.more) == (2, True, 1, False)


def test_an_unknown_tenant_has_no_work(workplace: Workplace) -> None:
    assert workplace.runner().take_turn("stranger").jobs == 0
