"""What the API and the pages show and do with jobs. Administrators see all jobs of the tenant, users those that act for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.kernel.errors import Forbidden
from tessera.runtime.jobs.effects import forget_begun
from tessera.runtime.jobs.errors import NoSuchJob, WrongJobState
from tessera.runtime.jobs.ports import Carrier
from tessera.runtime.jobs.queue import NewJob, enqueue, is_due
from tessera.runtime.jobs.registry import JobKinds
from tessera.storage.system_tables import job, outbox
from tessera.storage.tenant_database import TenantDatabase

STATES = ("waiting", "running", "done", "dead", "cancelled")


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people see it. `progress` of `total` (None: unknown); `error` is of the latest attempt that failed."""

    id: UUID
    kind: str
    state: str
    priority: int
    arguments: Mapping[str, Any]
    progress: int
    total: int | None
    message: str
    result: Any
    error: str | None
    attempts: int
    max_attempts: int
    cancel_requested: bool
    principal_id: UUID | None
    created_at: datetime
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How a tenant's queue stands. `unknown` are waiting jobs of kinds that this process cannot run; `lag` in seconds."""

    waiting: int
    due: int
    running: int
    dead: int
    unknown: int
    undispatched: int
    lag: float


_COLUMNS = tuple(job.c[name] for name in JobView.__dataclass_fields__)


class JobService:
    """Jobs of one tenant. Every call names who asks."""

    def __init__(self, tenant: str, database: TenantDatabase, kinds: JobKinds, carrier: Carrier) -> None:
        self._tenant = tenant
        self._database = database
        self._kinds = kinds
        self._carrier = carrier

    def enqueue(
        self,
        context: Context,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        effect_key: str | None = None,
        run_at: datetime | None = None,
        priority: int | None = None,
    ) -> UUID:
        """Make a job (see `NewJob`) that acts for the principal; its id. Raises `UnknownEntry`, `BadArguments`.

        Which kinds a principal may start is decided by the one who offers them: there is no face that takes a kind from outside.
        """
        new = NewJob(self._kinds.get(kind), arguments, effect_key, run_at, priority, context.principal.id)
        made = self._database.run_in_transaction(lambda connection: enqueue(connection, new, context.now()))
        self._carrier.announce(self._tenant)
        return made

    def list(
        self, context: Context, *, state: str | None = None, kind: str | None = None, limit: int = 50, before: UUID | None = None
    ) -> list[JobView]:
        """Jobs, the latest first; `before` is the id of the last one on the page before."""
        query = sa.select(*_COLUMNS).where(_visible(context)).order_by(job.c.id.desc()).limit(min(limit, 500))
        for column, value in ((job.c.state, state), (job.c.kind, kind)):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(job.c.id < before)
        with self._database.reading() as connection:
            return [JobView(*row) for row in connection.execute(query)]

    def get(self, context: Context, job_id: UUID) -> JobView:
        """One job; raises `NoSuchJob`."""
        with self._database.reading() as connection:
            return self._get(connection, context, job_id)

    def cancel(self, context: Context, job_id: UUID) -> JobView:
        """Cancel a job: a waiting one at once, a running one at its handler's next check. Raises `NoSuchJob`, `WrongJobState`."""

        def work(connection: sa.Connection) -> JobView:
            found = self._get(connection, context, job_id, lock=True)
            if found.state == "waiting":
                _change(connection, job_id, state="cancelled", finished_at=context.now())
            elif found.state == "running":
                _change(connection, job_id, cancel_requested=True)
            else:
                raise WrongJobState(state=found.state)
            return self._get(connection, context, job_id)

        return self._database.run_in_transaction(work)

    def replay(self, context: Context, job_id: UUID) -> JobView:
        """Bring a dead or cancelled job back, with all its attempts. Raises `NoSuchJob`, `WrongJobState`.

        What it has done it will not do again. An outside effect that was cut off half-way it will begin anew: whoever calls this
        has looked.
        """

        def work(connection: sa.Connection) -> JobView:
            found = self._get(connection, context, job_id, lock=True)
            if found.state not in ("dead", "cancelled"):
                raise WrongJobState(state=found.state)
            forget_begun(connection, job_id)
            _change(
                connection, job_id, state="waiting", attempts=0, run_at=context.now(), error=None, cancel_requested=False,
                finished_at=None,
            )  # fmt: skip
            return self._get(connection, context, job_id)

        view = self._database.run_in_transaction(work)
        self._carrier.announce(self._tenant)
        return view

    def depth(self, context: Context) -> QueueDepth:
        """Figures of the tenant's queue, for administrators and for the process itself. Raises `Forbidden`."""
        if not context.principal.is_administrator:
            raise Forbidden()
        now = context.now()
        known, waiting = job.c.kind.in_(self._kinds.keys()), job.c.state == "waiting"
        due = sa.and_(is_due(now), known)

        def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
            return sa.func.count(sa.case((condition, 1)))

        jobs = sa.select(
            count(waiting), count(due), count(job.c.state == "running"), count(job.c.state == "dead"),
            count(sa.and_(waiting, ~known)), sa.func.min(sa.case((due, job.c.run_at))),
        ).where(job.c.state.in_(("waiting", "running", "dead")))  # fmt: skip
        events = sa.select(sa.func.count(), sa.func.min(outbox.c.at)).where(outbox.c.dispatched_at.is_(None))
        with self._database.reading() as connection:
            *figures, oldest_job = connection.execute(jobs).one()
            undispatched, oldest_event = connection.execute(events).one()
        oldest = min((moment for moment in (oldest_job, oldest_event) if moment is not None), default=now)
        waiting_jobs, due_jobs, running, dead, unknown = figures
        return QueueDepth(waiting_jobs, due_jobs, running, dead, unknown, undispatched, max(0.0, (now - oldest).total_seconds()))

    def _get(self, connection: sa.Connection, context: Context, job_id: UUID, *, lock: bool = False) -> JobView:
        query = sa.select(*_COLUMNS).where(job.c.id == job_id, _visible(context))
        row = connection.execute(query.with_for_update() if lock else query).first()
        if row is None:
            raise NoSuchJob()
        return JobView(*row)


def _visible(context: Context) -> sa.ColumnElement[bool]:
    """Which jobs the principal may see and steer."""
    if context.principal.is_administrator:
        return sa.true()
    if context.principal.id is None:
        return sa.false()
    return job.c.principal_id == context.principal.id


def _change(connection: sa.Connection, job_id: UUID, **values: Any) -> None:
    connection.execute(job.update().where(job.c.id == job_id).values(**values))
