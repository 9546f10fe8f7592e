from typing import Any

import pytest

from tessera.runtime.jobs.effects import effect_key
from tessera.runtime.jobs.errors import EffectRefused
from tessera.runtime.jobs.recovery import LeaseWatch
from tessera.runtime.jobs.registry import Backoff
from tessera.runtime.jobs.run import JobRun
from tests.runtime.jobs.workplace import Workplace, put_mark

NO_PAUSE = Backoff(first=Backoff().first * 0, jitter=0)


def run_until_settled(workplace: Workplace) -> None:
    while workplace.run().jobs:
        workplace.advance(seconds=1)


def test_an_effect_takes_place_once_however_often_the_job_runs(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        for name in ("a", "b"):
            with run.effect(name) as effect:
                if effect.first:
                    put_mark(effect.connection, name)
        if run.attempt < 3:
            raise RuntimeError("after the effects")

    workplace.kind("points", handler, backoff=NO_PAUSE)
    workplace.add("points")
    run_until_settled(workplace)
    assert workplace.marks() == ["a", "b"]


def test_an_effect_that_fails_is_not_recorded(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        with run.effect() as effect:
            if effect.first:
                put_mark(effect.connection, f"attempt {run.attempt}")
            if run.attempt == 1:
                raise RuntimeError("in the effect")

    workplace.kind("points", handler, backoff=NO_PAUSE)
    workplace.add("points")
    run_until_settled(workplace)
    assert workplace.marks() == ["attempt 2"]


def test_sessions_guard_their_effects_too(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        with run.session() as connection:
            if run.first_time(connection, "order"):
                put_mark(connection, "order")
        if run.attempt == 1:
            raise RuntimeError

    workplace.kind("points", handler, backoff=NO_PAUSE)
    workplace.add("points")
    run_until_settled(workplace)
    assert workplace.marks() == ["order"]


def test_two_jobs_for_one_event_key_have_separate_effects(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        with run.effect() as effect:
            if effect.first:
                put_mark(effect.connection, "x")

    workplace.kind("points", handler)
    workplace.add("points")
    workplace.add("points", effect_key="other")
    run_until_settled(workplace)
    assert workplace.marks() == ["x", "x"]


def test_further_jobs_are_made_once(workplace: Workplace) -> None:
    def handler(run: JobRun) -> None:
        for n in range(3):
            with workplace.database.writing() as connection:
                run.enqueue(connection, "child", {"n": n}, key=str(n))
        if run.attempt == 1:
            raise RuntimeError

    workplace.kind("parent", handler, backoff=NO_PAUSE)
    workplace.kind("child")
    workplace.add("parent")
    run_until_settled(workplace)
    assert [row.arguments["n"] for row in workplace.jobs(kind="child")] == [0, 1, 2]


def sending(sent: list[Any], *errors: BaseException | None) -> Any:
    """A handler that sends something, then raises the error of its attempt, inside the guard."""

    def handler(run: JobRun) -> None:
        with run.outside_effect("sms") as first:
            if first:
                sent.append(run.attempt)
                error = errors[len(sent) - 1] if len(sent) <= len(errors) else None
                if error is not None:
                    raise error

    return handler


def test_an_outside_effect_that_is_done_is_not_repeated(workplace: Workplace) -> None:
    sent: list[int] = []
    send = sending(sent)

    def handler(run: JobRun) -> None:
        send(run)
        if run.attempt == 1:
            raise RuntimeError("after sending")

    workplace.kind("sms", handler, backoff=NO_PAUSE)
    job_id = workplace.add("sms")
    run_until_settled(workplace)
    assert (sent, workplace.job(job_id).state) == ([1], "done")


def test_a_refused_outside_effect_is_tried_again(workplace: Workplace) -> None:
    sent: list[int] = []
    workplace.kind("sms", sending(sent, EffectRefused("Busy.")), backoff=NO_PAUSE)
    job_id = workplace.add("sms")
    run_until_settled(workplace)
    assert (sent, workplace.job(job_id).state) == ([1, 2], "done")


def test_an_uncertain_outside_effect_waits_for_a_person(workplace: Workplace) -> None:
    sent: list[int] = []
    workplace.kind("sms", sending(sent, TimeoutError()), backoff=NO_PAUSE)
    job_id = workplace.add("sms")
    run_until_settled(workplace)
    row = workplace.job(job_id)
    assert (sent, row.state) == ([1], "dead")
    assert "may or may not have taken place" in row.error


def test_an_outside_effect_cut_off_by_a_kill_waits_for_a_person_and_replay_repeats_it(workplace: Workplace, admin: Any) -> None:
    class Kill(BaseException):
        """Nothing below catches it, as nothing catches a SIGKILL."""

    sent: list[int] = []
    workplace.kind("sms", sending(sent, Kill()), backoff=NO_PAUSE)
    job_id = workplace.add("sms")
    with pytest.raises(Kill):
        workplace.run()
    watch = LeaseWatch(workplace.settings.lease, monotonic=workplace.seconds)
    watch.release_lost(workplace.database, workplace.clock.now())
    workplace.advance(minutes=1)
    assert watch.release_lost(workplace.database, workplace.clock.now()) == 1
    run_until_settled(workplace)
    assert (sent, workplace.job(job_id).state) == ([1], "dead")

    workplace.service.replay(admin, job_id)
    run_until_settled(workplace)
    assert (sent, workplace.job(job_id).state) == ([1, 1], "done")


def test_long_keys_are_shortened_and_stay_different() -> None:
    keys = {effect_key("job:1", "x" * 300 + end) for end in "abc"}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {200}
