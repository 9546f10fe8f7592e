"""One turn of one tenant: dispatch its events, then claim and run due jobs until the turn is over."""

import random as random_module
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from tessera.kernel.clock import Clock
from tessera.kernel.context import SYSTEM, Context
from tessera.kernel.errors import NotFound, TesseraError, Unavailable
from tessera.runtime.jobs import outcome
from tessera.runtime.jobs.errors import BadArguments, Cancelled, GiveUp, Interrupted, LeaseLost
from tessera.runtime.jobs.heartbeat import Heartbeat, Pulse
from tessera.runtime.jobs.identity import worker_name
from tessera.runtime.jobs.outbox import Subscribers, dispatch
from tessera.runtime.jobs.plain_json import NotPlain, check_plain
from tessera.runtime.jobs.ports import JobTenant, JobTenants
from tessera.runtime.jobs.queue import Claim, Outlook, claim, outlook
from tessera.runtime.jobs.registry import JobKind, JobKinds
from tessera.runtime.jobs.run import JobRun
from tessera.runtime.jobs.settings import JobSettings

log = structlog.get_logger(__name__)

#: How often a worker tries to write down what became of a job before it leaves the row to the recovery of lost jobs.
SETTLE_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """How a turn ended: jobs run, whether work was left for the tenant's next turn, and when the next waiting job is due."""

    jobs: int
    more: bool
    next_at: datetime | None


class Runner:
    """Runs jobs in the calling thread. Any number of threads and processes may have one on the same tenants."""

    def __init__(
        self,
        tenants: JobTenants,
        kinds: JobKinds,
        subscribers: Subscribers,
        clock: Clock,
        settings: JobSettings,
        *,
        heartbeat: Heartbeat | None = None,
        random: Callable[[], float] = random_module.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        for subscriber in subscribers:
            kinds.get(subscriber.kind)  # a kind that is not there is an error of the start, not of the first event
        self.name = worker_name()
        self.heartbeat = heartbeat or Heartbeat(clock, settings, monotonic=monotonic)
        self._tenants = tenants
        self._kinds = kinds
        self._subscribers = subscribers
        self._clock = clock
        self._settings = settings
        self._random = random
        self._monotonic = monotonic

    def take_turn(
        self, key: str, *, stopping: Callable[[], bool] = lambda: False, spread: Callable[[], None] = lambda: None
    ) -> Turn:
        """Do the work of the tenant `key` until there is none, the turn is used up, or `stopping()`.

        `spread` is called once when, beside the job just claimed, there is more that another thread could begin with.
        An unknown tenant has no work. Database errors pass to the caller; the rows are safe.
        """
        try:
            tenant = self._tenants.tenant(key)
        except NotFound:
            return Turn(0, more=False, next_at=None)
        end, ran = self._monotonic() + self._settings.turn_length.total_seconds(), 0
        self._dispatch(tenant, lambda: stopping() or self._monotonic() >= end)
        while not stopping():
            if ran >= self._settings.turn_jobs or self._monotonic() >= end:
                return Turn(ran, more=self._outlook(tenant).due, next_at=None)
            claimed = claim(tenant.database, self._kinds, self.name, self._clock.now(), self._settings)
            if claimed is None:
                break
            if ran == 0 and self._outlook(tenant).due:
                spread()
            self._run(tenant, claimed)
            ran += 1
        return Turn(ran, more=False, next_at=self._outlook(tenant).next_at)

    def _dispatch(self, tenant: JobTenant, enough: Callable[[], bool]) -> None:
        """Turn the events that wait into jobs. A broken subscriber keeps events waiting, but not the jobs that are there."""
        try:
            while not enough() and dispatch(tenant.database, self._kinds, self._subscribers, self._clock.now()):
                pass
        except sa.exc.SQLAlchemyError:
            raise
        except Exception as error:
            log.error("job.dispatch_failed", tenant=tenant.key, exc_info=error)

    def _outlook(self, tenant: JobTenant) -> Outlook:
        with tenant.database.reading() as connection:
            return outlook(connection, self._kinds, self._clock.now())

    def _run(self, tenant: JobTenant, claimed: Claim) -> None:
        """Run one job and write down what became of it. Nothing a handler raises gets past here, save the end of the process."""
        kind, began = self._kinds.get(claimed.kind), self._monotonic()
        pulse = self.heartbeat.begin(claimed, tenant.database, kind.timeout.total_seconds())
        try:
            result = self._call(kind, tenant, pulse)
        except Exception as error:
            settlement = self._after_error(kind, claimed, error)
        else:
            settlement = _Settlement("done", lambda c: outcome.complete(c, claimed, result, self._clock.now()))
        finally:
            self.heartbeat.end(pulse)
        written = self._settle(tenant, settlement)
        log.info(
            "job.ran", tenant=tenant.key, job=str(claimed.id), kind=claimed.kind, attempt=claimed.attempts,
            state=settlement.name, written=written, seconds=round(self._monotonic() - began, 3),
        )  # fmt: skip

    def _call(self, kind: JobKind, tenant: JobTenant, pulse: Pulse) -> Any:
        """Check the arguments, find the principal, call the handler, check the result."""
        kind.check(pulse.claim.arguments)
        context = Context(tenant=tenant.key, principal=SYSTEM, face="job", clock=self._clock, request_id=f"job:{pulse.claim.id}")
        if pulse.claim.principal_id is not None:
            try:
                context = context.acting_as(tenant.principal(pulse.claim.principal_id))
            except NotFound as error:
                raise GiveUp("The user this job acts for is no longer active.") from error
        result = kind.handler(
            JobRun(kind=kind, kinds=self._kinds, tenant=tenant, context=context, pulse=pulse, heartbeat=self.heartbeat)
        )
        try:
            check_plain(result)
        except NotPlain as error:
            raise GiveUp("The job was done, but its result cannot be kept: {reason}", reason=str(error)) from error
        return result

    def _after_error(self, kind: JobKind, claimed: Claim, error: Exception) -> "_Settlement":
        """What to write down after `error`."""
        clock, text = self._clock, str(error) if isinstance(error, TesseraError) else f"{type(error).__name__}: {error}"
        match error:
            case Interrupted():
                return _Settlement("put_back", lambda c: outcome.put_back(c, claimed, clock.now()))
            case Cancelled():
                return _Settlement("cancelled", lambda c: outcome.cancelled(c, claimed, clock.now()))
            case LeaseLost():
                return _Settlement("lost", lambda _: False)
        log.warning("job.failed", job=str(claimed.id), kind=claimed.kind, attempt=claimed.attempts, exc_info=error)
        if isinstance(error, GiveUp | BadArguments):
            return _Settlement("dead", lambda c: outcome.bury(c, claimed, text, clock.now()))
        return _Settlement(
            "failed", lambda c: outcome.fail(c, claimed, text, clock.now(), backoff=kind.backoff, random=self._random)
        )

    def _settle(self, tenant: JobTenant, settlement: "_Settlement") -> bool:
        """Write the outcome down; False when the job was not ours any more or the database would not take it."""
        for attempt in range(SETTLE_ATTEMPTS):
            try:
                return tenant.database.run_in_transaction(settlement.write)
            except (sa.exc.SQLAlchemyError, Unavailable) as error:
                log.warning("job.settle_failed", tenant=tenant.key, attempt=attempt + 1, error=type(error).__name__)
        return False


@dataclass(frozen=True, slots=True)
class _Settlement:
    """What became of an attempt, and how to write it down."""

    name: str
    write: Callable[[sa.Connection], bool]
