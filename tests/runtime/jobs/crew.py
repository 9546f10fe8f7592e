"""A process of its own for tests that kill: a server that takes orders, or a worker. Its arguments are one JSON object.

Each order emits an event, and three subscribers do something about it in the three ways that `JobRun` offers. Handlers dawdle
before and after every effect, so that a kill may hit each of these moments.
"""

import json
import random
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import structlog

from tessera.kernel.clock import SystemClock
from tessera.runtime.jobs.outbox import EventSubscriber, Subscribers, emit, subscribers
from tessera.runtime.jobs.ports import Carrier, OutboxEvent
from tessera.runtime.jobs.redis_carrier import RedisCarrier
from tessera.runtime.jobs.registry import Backoff, JobKind, JobKinds, job_kinds
from tessera.runtime.jobs.run import JobRun
from tessera.runtime.jobs.settings import JobSettings
from tessera.runtime.jobs.thread import ThreadCarrier
from tessera.runtime.jobs.worker import run_worker
from tessera.storage.engines import EngineRegistry
from tests.runtime.jobs.workplace import Tenant, Tenants, mark, put_mark

#: The business of this little application. `mark` is what its events must lead to, once each.
orders = sa.Table("test_order", mark.metadata, sa.Column("name", sa.Text))

WAYS = ("inside", "called", "printed")


class Crew:
    """Everything a process needs, made from the JSON that the test gave it."""

    def __init__(self, url: str, schema: str | None, folder: str, redis: str | None, **settings: float) -> None:
        durations = {key: timedelta(seconds=value) for key, value in settings.items()}
        self.settings = JobSettings(redis_url=redis, slots_per_tenant=3, stop_grace=timedelta(seconds=3), **durations)  # type: ignore[arg-type]
        self.tenants = Tenants(test=Tenant("test", EngineRegistry(threads=8).database("test", url, schema)))
        self.folder = Path(folder)
        self.clock = SystemClock()

    def dawdle(self) -> None:
        time.sleep(random.choice((0, 0, 0.003, 0.02)))

    def append(self, way: str, key: str) -> None:
        """Something outside the database: one line, written at once."""
        with (self.folder / way).open("a") as file:
            file.write(f"{key}\n")

    def inside(self, run: JobRun) -> None:
        """An effect in the tenant's database."""
        self.dawdle()
        with run.effect() as effect:
            self.dawdle()
            if effect.first:
                put_mark(effect.connection, run.arguments["payload"]["order"])
            self.dawdle()
        self.dawdle()

    def called(self, run: JobRun) -> None:
        """An effect at somebody who recognises repetitions by the key."""
        self.dawdle()
        self.append("called", f"{run.arguments['payload']['order']} {run.idempotency_key()}")
        self.dawdle()

    def printed(self, run: JobRun) -> None:
        """An effect that nobody can recognise as a repetition."""
        self.dawdle()
        with run.outside_effect() as first:
            self.dawdle()
            if first:
                self.append("printed", run.arguments["payload"]["order"])
            self.dawdle()
        self.dawdle()

    def registries(self) -> tuple[JobKinds, Subscribers]:
        kinds, wanted = job_kinds(), subscribers()
        for way in WAYS:
            kinds.register(JobKind(way, getattr(self, way), max_attempts=30, backoff=Backoff(timedelta(seconds=0.2), 1)))
            wanted.register(EventSubscriber(way, way, ("order.placed",)))
        return kinds, wanted

    def serve(self) -> None:
        """Take orders as fast as they come, and carry jobs as a server does."""
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        carrier: Carrier
        if self.settings.redis_url:
            carrier = RedisCarrier(self.settings)
        else:
            carrier = ThreadCarrier(self.tenants, *self.registries(), self.clock, self.settings)
        carrier.start()
        print("ready", flush=True)
        while not stop.wait(0.06):
            self.place_order()
            carrier.announce("test")
        carrier.stop()

    def place_order(self) -> None:
        with self.tenants["test"].database.writing() as connection:
            name = uuid4().hex
            connection.execute(orders.insert().values(name=name))
            self.dawdle()
            emit(connection, OutboxEvent("order.placed", "order", None, {"order": name}), self.clock.now())
            self.dawdle()

    def work(self) -> None:
        print("ready", flush=True)
        run_worker(self.tenants, *self.registries(), self.clock, self.settings)


def main(role: str, options: dict[str, Any]) -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(30), logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    crew = Crew(**options)
    crew.serve() if role == "server" else crew.work()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
