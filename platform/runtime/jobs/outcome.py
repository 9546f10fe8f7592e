"""What becomes of a job after an attempt. Every write proves that the job is still this worker's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tessera.runtime.jobs.queue import Claim
from tessera.runtime.jobs.registry import Backoff
from tessera.storage.system_tables import job
from tessera.storage.types import UtcDateTime

#: The longest text of an error that is kept; the log has all of it.
MAX_ERROR = 2000

_RELEASED = {"claimed_by": None, "claimed_until": None}


def complete(connection: sa.Connection, claim: Claim, result: Any, now: datetime) -> bool:
    """The job is done. False when it was no longer this worker's: then nothing is written."""
    return _settle(connection, claim, state="done", result=result, error=None, finished_at=now)


def fail(
    connection: sa.Connection, claim: Claim, error: str, now: datetime, *, backoff: Backoff, random: Callable[[], float]
) -> bool:
    """The attempt failed: the job waits for the next, or is dead after the last. False when it was no longer this worker's."""
    if claim.attempts >= claim.max_attempts:
        return bury(connection, claim, error, now)
    run_at = now + backoff.delay(claim.attempts, random)
    return _settle(connection, claim, **waiting_again(now), error=error[:MAX_ERROR], run_at=run_at)


def bury(connection: sa.Connection, claim: Claim, error: str, now: datetime) -> bool:
    """The job is dead: only a person can bring it back. False when it was no longer this worker's."""
    return _settle(connection, claim, state="dead", error=error[:MAX_ERROR], finished_at=now)


def cancelled(connection: sa.Connection, claim: Claim, now: datetime) -> bool:
    """The handler stopped because somebody cancelled the job. False when it was no longer this worker's."""
    return _settle(connection, claim, state="cancelled", finished_at=now)


def put_back(connection: sa.Connection, claim: Claim, now: datetime) -> bool:
    """The worker is stopping: the job waits as if this attempt had not been. False when it was no longer this worker's."""
    return _settle(connection, claim, state="waiting", attempts=job.c.attempts - 1, run_at=now)


def waiting_again(now: datetime) -> dict[str, Any]:
    """The values of a job that has attempts left: it waits, unless somebody has cancelled it meanwhile."""
    return {
        "state": sa.case((job.c.cancel_requested, "cancelled"), else_="waiting"),
        "finished_at": sa.case((job.c.cancel_requested, sa.literal(now, UtcDateTime)), else_=sa.null()),
    }


def _settle(connection: sa.Connection, claim: Claim, **values: Any) -> bool:
    changed = connection.execute(job.update().where(claim.held()).values(**values, **_RELEASED).returning(job.c.id))
    return changed.first() is not None
