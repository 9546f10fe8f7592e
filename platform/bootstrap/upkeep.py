"""What a tenant needs done again and again: old sessions and answers removed, stray files swept, `today()` kept true."""

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from tessera.api.idempotency import remove_expired
from tessera.runtime.computed.recompute import recompute_stale
from tessera.runtime.jobs.registry import JobKind, JobKinds, Priority
from tessera.runtime.jobs.run import JobRun
from tessera.runtime.jobs.schedules import Schedule, set_schedule
from tessera.runtime.runtime import TenantRuntime
from tessera.security.sessions import remove_ended_sessions


def tidy(run: JobRun) -> dict[str, int]:
    """Remove what has run out; the job's result says how much of each."""
    tenant, now = _tenant(run), run.context.now()
    with tenant.database.writing() as connection:
        sessions = remove_ended_sessions(connection, now)
        answers = remove_expired(connection, now)
        files = tenant.services.files.sweep(connection, now)
    return {"sessions": sessions, "answers": answers, "files": files}


def refresh_formulas(run: JobRun) -> dict[str, int]:
    """Work out again the stored formulas that go stale with the day."""
    tenant = _tenant(run)
    report = recompute_stale(tenant.database, tenant.catalog, now=run.context.now())
    return {"rows": report.rows, "changed": report.count}


def _tenant(run: JobRun) -> TenantRuntime:
    return cast(TenantRuntime, run.tenant)


#: Schedules give each job its slot.
_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {"slot": {"type": "string"}}, "additionalProperties": False}

TIDY = JobKind("upkeep.tidy", tidy, priority=Priority.BULK, schema=_ARGUMENTS)
REFRESH_FORMULAS = JobKind("upkeep.refresh_formulas", refresh_formulas, schema=_ARGUMENTS)


def schedule_upkeep(connection: sa.Connection, kinds: JobKinds, timezone: str, now: datetime) -> None:
    """Give a tenant its upkeep: hourly, and just after midnight in its own time zone. Doing it twice changes nothing."""
    for schedule in (
        Schedule(key="upkeep.tidy", cron="17 * * * *", timezone=timezone, kind=TIDY.key, missed="skip"),
        Schedule(
            key="upkeep.refresh_formulas", cron="1 0 * * *", timezone=timezone, kind=REFRESH_FORMULAS.key, missed="run_once"
        ),
    ):
        set_schedule(connection, schedule, kinds, now)
