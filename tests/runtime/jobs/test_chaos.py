"""Servers and workers are killed at random moments, Redis is killed and flushed: every order has its effects exactly once."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Location
from tests.runtime.jobs.crew import orders
from tests.runtime.jobs.processes import CrewProcess, RedisServer, wait_until
from tests.runtime.jobs.workplace import Workplace

KILLS = 8
HEARTBEATS = {"sweep": 0.5, "heartbeat": 0.2, "lease": 4}


@pytest.fixture
def redis_server(location: Location) -> Iterator[RedisServer | None]:
    """As it is used: SQLite with the servers' own threads, PostgreSQL with Redis and workers."""
    if location.engine == "sqlite":
        yield None
        return
    with RedisServer() as server:
        yield server


def start_crew(location: Location, redis: RedisServer | None, folder: Path, stack: ExitStack) -> list[CrewProcess]:
    """Without Redis two servers that carry their own jobs; with it a server that takes orders and two workers."""
    options = {"url": location.url, "schema": location.schema, "folder": str(folder), "redis": redis.url if redis else None}
    roles = ("server", "worker", "worker") if redis else ("server", "server")
    crew = [CrewProcess(role, options | HEARTBEATS, folder / "log") for role in roles]
    for process in crew:
        stack.callback(process.kill)
        process.spawn()
    return crew


def hurt(redis: RedisServer) -> None:
    """Redis loses everything, in one way or the other."""
    if random.random() < 0.5:
        redis.client.flushall()
    else:
        redis.kill()
        time.sleep(0.2)
        redis.start()


def look_and_replay(workplace: Workplace, admin: Any, printed: list[str]) -> None:
    """What a person does about labels that may not have been printed: looks, and has the missing ones printed."""
    for row in workplace.jobs(state="dead"):
        assert "may or may not have taken place" in row.error
        if row.arguments["payload"]["order"] not in printed:
            workplace.service.replay(admin, row.id)


@pytest.mark.slow
def test_every_committed_event_has_its_effects_exactly_once(
    workplace: Workplace, location: Location, redis_server: RedisServer | None, tmp_path: Path, admin: Any
) -> None:
    for kind in ("inside", "called", "printed"):
        workplace.kind(kind)
    with workplace.database.writing() as connection:
        orders.create(connection)

    def unfinished() -> int:
        return sum(row.state in ("waiting", "running") for row in workplace.jobs())

    def lines(way: str) -> list[str]:
        return (tmp_path / way).read_text().splitlines()

    with ExitStack() as stack:
        crew = start_crew(location, redis_server, tmp_path, stack)
        for number in range(KILLS):
            victim = random.choice(crew)
            victim.await_ready()
            time.sleep(random.uniform(0.05, 0.6))
            victim.kill()
            victim.spawn()
            if redis_server is not None and number % 3 == 1:
                hurt(redis_server)
        for process in crew:
            process.await_ready()
        first, *others = crew
        assert first.terminate() == 0  # no more orders
        if redis_server is None:
            others[0].terminate()
            worker = CrewProcess("worker", _as_options(location, tmp_path), tmp_path / "log").start()
            stack.callback(worker.kill)
        admin.clock.set(workplace.jobs()[-1].created_at)
        wait_until(lambda: workplace.service.depth(admin).undispatched == 0 and unfinished() == 0, seconds=60)
        look_and_replay(workplace, admin, lines("printed"))
        wait_until(lambda: unfinished() == 0, seconds=20)

    with workplace.database.reading() as connection:
        placed = Counter(connection.execute(sa.select(orders.c.name)).scalars())
    assert len(placed) > KILLS
    assert Counter(workplace.marks()) == placed
    assert Counter(lines("printed")) == placed
    # the receiver of calls knows repetitions by their key
    assert Counter(line.split()[0] for line in set(lines("called"))) == placed


def _as_options(location: Location, folder: Path) -> dict[str, Any]:
    return {"url": location.url, "schema": location.schema, "folder": str(folder), "redis": None} | HEARTBEATS
