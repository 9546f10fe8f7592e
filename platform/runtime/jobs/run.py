"""What a handler holds in its hand while it works."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.runtime.jobs import effects
from tessera.runtime.jobs.errors import Cancelled, EffectRefused, EffectUncertain, Interrupted, LeaseLost, TimedOut
from tessera.runtime.jobs.heartbeat import Heartbeat, Pulse
from tessera.runtime.jobs.ports import JobTenant
from tessera.runtime.jobs.queue import NewJob, enqueue
from tessera.runtime.jobs.registry import JobKind, JobKinds


@dataclass(frozen=True, slots=True)
class Effect:
    """A guarded transaction. `first` is False when the effect has already taken place: then do nothing."""

    connection: sa.Connection
    first: bool


class JobRun:
    """One attempt at a job. Handlers may be run again after any line, so what they change goes through one of

    - `effect`: a change in the tenant's own database;
    - `first_time`: the same inside a session (`with job.session() as session: if job.first_time(session.connection): …`);
    - `outside_effect`: a change elsewhere that cannot recognise a repetition;
    - `idempotency_key`: a change elsewhere that can: send the key along and simply repeat.
    """

    def __init__(
        self, *, kind: JobKind, kinds: JobKinds, tenant: JobTenant, context: Context, pulse: Pulse, heartbeat: Heartbeat
    ) -> None:
        self.kind = kind
        self.tenant = tenant
        self.context = context
        self._kinds = kinds
        self._pulse = pulse
        self._heartbeat = heartbeat
        self._claim = pulse.claim

    @property
    def id(self) -> UUID:
        """The job's id; the same in every attempt."""
        return self._claim.id

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the job was made with: plain JSON that fits the kind's schema."""
        return self._claim.arguments

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self._claim.attempts

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Tell how far the work is; people see it within seconds. Raises like `check_cancelled`."""
        self._pulse.progress = (done, total, message)
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Call it now and then in long work, outside transactions that must not be torn.

        Raises `Cancelled`, `Interrupted`, `TimedOut` or `LeaseLost`; let them pass, the runner knows what to do.
        """
        pulse = self._pulse
        if pulse.lost:
            raise LeaseLost()
        if self._heartbeat.is_overdue(pulse):
            raise TimedOut(seconds=int(self.kind.timeout.total_seconds()))
        if pulse.cancel_requested:
            raise Cancelled()
        if pulse.interrupted.is_set():
            raise Interrupted()

    def session(self, *, write: bool = True) -> AbstractContextManager[Any]:
        """A unit of work as the principal the job acts for."""
        return self.tenant.session(self.context, write=write)

    def idempotency_key(self, key: str = "") -> str:
        """A key that is the same in every attempt, for receivers that recognise repetitions; at most 200 characters."""
        return effects.effect_key(self._claim.effect_key or f"job:{self.id}", key)

    def first_time(self, connection: sa.Connection, key: str = "") -> bool:
        """Record in `connection`'s transaction that the effect takes place with it; False when it already has."""
        return effects.record_once(connection, self.idempotency_key(key), self.context.now(), job_id=self.id)

    @contextmanager
    def effect(self, key: str = "") -> Iterator[Effect]:
        """A transaction on the tenant's database that also records the effect: both happen, once, or neither.

            with job.effect("points") as effect:
                if effect.first:
                    effect.connection.execute(…)

        Raises like `check_cancelled` before it begins.
        """
        self.check_cancelled()
        with self.tenant.database.writing() as connection:
            yield Effect(connection, self.first_time(connection, key))

    @contextmanager
    def outside_effect(self, key: str = "") -> Iterator[bool]:
        """Guard something outside that must not be repeated and cannot recognise a repetition (a text message, a printed label).

            with job.outside_effect("sms") as first:
                if first:
                    modem.send(…)

        The beginning is recorded before, the end after. When work is cut off in between, or raises, the job ends dead with
        `EffectUncertain` and a person decides. Raise `EffectRefused` when it certainly did not take place: the job tries again.
        """
        self.check_cancelled()
        name, database = self.idempotency_key(key), self.tenant.database
        with database.writing() as connection:
            begun = effects.record_once(connection, name, self.context.now(), job_id=self.id, state="begun")
            known = None if begun else effects.state_of(connection, name)
        if known == "done":
            yield False
            return
        if known == "begun":
            raise EffectUncertain(key=key or self.kind.key)
        try:
            yield True
        except EffectRefused:
            database.run_in_transaction(lambda connection: effects.forget(connection, name))
            raise
        except Exception as error:
            raise EffectUncertain(key=key or self.kind.key) from error
        database.run_in_transaction(lambda connection: effects.mark_done(connection, name))

    def enqueue(
        self, connection: sa.Connection, kind: str, arguments: Mapping[str, Any], *, key: str, principal_id: UUID | None = None
    ) -> UUID:
        """Make a further job in `connection`'s transaction, once for `key` however often this one runs; its id."""
        effect_key, principal = self.idempotency_key(f"{kind}>{key}"), principal_id or self._claim.principal_id
        further = NewJob(self._kinds.get(kind), arguments, effect_key=effect_key, principal_id=principal)
        return enqueue(connection, further, self.context.now())
