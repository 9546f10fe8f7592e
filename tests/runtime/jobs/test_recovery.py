import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from tessera.runtime.jobs.identity import is_certainly_dead, worker_name
from tessera.runtime.jobs.queue import Claim
from tessera.runtime.jobs.recovery import LeaseWatch, pull_forward
from tessera.runtime.jobs.registry import Backoff
from tessera.runtime.jobs.run import JobRun
from tests.runtime.jobs.workplace import Workplace

LEASE = timedelta(seconds=30)


@pytest.fixture
def watch(workplace: Workplace) -> LeaseWatch:
    return LeaseWatch(LEASE, monotonic=workplace.seconds)


@pytest.fixture
def claim(workplace: Workplace) -> Claim:
    """A running job of some worker elsewhere."""
    workplace.kind("mail", max_attempts=2)
    workplace.add("mail")
    taken = workplace.claim("a worker elsewhere")
    assert taken is not None
    return taken


def release(workplace: Workplace, watch: LeaseWatch) -> int:
    return watch.release_lost(workplace.database, workplace.clock.now())


def test_a_job_without_sign_of_life_for_a_lease_goes_back(workplace: Workplace, watch: LeaseWatch, claim: Claim) -> None:
    assert release(workplace, watch) == 0
    workplace.advance(seconds=29)
    assert release(workplace, watch) == 0
    workplace.advance(seconds=1)
    assert release(workplace, watch) == 1
    row = workplace.job(claim.id)
    assert (row.state, row.claimed_by, row.error) == ("waiting", None, "The worker disappeared while it ran the job.")


def test_the_heartbeat_keeps_a_job(workplace: Workplace, watch: LeaseWatch, claim: Claim) -> None:
    heartbeat = workplace.runner().heartbeat
    heartbeat.begin(claim, workplace.database, seconds=600)
    for _ in range(6):
        assert release(workplace, watch) == 0
        workplace.advance(seconds=15)
        heartbeat.beat()
    assert workplace.job(claim.id).state == "running"


def test_the_heartbeat_lets_go_of_a_job_whose_time_is_used_up(workplace: Workplace, watch: LeaseWatch, claim: Claim) -> None:
    heartbeat = workplace.runner().heartbeat
    heartbeat.begin(claim, workplace.database, seconds=20)
    released = 0
    for _ in range(5):
        released += release(workplace, watch)
        workplace.advance(seconds=15)
        heartbeat.beat()
    assert released == 1


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(days=3650), timedelta(minutes=5)])
def test_a_clock_that_jumps_takes_no_job_from_a_living_worker(
    workplace: Workplace, watch: LeaseWatch, claim: Claim, jump: timedelta
) -> None:
    release(workplace, watch)
    workplace.clock.advance(jump)
    assert release(workplace, watch) == 0


def test_a_clock_that_jumped_back_does_not_keep_a_dead_workers_job(workplace: Workplace, watch: LeaseWatch, claim: Claim) -> None:
    release(workplace, watch)
    workplace.clock.advance(timedelta(days=-1))
    workplace.seconds.now += 31
    assert release(workplace, watch) == 1
    assert workplace.claim() is not None


def test_a_job_that_brings_its_workers_down_is_dead_in_the_end(workplace: Workplace, watch: LeaseWatch, claim: Claim) -> None:
    for _ in range(2):
        release(workplace, watch)
        workplace.advance(seconds=31)
        release(workplace, watch)
        workplace.claim("another")
    row = workplace.job(claim.id)
    assert (row.state, row.attempts) == ("dead", 2)
    assert "2 times" in row.error


def test_a_lost_job_that_was_cancelled_is_cancelled(workplace: Workplace, watch: LeaseWatch, claim: Claim, admin: Any) -> None:
    workplace.service.cancel(admin, claim.id)
    release(workplace, watch)
    workplace.advance(seconds=31)
    release(workplace, watch)
    assert (workplace.job(claim.id).state, workplace.job(claim.id).finished_at) == ("cancelled", workplace.clock.now())


def test_a_worker_that_lost_its_job_neither_finishes_it_nor_goes_on(workplace: Workplace, watch: LeaseWatch) -> None:
    runner, reached = workplace.runner(), []

    def handler(run: JobRun) -> None:
        release(workplace, watch)
        workplace.advance(seconds=31)
        release(workplace, watch)
        workplace.claim("another")
        runner.heartbeat.beat()
        run.check_cancelled()
        reached.append("the end")

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    runner.take_turn("test")
    row = workplace.job(job_id)
    assert (row.state, row.claimed_by, row.attempts, reached) == ("running", "another", 2, [])


def test_a_late_result_is_not_written_over_another_workers_attempt(workplace: Workplace, watch: LeaseWatch) -> None:
    def handler(run: JobRun) -> str:
        release(workplace, watch)
        workplace.advance(seconds=31)
        release(workplace, watch)
        workplace.claim("another")
        return "late"

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    workplace.run()
    assert (workplace.job(job_id).state, workplace.job(job_id).result) == ("running", None)


def name_of_a_process_that_has_ended() -> str:
    code = "from tessera.runtime.jobs.identity import worker_name; print(worker_name())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_job_of_a_process_of_this_machine_that_is_gone_goes_back_at_once(workplace: Workplace, watch: LeaseWatch) -> None:
    workplace.kind("mail")
    workplace.add("mail")
    workplace.claim(name_of_a_process_that_has_ended())
    assert release(workplace, watch) == 1


@pytest.mark.parametrize(
    "name",
    ["a worker elsewhere", "", "a:b:c:d", f"0123456789abcdef:{os.getpid()}:1:aa", worker_name().replace(":", "", 1)],
    ids=["words", "nothing", "letters", "another place", "no border"],
)
def test_nothing_is_known_of_other_machines(name: str) -> None:
    assert not is_certainly_dead(name)


def test_this_process_is_alive_and_a_later_one_of_the_same_number_is_another() -> None:
    place, pid, started, random = worker_name().split(":")
    assert not is_certainly_dead(f"{place}:{pid}:{started}:{random}")
    assert is_certainly_dead(f"{place}:{pid}:{int(started) - 1}:{random}")


def test_retries_put_far_off_by_a_clock_that_was_ahead_are_pulled_forward(workplace: Workplace) -> None:
    def fail(run: JobRun) -> None:
        raise RuntimeError

    workplace.kind("mail", fail, backoff=Backoff(limit=timedelta(hours=1)))
    retried, later = workplace.add("mail"), workplace.add("mail", run_at=workplace.clock.now() + timedelta(days=400))
    now = workplace.clock.now()
    workplace.clock.advance(timedelta(days=365))
    workplace.run()
    workplace.clock.set(now)
    with workplace.database.writing() as connection:
        pull_forward(connection, workplace.kinds, now)
    assert workplace.job(retried).run_at == now
    assert workplace.job(later).run_at == now + timedelta(days=400)
