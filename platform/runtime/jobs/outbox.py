"""Events in the record's own transaction, each turned into the jobs of its subscribers exactly once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.kernel.registry import Registry
from tessera.runtime.jobs.ports import OutboxEvent
from tessera.runtime.jobs.queue import NewJob, enqueue_many
from tessera.runtime.jobs.registry import JobKinds
from tessera.storage.bulk_insert import insert_rows
from tessera.storage.kept_statements import execute, inserting, kept
from tessera.storage.system_tables import outbox
from tessera.storage.tenant_database import TenantDatabase

#: Events dispatched in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A committed event. Its `id` is the same for everybody who hears of it, however often: effects are keyed by it."""

    id: UUID
    at: datetime
    event: str
    module: str
    record_id: UUID | None
    payload: Mapping[str, Any]

    def as_arguments(self) -> dict[str, Any]:
        """The event as arguments of a job: plain JSON."""
        return {
            "event_id": str(self.id),
            "at": self.at.isoformat(),
            "event": self.event,
            "module": self.module,
            "record_id": str(self.record_id) if self.record_id else None,
            "payload": dict(self.payload),
        }


@dataclass(frozen=True, slots=True)
class EventSubscriber:
    """Wants a job of `kind` for each event that matches. Patterns are shell patterns: `record.*`, `*`.

    `key` is part of the effect key `<key>:<event id>`: keep it. `wants` looks closer at the event (no I/O); an exception in it
    stops the dispatch, so that no event is dropped by a fault.
    """

    key: str
    kind: str
    events: tuple[str, ...]
    modules: tuple[str, ...] = ("*",)
    wants: Callable[[StoredEvent], bool] | None = None

    def matches(self, event: StoredEvent) -> bool:
        """True when this subscriber wants a job for `event`."""
        return (
            any(fnmatchcase(event.event, pattern) for pattern in self.events)
            and any(fnmatchcase(event.module, pattern) for pattern in self.modules)
            and (self.wants is None or self.wants(event))
        )


#: All subscribers by key.
Subscribers = Registry[EventSubscriber]


def subscribers() -> Subscribers:
    """An empty registry of subscribers."""
    return Registry("event subscriber")


def emit(connection: sa.Connection, event: OutboxEvent, at: datetime) -> None:
    """Write one event in the caller's transaction."""
    emit_many(connection, [event], at)


def emit_many(connection: sa.Connection, events: Sequence[OutboxEvent], at: datetime) -> None:
    """Write events in the caller's transaction, in order. Nobody hears of them unless it commits."""
    if not events:
        return
    rows = [
        {"id": uuid7(), "at": at, "event": e.event, "module": e.module, "record_id": e.record_id, "payload": dict(e.payload)}
        for e in events
    ]
    if len(rows) == 1:
        execute(connection, kept(connection, "outbox.insert", lambda: inserting(outbox)), {**rows[0], "dispatched_at": None})
    else:
        insert_rows(connection, outbox, rows)


def dispatch(database: TenantDatabase, kinds: JobKinds, subscribers: Subscribers, now: datetime, *, limit: int = BATCH) -> int:
    """Turn up to `limit` waiting events into jobs, in one transaction; the number of events.

    Several may do this at once: on PostgreSQL each takes rows that no other has locked, SQLite lets one in at a time.
    """
    with database.reading() as connection:
        if connection.execute(sa.select(outbox.c.id).where(outbox.c.dispatched_at.is_(None)).limit(1)).first() is None:
            return 0
    return database.run_in_transaction(lambda connection: _dispatch(connection, kinds, subscribers, now, limit))


def _dispatch(connection: sa.Connection, kinds: JobKinds, subscribers: Subscribers, now: datetime, limit: int) -> int:
    taken = (
        sa.select(outbox.c.id, outbox.c.at, outbox.c.event, outbox.c.module, outbox.c.record_id, outbox.c.payload)
        .where(outbox.c.dispatched_at.is_(None))
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    events = [StoredEvent(*row) for row in connection.execute(taken)]
    if not events:
        return 0
    jobs = [
        NewJob(kinds.get(subscriber.kind), event.as_arguments(), effect_key=f"{subscriber.key}:{event.id}")
        for event in events
        for subscriber in subscribers
        if subscriber.matches(event)
    ]
    enqueue_many(connection, jobs, now)
    connection.execute(outbox.update().where(outbox.c.id.in_([e.id for e in events])).values(dispatched_at=now))
    return len(events)
