"""The threads together, in real time: turns, fairness, waking, stopping."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tessera.kernel.clock import SystemClock
from tessera.runtime.jobs.run import JobRun
from tessera.runtime.jobs.thread import ThreadCarrier
from tests.runtime.jobs.processes import wait_until
from tests.runtime.jobs.workplace import Workplace

Start = Callable[..., ThreadCarrier]


@pytest.fixture
def start(workplace: Workplace) -> Iterator[Start]:
    """Starts a carrier in this process, with a sweep so rare that only its first round counts."""
    workplace.clock = SystemClock()  # type: ignore[assignment]
    workplace.configure(sweep=timedelta(hours=1), stop_grace=timedelta(seconds=1), heartbeat=timedelta(milliseconds=20))
    carriers: list[ThreadCarrier] = []

    def start(**settings: object) -> ThreadCarrier:
        workplace.configure(**settings)
        carrier = ThreadCarrier(workplace.tenants, workplace.kinds, workplace.subscribers, workplace.clock, workplace.settings)
        carriers.append(carrier)
        carrier.start()
        return carrier

    yield start
    for carrier in carriers:
        carrier.stop()


def test_work_is_done_when_it_is_announced(workplace: Workplace, start: Start) -> None:
    done: list[str] = []
    workplace.kind("mail", lambda run: done.append(run.arguments["event"]))
    workplace.subscribe("mailer", "mail", "*")
    carrier = start()
    workplace.emit("record.created")
    carrier.announce("test")
    wait_until(lambda: done == ["record.created"], seconds=3)


def test_work_of_before_the_start_is_found_by_the_sweep(workplace: Workplace, start: Start) -> None:
    done: list[int] = []
    workplace.kind("mail", lambda run: done.append(1))
    workplace.add("mail")
    start()
    wait_until(lambda: done)


def test_what_becomes_due_later_is_done_in_time_without_being_announced(workplace: Workplace, start: Start) -> None:
    done: list[float] = []
    workplace.kind("mail", lambda run: done.append(time.monotonic()))
    carrier = start()
    workplace.add("mail", run_at=workplace.clock.now() + timedelta(seconds=0.5))
    carrier.announce("test")
    wait_until(lambda: done, seconds=3)


def test_a_tenant_with_a_backlog_does_not_keep_another_waiting(workplace: Workplace, start: Start) -> None:
    """Both tenants stand for the same database here: what counts is who gets the turns."""
    turns: list[str] = []
    tenant = workplace.tenant
    workplace.tenants["other"] = type(tenant)("other", tenant.database)
    workplace.kind("mail", lambda run: turns.append(run.tenant.key))
    for _ in range(40):
        workplace.add("mail")
    start(slots=1, turn_jobs=2)
    wait_until(lambda: len(turns) == 40)
    both = turns[turns.index("other") :]  # until then only one of them had been announced
    assert len(both) > 12
    assert all({"test", "other"} <= set(both[n : n + 8]) for n in range(len(both) - 12))


def test_a_backlog_is_spread_over_the_threads_but_not_over_all(workplace: Workplace, start: Start) -> None:
    running, most = threading.Semaphore(0), []
    release = threading.Event()

    def handler(run: JobRun) -> None:
        running.release()
        most.append(len(workplace.jobs(state="running")))
        release.wait(10)

    workplace.kind("mail", handler)
    for _ in range(6):
        workplace.add("mail")
    start(slots=4, slots_per_tenant=3)
    for _ in range(3):
        assert running.acquire(timeout=10)
    assert not running.acquire(timeout=0.3)
    release.set()
    wait_until(lambda: len(workplace.jobs(state="done")) == 6)
    assert max(most) == 3


def test_an_error_outside_a_handler_stops_no_thread(workplace: Workplace, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    asked = threading.Semaphore(0)

    def broken(key: str) -> None:
        asked.release()
        raise RuntimeError("the control database is away")

    workplace.kind("mail", lambda run: done.append(1))
    carrier = start(slots=1)
    workplace.add("mail")
    with monkeypatch.context() as patch:
        patch.setattr(workplace.tenants, "tenant", broken)
        for _ in range(3):
            carrier.announce("test")
            assert asked.acquire(timeout=10)
    carrier.announce("test")
    wait_until(lambda: done == [1])


def test_a_handler_that_hangs_gives_up_its_place_and_its_job(workplace: Workplace, start: Start) -> None:
    release = threading.Event()

    def hang_once(run: JobRun) -> str:
        if run.attempt == 1:
            release.wait(20)
            return "late"
        return "done"

    workplace.kind("mail", hang_once, timeout=timedelta(milliseconds=100))
    job_id = workplace.add("mail")
    start(slots=1, lease=timedelta(milliseconds=100), sweep=timedelta(milliseconds=50))
    wait_until(lambda: workplace.job(job_id).state == "done")
    assert (workplace.job(job_id).attempts, workplace.job(job_id).result) == (2, "done")
    release.set()
    wait_until(lambda: sum(thread.name.startswith("job-slot") for thread in threading.enumerate()) == 1)
    assert workplace.job(job_id).result == "done"


def test_stopping_lets_what_runs_end(workplace: Workplace, start: Start) -> None:
    started = threading.Event()

    def handler(run: JobRun) -> str:
        started.set()
        time.sleep(0.3)
        return "ended"

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    carrier = start()
    assert started.wait(10)
    carrier.stop()
    assert workplace.job(job_id).result == "ended"


def test_stopping_interrupts_what_would_run_on_and_puts_it_back(workplace: Workplace, start: Start) -> None:
    started = threading.Event()

    def handler(run: JobRun) -> None:
        started.set()
        while True:
            run.check_cancelled()
            time.sleep(0.01)

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    carrier = start()
    assert started.wait(10)
    carrier.stop()
    assert (workplace.job(job_id).state, workplace.job(job_id).attempts) == ("waiting", 0)
    assert not any(thread.name.startswith("job-") for thread in threading.enumerate())


def test_a_cancel_reaches_a_running_handler(workplace: Workplace, start: Start, admin: object) -> None:
    started = threading.Event()

    def handler(run: JobRun) -> None:
        started.set()
        while True:
            run.progress(1)
            time.sleep(0.01)

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    start()
    assert started.wait(10)
    workplace.service.cancel(admin, job_id)  # type: ignore[arg-type]
    wait_until(lambda: workplace.job(job_id).state == "cancelled")
