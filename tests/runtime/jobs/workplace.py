"""A place to run jobs in: one or more tenants, registries, a clock and a heartbeat that tests move by hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import Context, Principal
from tessera.kernel.errors import NotFound
from tessera.runtime.jobs.outbox import EventSubscriber, Subscribers, emit, subscribers
from tessera.runtime.jobs.ports import OutboxEvent, Silent
from tessera.runtime.jobs.queue import Claim, NewJob, claim, enqueue
from tessera.runtime.jobs.registry import Handler, JobKind, JobKinds, job_kinds
from tessera.runtime.jobs.runner import Runner, Turn
from tessera.runtime.jobs.service import JobService
from tessera.runtime.jobs.settings import JobSettings
from tessera.runtime.jobs.sweeper import Sweeper
from tessera.storage.system_tables import job
from tessera.storage.tenant_database import TenantDatabase

#: An observable change inside the tenant's database: without a unique key, so that doing it twice shows.
mark = sa.Table("test_mark", sa.MetaData(), sa.Column("name", sa.Text))


class Seconds:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Tenant:
    """A tenant without records: the database, and the users that jobs may act for."""

    key: str
    database: TenantDatabase
    users: dict[UUID, Principal] = field(default_factory=dict)

    @contextmanager
    def session(self, context: Context, *, write: bool = True) -> Iterator[Any]:
        with self.database.writing() if write else self.database.reading() as connection:
            yield connection

    def principal(self, user_id: UUID) -> Principal:
        if user_id not in self.users:
            raise NotFound()
        return self.users[user_id]


class Tenants(dict[str, Tenant]):
    """Tenants by key."""

    def tenant_keys(self) -> Iterable[str]:
        return tuple(self)

    def tenant(self, key: str) -> Tenant:
        if key not in self:
            raise NotFound()
        return self[key]


@dataclass
class Workplace:
    """What a test needs to make, run and look at the jobs of the tenant "test"."""

    tenants: Tenants
    clock: MovableClock = field(default_factory=MovableClock)
    seconds: Seconds = field(default_factory=Seconds)
    settings: JobSettings = field(default_factory=lambda: JobSettings(slots_per_tenant=100))
    kinds: JobKinds = field(default_factory=job_kinds)
    subscribers: Subscribers = field(default_factory=subscribers)

    @property
    def tenant(self) -> Tenant:
        return self.tenants["test"]

    @property
    def database(self) -> TenantDatabase:
        return self.tenant.database

    @property
    def service(self) -> JobService:
        return JobService("test", self.database, self.kinds, Silent())

    def configure(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)

    def kind(self, key: str, handler: Handler = lambda run: None, **options: Any) -> JobKind:
        return self.kinds.register(JobKind(key, handler, **options))

    def subscribe(self, key: str, kind: str, *events: str, **options: Any) -> None:
        self.subscribers.register(EventSubscriber(key, kind, events or ("*",), **options))

    def emit(self, event: str, module: str = "order", payload: Mapping[str, Any] | None = None) -> None:
        with self.database.writing() as connection:
            emit(connection, OutboxEvent(event, module, None, payload or {}), self.clock.now())

    def add(self, kind: str, arguments: Mapping[str, Any] | None = None, **options: Any) -> UUID:
        new = NewJob(self.kinds.get(kind), arguments or {}, **options)
        with self.database.writing() as connection:
            return enqueue(connection, new, self.clock.now())

    def claim(self, worker: str = "somebody") -> Claim | None:
        return claim(self.database, self.kinds, worker, self.clock.now(), self.settings)

    def runner(self, random: Callable[[], float] = lambda: 0.5) -> Runner:
        return Runner(
            self.tenants, self.kinds, self.subscribers, self.clock, self.settings, random=random, monotonic=self.seconds
        )

    def run(self) -> Turn:
        return self.runner().take_turn("test")

    def sweeper(self, wake: Callable[[str], None] = lambda tenant: None) -> Sweeper:
        return Sweeper(self.tenants, self.kinds, self.clock, self.settings, wake, monotonic=self.seconds)

    def advance(self, **delta: float) -> None:
        """Both clocks go on."""
        self.clock.advance(timedelta(**delta))
        self.seconds.now += timedelta(**delta).total_seconds()

    def job(self, job_id: UUID) -> Any:
        with self.database.reading() as connection:
            return connection.execute(sa.select(job).where(job.c.id == job_id)).one()

    def jobs(self, **where: Any) -> list[Any]:
        query = sa.select(job).order_by(job.c.id)
        for column, value in where.items():
            query = query.where(job.c[column] == value)
        with self.database.reading() as connection:
            return list(connection.execute(query).all())

    def marks(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(sa.select(mark.c.name).order_by(mark.c.name)).scalars())


def put_mark(connection: sa.Connection, name: str) -> None:
    """Change something in the tenant's database."""
    connection.execute(mark.insert().values(name=name))


def at(text: str) -> datetime:
    """A moment from ISO text with a zone."""
    return datetime.fromisoformat(text)
