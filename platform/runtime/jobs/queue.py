"""Putting jobs into a tenant's queue and taking them out: one taker a job, whoever else is looking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tessera.kernel.ids import uuid7
from tessera.runtime.jobs.errors import BadArguments
from tessera.runtime.jobs.registry import JobKind, JobKinds, Priority
from tessera.runtime.jobs.settings import JobSettings
from tessera.storage.system_tables import job, outbox
from tessera.storage.tenant_database import TenantDatabase

MAX_EFFECT_KEY = 200

_CLAIMED = tuple(job.c[name] for name in ("id", "kind", "arguments", "effect_key", "attempts", "max_attempts", "principal_id"))


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be made. Without `run_at` it is due at once; of several with one `effect_key` only the first is made, ever.

    `principal_id` is the user it acts for; None: the system itself. `priority` None takes the kind's.
    """

    kind: JobKind
    arguments: Mapping[str, Any]
    effect_key: str | None = None
    run_at: datetime | None = None
    priority: int | None = None
    principal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker holds. `attempts` (this one counted) and `worker` together prove it in every later write."""

    id: UUID
    kind: str
    arguments: Mapping[str, Any]
    effect_key: str | None
    attempts: int
    max_attempts: int
    principal_id: UUID | None
    worker: str

    def held(self) -> sa.ColumnElement[bool]:
        """The condition under which the row is still ours."""
        ours = sa.and_(job.c.claimed_by == self.worker, job.c.attempts == self.attempts)
        return sa.and_(job.c.id == self.id, job.c.state == "running", ours)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a tenant's queue holds: work to be done now, and when the next waiting job becomes due."""

    due: bool
    next_at: datetime | None


def enqueue(connection: sa.Connection, new: NewJob, now: datetime) -> UUID:
    """Add a job in the caller's transaction; its id, or that of the job that already has the effect key.

    Raises `BadArguments`. Announce the tenant to the carrier once the transaction holds.
    """
    inserted = connection.execute(_insert(connection), _row(new, now))
    row_id = inserted.scalar()
    if row_id is None:
        row_id = connection.execute(sa.select(job.c.id).where(job.c.effect_key == new.effect_key)).scalar_one()
    return row_id  # type: ignore[no-any-return]


def enqueue_many(connection: sa.Connection, jobs: Sequence[NewJob], now: datetime) -> None:
    """Add jobs in the caller's transaction; those whose effect key is taken are left out."""
    if jobs:
        connection.execute(_insert(connection, returning=False), [_row(new, now) for new in jobs])


def _insert(connection: sa.Connection, *, returning: bool = True) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(job).on_conflict_do_nothing(index_elements=[job.c.effect_key])
    return statement.returning(job.c.id) if returning else statement


def _row(new: NewJob, now: datetime) -> dict[str, Any]:
    new.kind.check(new.arguments)
    if new.effect_key is not None and len(new.effect_key) > MAX_EFFECT_KEY:
        raise BadArguments(kind=new.kind.key, reason=f"the effect key is longer than {MAX_EFFECT_KEY} characters")
    return {
        "id": uuid7(),
        "kind": new.kind.key,
        "arguments": dict(new.arguments),
        "effect_key": new.effect_key,
        "state": "waiting",
        "priority": new.kind.priority if new.priority is None else new.priority,
        "run_at": new.run_at or now,
        "attempts": 0,
        "max_attempts": new.kind.max_attempts,
        "progress": 0,
        "message": "",
        "cancel_requested": False,
        "principal_id": new.principal_id,
        "created_at": now,
    }


def is_due(now: datetime) -> sa.ColumnElement[bool]:
    """Waiting and due. A job made to run at once is due by any clock, also one that runs behind its maker's."""
    return sa.and_(job.c.state == "waiting", sa.or_(job.c.run_at <= now, job.c.run_at == job.c.created_at))


def outlook(connection: sa.Connection, kinds: JobKinds, now: datetime) -> Outlook:
    """Whether there is anything to do now, counting events not yet dispatched, and when there will be."""
    known = job.c.kind.in_(kinds.keys())
    later = sa.select(sa.func.min(job.c.run_at)).where(job.c.state == "waiting", known, job.c.run_at > now).scalar_subquery()
    due = sa.exists(sa.select(job.c.id).where(is_due(now), known))
    events = sa.exists(sa.select(outbox.c.id).where(outbox.c.dispatched_at.is_(None)))
    row = connection.execute(sa.select(sa.or_(due, events), later)).one()
    return Outlook(bool(row[0]), row[1])


def claim(database: TenantDatabase, kinds: JobKinds, worker: str, now: datetime, settings: JobSettings) -> Claim | None:
    """Take the most urgent due job of a known kind, or None when there is none or the tenant has its share running.

    PostgreSQL passes over rows that others are just taking (SKIP LOCKED); on SQLite the file's write lock lets one in at a time.
    """
    with database.reading() as connection:
        due = sa.select(job.c.id).where(is_due(now), job.c.kind.in_(kinds.keys())).limit(1)
        if connection.execute(due).first() is None:
            return None
    return database.run_in_transaction(lambda connection: _claim(connection, kinds, worker, now, settings))


def _claim(connection: sa.Connection, kinds: JobKinds, worker: str, now: datetime, settings: JobSettings) -> Claim | None:
    room = _room(connection, settings)
    if room is None:
        return None
    pick = (
        sa.select(job.c.id)
        .where(is_due(now), job.c.kind.in_(kinds.keys()), room)
        .order_by(job.c.priority, job.c.run_at, job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row_id = connection.execute(pick).scalar()
    if row_id is None:
        return None
    take = (
        job.update()
        .where(job.c.id == row_id, job.c.state == "waiting")
        .values(state="running", attempts=job.c.attempts + 1, claimed_by=worker, claimed_until=now + settings.lease)
        .values(started_at=now, progress=0, total=None, message="")
        .returning(*_CLAIMED)
    )
    row = connection.execute(take).one_or_none()
    return Claim(**row._mapping, worker=worker) if row is not None else None


def _room(connection: sa.Connection, settings: JobSettings) -> sa.ColumnElement[bool] | None:
    """Which jobs the tenant may start besides those that run; None: none at all.

    Two takers at one moment may both see the last free place: this bounds a tenant's share, it does not guard anything.
    """
    bulk = sa.func.sum(sa.case((job.c.priority >= Priority.BULK, 1), else_=0))
    row = connection.execute(sa.select(sa.func.count(), bulk).select_from(job).where(job.c.state == "running")).one()
    running, running_bulk = row[0], row[1] or 0
    if running >= settings.slots_per_tenant:
        return None
    if running_bulk >= max(settings.slots_per_tenant - 1, 1):
        return job.c.priority < Priority.BULK
    return sa.true()
