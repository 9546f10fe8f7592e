"""Work at times of the day: cron expressions per tenant, in the schedule's own time zone.

Each slot (a moment at which the expression fires) makes its job at most once, however many processes look and however often
clocks jump: the slot is recorded in `sys_effect` in the transaction that makes the job. Slots within `schedule_tolerance` of
now each make a job. Older ones were missed, because nothing ran or the clock jumped: `run_once` makes one job for all of them,
for the latest, unless a slot within the tolerance makes one anyway; `skip` makes none.

Summer time as in Debian's cron: an expression for a certain time of day whose time is skipped fires when the clock jumps, and
one whose time comes twice fires the first time; expressions with `*` in minutes or hours fire in real time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from cronsim import CronSim, CronSimError

from tessera.runtime.jobs.effects import effect_key, record_once
from tessera.runtime.jobs.errors import BadSchedule
from tessera.runtime.jobs.queue import NewJob, enqueue
from tessera.runtime.jobs.registry import JobKinds
from tessera.storage.system_tables import schedule
from tessera.storage.tenant_database import TenantDatabase

log = structlog.get_logger(__name__)

Missed = Literal["run_once", "skip"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job of `kind` at each slot of `cron` (five fields) in `timezone`. Its arguments get the slot as `slot` (ISO, UTC)."""

    key: str
    cron: str
    kind: str
    timezone: str = "UTC"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    missed: Missed = "run_once"

    def next_after(self, moment: datetime) -> datetime:
        """The first slot after `moment`, in UTC."""
        # there always is one: an expression for a day that no month has is refused when it is read
        return next(CronSim(self.cron, moment.astimezone(ZoneInfo(self.timezone)))).astimezone(UTC)

    def before(self, moment: datetime) -> Iterator[datetime]:
        """The slots up to and including `moment`, the latest first, in UTC."""
        # reverse iteration begins strictly before its start
        start = (moment + timedelta(seconds=1)).astimezone(ZoneInfo(self.timezone))
        for slot in CronSim(self.cron, start, reverse=True):
            if slot.astimezone(UTC) <= moment:
                yield slot.astimezone(UTC)

    def check(self, kinds: JobKinds) -> None:
        """Raise `BadSchedule` or `BadArguments` when it cannot work."""
        if len(self.cron.split()) != 5:
            raise BadSchedule(key=self.key, reason="a cron expression has five fields")
        try:
            self.next_after(datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise BadSchedule(key=self.key, reason=str(error)) from error
        except (OSError, ValueError, KeyError) as error:  # no such key, or a key that is no path
            raise BadSchedule(key=self.key, reason=f"there is no time zone {self.timezone!r}") from error
        if self.missed not in ("run_once", "skip"):
            raise BadSchedule(key=self.key, reason="missed slots are either 'run_once' or 'skip'")
        if self.kind not in kinds:
            raise BadSchedule(key=self.key, reason=f"there is no job kind {self.kind!r}")
        kinds.get(self.kind).check({**self.arguments, "slot": ""})


_COLUMNS = tuple(schedule.c[name] for name in ("key", "cron", "kind", "timezone", "arguments", "enabled", "missed"))


def set_schedule(connection: sa.Connection, new: Schedule, kinds: JobKinds, now: datetime) -> None:
    """Add or change a schedule in the caller's transaction. The first slot is the next one after `now`."""
    new.check(kinds)
    values = {
        "cron": new.cron, "timezone": new.timezone, "kind": new.kind, "arguments": dict(new.arguments),
        "enabled": new.enabled, "missed": new.missed, "next_at": new.next_after(now),
    }  # fmt: skip
    changed = connection.execute(schedule.update().where(schedule.c.key == new.key).values(**values))
    if changed.rowcount == 0:
        connection.execute(schedule.insert().values(key=new.key, **values))


def remove_schedule(connection: sa.Connection, key: str) -> bool:
    """Remove a schedule in the caller's transaction; jobs that it made stay. False when there is none."""
    return connection.execute(schedule.delete().where(schedule.c.key == key)).rowcount > 0


def schedules(connection: sa.Connection) -> list[Schedule]:
    """All schedules by key."""
    return [Schedule(*row) for row in connection.execute(sa.select(*_COLUMNS).order_by(schedule.c.key))]


def next_slot_at(connection: sa.Connection, kinds: JobKinds, now: datetime) -> datetime | None:
    """When the next slot after `now` comes."""
    ours = sa.and_(schedule.c.enabled, schedule.c.kind.in_(kinds.keys()), schedule.c.next_at > now)
    return connection.execute(sa.select(sa.func.min(schedule.c.next_at)).where(ours)).scalar()


def run_due(database: TenantDatabase, kinds: JobKinds, now: datetime, tolerance: timedelta) -> int:
    """Make the jobs of slots that have come; how many. Any number of processes may do this at once.

    Schedules of kinds that this process does not know are left to those that do.
    """
    with database.reading() as connection:
        ours = sa.and_(schedule.c.enabled, schedule.c.kind.in_(kinds.keys()))
        rows = connection.execute(sa.select(*_COLUMNS, schedule.c.next_at).where(ours)).all()
    made = 0
    for *columns, next_at in rows:
        current = Schedule(*columns)
        try:
            # a next slot later than the next one from now on: the clock was ahead when it was written
            if next_at <= now or current.next_after(now) < next_at:
                made += database.run_in_transaction(partial(_run, key=current.key, kinds=kinds, now=now, tolerance=tolerance))
        except (CronSimError, OSError, ValueError, KeyError) as error:  # written past `check`, or a time zone that was abolished
            log.error("schedule.broken", schedule=current.key, error=str(error))
    return made


def _run(connection: sa.Connection, *, key: str, kinds: JobKinds, now: datetime, tolerance: timedelta) -> int:
    """The slots of one schedule; read again under a lock, which another process may have had before."""
    query = sa.select(*_COLUMNS, schedule.c.next_at).where(schedule.c.key == key, schedule.c.enabled)
    row = connection.execute(query.with_for_update(skip_locked=True)).first()
    if row is None:
        return 0
    *columns, next_at = row
    current = Schedule(*columns)
    connection.execute(schedule.update().where(schedule.c.key == key).values(next_at=current.next_after(now)))
    made = 0
    for slot in reversed(due_slots(current, next_at, now, tolerance)):
        name = slot.isoformat()
        if record_once(connection, effect_key(f"slot:{key}", name), now):
            arguments = {**current.arguments, "slot": name}
            enqueue(connection, NewJob(kinds.get(current.kind), arguments, effect_key(f"schedule:{key}", name)), now)
            made += 1
    return made


def due_slots(current: Schedule, since: datetime, now: datetime, tolerance: timedelta) -> list[datetime]:
    """The slots from `since` to `now` that shall run, the latest first."""
    due: list[datetime] = []
    for slot in current.before(now):
        if slot < since:
            break
        if now - slot > tolerance:
            return due or ([slot] if current.missed == "run_once" else [])
        due.append(slot)
    return due
