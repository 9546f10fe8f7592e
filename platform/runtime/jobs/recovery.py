"""Jobs whose worker is gone go back to waiting.

Whether a lease has run out is not judged by comparing clocks: servers drift, and clocks jump. It has run out when the row has not
changed for the length of a lease, as measured here with the monotonic clock; or at once when the holder is certainly dead
(`identity`).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog

from tessera.runtime.jobs.identity import is_certainly_dead
from tessera.runtime.jobs.outcome import waiting_again
from tessera.runtime.jobs.registry import JobKinds
from tessera.storage.system_tables import job
from tessera.storage.tenant_database import TenantDatabase

log = structlog.get_logger(__name__)

GONE = "The worker disappeared while it ran the job."
ENOUGH = "The worker disappeared while it ran the job, {attempts} times. Perhaps the job itself brings it down."

#: What a row looked like when it was last seen to change: (attempt, holder, lease).
_Sight = tuple[int, str, datetime]


class LeaseWatch:
    """Remembers since when each running job of a tenant has looked the same. One for each tenant and sweeping process."""

    def __init__(self, lease: timedelta, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lease = lease.total_seconds()
        self._monotonic = monotonic
        self._seen: dict[UUID, tuple[_Sight, float]] = {}

    def release_lost(self, database: TenantDatabase, now: datetime) -> int:
        """Return the jobs of workers that are gone to the queue, or bury those that were tried often enough; how many."""
        with database.reading() as connection:
            columns = (job.c.id, job.c.attempts, job.c.claimed_by, job.c.claimed_until, job.c.max_attempts)
            rows = connection.execute(sa.select(*columns).where(job.c.state == "running")).all()
        lost = [row for row in rows if self._is_lost(row.id, (row.attempts, row.claimed_by, row.claimed_until))]
        running = {row.id for row in rows}
        self._seen = {key: sight for key, sight in self._seen.items() if key in running}
        return sum(database.run_in_transaction(lambda c, row=row: _release(c, row, now)) for row in lost)  # type: ignore[misc]

    def _is_lost(self, job_id: UUID, sight: _Sight) -> bool:
        now = self._monotonic()
        known = self._seen.get(job_id)
        if known is None or known[0] != sight:
            self._seen[job_id] = (sight, now)
            return is_certainly_dead(sight[1])
        return now - known[1] >= self._lease


def _release(connection: sa.Connection, row: sa.Row[tuple[UUID, int, str, datetime, int]], now: datetime) -> int:
    """Free the row if it is still as it was seen; 1 when it was."""
    if row.attempts >= row.max_attempts:
        values = {"state": "dead", "finished_at": now, "error": ENOUGH.format(attempts=row.attempts)}
    else:
        values = {**waiting_again(now), "run_at": now, "error": GONE}
    unchanged = sa.and_(
        job.c.id == row.id, job.c.state == "running", job.c.attempts == row.attempts,
        job.c.claimed_by == row.claimed_by, job.c.claimed_until == row.claimed_until,
    )  # fmt: skip
    release = job.update().where(unchanged).values(**values, claimed_by=None, claimed_until=None)
    found = connection.execute(release.returning(job.c.state)).first()
    if found is None:
        return 0
    log.warning("job.worker_gone", job=str(row.id), attempt=row.attempts, state=found[0])
    return 1


def pull_forward(connection: sa.Connection, kinds: JobKinds, now: datetime) -> None:
    """Repair retries that a clock which jumped ahead and back put far off: no pause is longer than its kind's limit."""
    for kind in kinds:
        longest = kind.backoff.limit * (1 + kind.backoff.jitter)
        stuck = sa.and_(job.c.state == "waiting", job.c.kind == kind.key, job.c.attempts > 0, job.c.run_at > now + longest)
        connection.execute(job.update().where(stuck).values(run_at=now))
