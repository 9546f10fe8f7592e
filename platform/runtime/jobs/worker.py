"""The body of `tessera worker`: runs jobs until it is asked to stop.

It sweeps the databases like a server without Redis does, so that it needs Redis only to hear sooner. RQ's worker listens; it
takes a wake-up only when a thread is free to act on it, so that idle workers hear what busy ones cannot take.
"""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import redis
import structlog
from rq import Queue
from rq.exceptions import StopRequested
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker

from tessera.kernel.clock import Clock
from tessera.runtime.jobs.outbox import Subscribers
from tessera.runtime.jobs.ports import JobTenants
from tessera.runtime.jobs.redis_carrier import WAKE_UP, RedisCarrier, connect, rung_key, wake_up_queue
from tessera.runtime.jobs.registry import JobKinds
from tessera.runtime.jobs.settings import JobSettings
from tessera.runtime.jobs.thread import ThreadCarrier

log = structlog.get_logger(__name__)

#: Longest pause in seconds before a listener looks whether Redis is back.
LONGEST_PAUSE = 5


class Listener(SimpleWorker):
    """RQ's worker, reduced to hearing the bell. It runs no function that a job names, no callbacks, no clean-up of other jobs."""

    max_connection_wait_time = LONGEST_PAUSE

    def __init__(self, queue: Queue, carrier: ThreadCarrier, stop: "StopSignal", prefix: str) -> None:
        super().__init__([queue], connection=queue.connection, serializer=JSONSerializer, log_job_description=False)
        self._carrier = carrier
        self._stop_signal = stop
        self._prefix = prefix

    @property
    def should_run_maintenance_tasks(self) -> bool:
        """Never: RQ's maintenance would call the failure callbacks that a job names."""
        return False

    def subscribe(self) -> None:
        """No commands over Redis."""

    def unsubscribe(self) -> None:
        """No commands over Redis."""

    def _install_signal_handlers(self) -> None:
        """`run_worker` has its own."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Wait for a free thread, wake the tenant, and strike the wake-up off."""
        try:
            tenant = _tenant_of(job)
            while tenant is not None and not self._carrier.pool.wait_for_room(1.0):
                if self._stop_signal.came:
                    return
                self.heartbeat()
            if tenant is not None:
                self.connection.delete(rung_key(self._prefix, tenant))
                self._carrier.announce(tenant)
        finally:
            IntermediateQueue(queue.key, self.connection).remove(job.id)
            self.connection.delete(job.key)


def _tenant_of(job: Job) -> str | None:
    """The tenant that a wake-up names; None for anything else that stands in the queue."""
    try:
        if job.func_name == WAKE_UP and len(job.args) == 1 and isinstance(job.args[0], str):
            return job.args[0]
    except Exception as error:  # RQ lets through whatever the JSON of a stranger's job makes it raise
        log.warning("job.unreadable_wake_up", error=type(error).__name__)
        return None
    log.warning("job.refused_function", function=job.func_name)
    return None


def run_worker(tenants: JobTenants, kinds: JobKinds, subscribers: Subscribers, clock: Clock, settings: JobSettings) -> None:
    """Run jobs until SIGTERM or SIGINT; then let what runs end within the grace. Call it in the main thread."""
    stop = StopSignal()
    bell = RedisCarrier(settings) if settings.redis_url else None
    carrier = ThreadCarrier(tenants, kinds, subscribers, clock, settings, backlog=bell.announce if bell else lambda tenant: None)
    with _stop_signals(stop):
        if bell is not None:
            bell.start()
        carrier.start()
        log.info("worker.started", worker=carrier.runner.name, slots=settings.slots, redis=bell is not None)
        try:
            _listen(carrier, stop, settings)
        finally:
            log.info("worker.stopping")
            carrier.stop()
            if bell is not None:
                bell.stop()


class StopSignal:
    """Whether SIGTERM or SIGINT has come. While `interrupts`, it also ends what blocks in the main thread, by `StopRequested`.

    A plain flag: a handler that took a lock could meet itself holding it.
    """

    def __init__(self) -> None:
        self.came = False
        self.interrupts = False

    def receive(self, _number: int, _frame: FrameType | None) -> None:
        """The signal handler. A second signal counts for nothing: stopping is under way."""
        first, self.came = not self.came, True
        if self.interrupts and first:
            raise StopRequested

    def pause(self, seconds: float) -> None:
        """Sleep until the signal comes, at most `seconds`."""
        end = time.monotonic() + seconds
        while not self.came and time.monotonic() < end:
            time.sleep(0.1)


def _listen(carrier: ThreadCarrier, stop: StopSignal, settings: JobSettings) -> None:
    """Wait to be stopped, hearing the bell meanwhile whenever Redis is there."""
    if settings.redis_url is None:
        stop.pause(float("inf"))
        return
    connection = connect(settings.redis_url, timeout=None)
    while not stop.came:
        try:
            _hear(connection, carrier, stop, settings.redis_prefix)
        except StopRequested:
            break
        except redis.RedisError as error:
            log.warning("worker.redis_away", error=type(error).__name__)
        stop.pause(1.0)
    connection.close()


def _hear(connection: redis.Redis, carrier: ThreadCarrier, stop: StopSignal, prefix: str) -> None:
    """Listen until something goes wrong or the signal comes."""
    stop.interrupts = True
    try:
        if not stop.came:  # it may have come just before
            Listener(wake_up_queue(connection, prefix), carrier, stop, prefix).work(logging_level="WARNING")
    finally:
        stop.interrupts = False


@contextlib.contextmanager
def _stop_signals(stop: StopSignal) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop` inside the block."""
    before: dict[int, Any] = {number: signal.signal(number, stop.receive) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
