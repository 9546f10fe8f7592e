"""A worker in a process of its own, and a Redis that comes and goes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Callback, Queue
from rq.serializers import JSONSerializer

from tessera.runtime.jobs.redis_carrier import RedisCarrier
from tessera.runtime.jobs.settings import JobSettings
from tests.conftest import Location
from tests.runtime.jobs.processes import CrewProcess, RedisServer, wait_until
from tests.runtime.jobs.workplace import Workplace

HOUR = 3600


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def place(workplace: Workplace) -> Callable[[str], None]:
    """Places an order, as `crew` understands it."""
    for kind in ("inside", "called", "printed"):
        workplace.kind(kind)

    def place(name: str) -> None:
        workplace.emit("order.placed", payload={"order": name})

    return place


@pytest.fixture
def start_worker(location: Location, redis_server: RedisServer, tmp_path: Path) -> Iterator[Callable[..., CrewProcess]]:
    started: list[CrewProcess] = []

    def start(**settings: Any) -> CrewProcess:
        options = {"url": location.url, "schema": location.schema, "folder": str(tmp_path), "redis": redis_server.url}
        started.append(CrewProcess("worker", options | settings, tmp_path / "log").start())
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def bell(redis_server: RedisServer) -> Iterator[RedisCarrier]:
    """What a server announces with."""
    carrier = RedisCarrier(JobSettings(redis_url=redis_server.url))
    carrier.start()
    yield carrier
    carrier.stop()


def test_a_worker_hears_the_bell_also_after_redis_was_away(
    workplace: Workplace, redis_server: RedisServer, bell: RedisCarrier, place: Any, start_worker: Any
) -> None:
    worker = start_worker(sweep=HOUR)
    wait_until(lambda: redis_server.client.keys("rq:worker:*"))
    place("first")
    bell.announce("test")
    wait_until(lambda: len(workplace.jobs(state="done")) == 3, seconds=5)
    time.sleep(0.3)  # until its threads have gone to sleep

    redis_server.kill()
    place("second")
    began = time.monotonic()
    bell.announce("test")
    assert time.monotonic() - began < 0.1  # a request does not wait for Redis
    time.sleep(0.5)
    assert workplace.marks() == ["first"]
    redis_server.start()
    wait_until(lambda: workplace.marks() == ["first", "second"], seconds=20)
    assert worker.terminate() == 0


def test_a_worker_without_redis_finds_the_work_by_itself_and_a_flush_loses_nothing(
    workplace: Workplace, redis_server: RedisServer, bell: RedisCarrier, place: Any, start_worker: Any
) -> None:
    redis_server.kill()
    place("first")
    worker = start_worker(sweep=0.3)
    wait_until(lambda: workplace.marks() == ["first"])
    redis_server.start()
    bell.announce("test")
    redis_server.client.flushall()
    place("second")
    wait_until(lambda: workplace.marks() == ["first", "second"])
    assert worker.terminate() == 0


def test_a_worker_runs_nothing_that_is_written_into_redis(
    workplace: Workplace, redis_server: RedisServer, bell: RedisCarrier, place: Any, start_worker: Any, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    connection = redis.Redis.from_url(redis_server.url)
    queue = Queue("tessera-wake-up", connection=connection, serializer=JSONSerializer)
    for function, arguments in (
        ("os.mkdir", (str(trap),)),
        ("tessera.run_tenant_jobs", ("stranger",)),
        ("tessera.run_tenant_jobs", ([],)),
    ):
        queue.enqueue_call(function, args=arguments, on_success=Callback("os.abort"), on_failure=Callback("os.abort"))
    Queue("tessera-wake-up", connection=connection).enqueue_call("os.mkdir", args=(str(trap),))  # a pickle
    worker = start_worker(sweep=HOUR)
    place("first")
    bell.announce("test")
    wait_until(lambda: workplace.marks() == ["first"])
    assert not trap.exists()
    assert queue.count == 0
    connection.close()
    assert worker.terminate() == 0


def test_ringing_does_not_pile_up_while_nobody_listens(redis_server: RedisServer, bell: RedisCarrier) -> None:
    for _ in range(50):
        bell.announce("test")
        bell.announce("other")
        time.sleep(0.002)
    wait_until(lambda: redis_server.client.llen("rq:queue:tessera-wake-up") == 2)
    time.sleep(0.1)
    assert redis_server.client.llen("rq:queue:tessera-wake-up") == 2


def test_announcing_does_not_wait_for_a_slow_redis_and_what_failed_is_announced_again() -> None:
    rung: list[str] = []

    def ring(tenant: str) -> None:
        rung.append(tenant)
        time.sleep(0.2)
        if len(rung) == 1:
            raise redis.ResponseError("OOM command not allowed when used memory > 'maxmemory'.")

    carrier = RedisCarrier(JobSettings(redis_url="redis://127.0.0.1:1/0"), ring=ring)
    carrier.start()
    began = time.monotonic()
    for number in range(100):
        carrier.announce(f"tenant {number % 2}")
    assert time.monotonic() - began < 0.1
    wait_until(lambda: set(rung[1:]) == {"tenant 0", "tenant 1"})
    carrier.stop()
    assert len(rung) == 3
