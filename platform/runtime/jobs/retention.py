"""Removing what has been finished long enough. Work that waits or runs is never touched."""

from datetime import datetime

import sqlalchemy as sa

from tessera.runtime.jobs.settings import JobSettings
from tessera.storage.system_tables import effect, job, outbox
from tessera.storage.tenant_database import TenantDatabase

#: Rows a transaction removes, so that nobody waits long for it.
BATCH = 1000


def tidy(database: TenantDatabase, now: datetime, settings: JobSettings) -> int:
    """Remove old rows in small transactions; how many.

    A proof of an effect stays as long as a job it belongs to is there, since that one may be replayed.
    """
    job_is_there = sa.exists(sa.select(job.c.id).where(job.c.id == effect.c.job_id))
    finished = (
        (job, job.c.id, sa.and_(job.c.state.in_(("done", "cancelled")), job.c.finished_at < now - settings.keep_done)),
        (job, job.c.id, sa.and_(job.c.state == "dead", job.c.finished_at < now - settings.keep_dead)),
        (outbox, outbox.c.id, outbox.c.dispatched_at < now - settings.keep_events),
        (effect, effect.c.key, sa.and_(effect.c.at < now - settings.keep_effects, ~job_is_there)),
    )
    return sum(_remove(database, table, key, old) for table, key, old in finished)


def _remove(database: TenantDatabase, table: sa.Table, key: sa.Column[object], old: sa.ColumnElement[bool]) -> int:
    removed = 0
    while True:
        with database.reading() as connection:
            keys = connection.execute(sa.select(key).where(old).limit(BATCH)).scalars().all()
        if not keys:
            return removed
        with database.writing() as connection:
            # the condition again: a dead job may have been replayed meanwhile
            removed += connection.execute(table.delete().where(key.in_(keys), old)).rowcount
