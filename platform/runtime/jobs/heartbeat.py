"""Signs of life for the jobs that run in this process, and the way progress and cancelling travel while a handler works.

A handler may be in the middle of a transaction (on SQLite: hold the only write lock), so it never writes its own progress; it
leaves it in a `Pulse`, and one thread of the process writes it down together with the lease.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from tessera.kernel.clock import Clock
from tessera.kernel.errors import Unavailable
from tessera.runtime.jobs.queue import Claim
from tessera.runtime.jobs.settings import JobSettings
from tessera.storage.system_tables import job
from tessera.storage.tenant_database import TenantDatabase

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Pulse:
    """What a handler and the heartbeat tell each other. Times are of the monotonic clock, in seconds."""

    claim: Claim
    database: TenantDatabase
    deadline: float
    renewed: float
    progress: tuple[int, int | None, str] = (0, None, "")
    written: tuple[int, int | None, str] = (0, None, "")
    cancel_requested: bool = False
    lost: bool = False
    interrupted: threading.Event = field(default_factory=threading.Event)
    thread: int = field(default_factory=threading.get_ident)
    written_off: bool = False


class Heartbeat:
    """Extends the leases of running jobs until their time is used up. `beat` is one round; `start` makes a thread of it."""

    #: Hears of each thread (its ident) whose handler is overdue by more than a lease: nobody waits for it any longer.
    stuck: Callable[[int], None] = staticmethod(lambda thread: None)

    def __init__(self, clock: Clock, settings: JobSettings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._settings = settings
        self._monotonic = monotonic
        self._pulses: set[Pulse] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Beat in a thread of its own."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="job-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop beating."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def begin(self, claim: Claim, database: TenantDatabase, seconds: float) -> Pulse:
        """Keep the lease of `claim` for at most `seconds`."""
        now = self._monotonic()
        pulse = Pulse(claim, database, deadline=now + seconds, renewed=now)
        with self._lock:
            self._pulses.add(pulse)
        return pulse

    def end(self, pulse: Pulse) -> None:
        """The handler has ended."""
        with self._lock:
            self._pulses.discard(pulse)

    def is_overdue(self, pulse: Pulse) -> bool:
        """True when the attempt's time is used up."""
        return self._monotonic() >= pulse.deadline

    def interrupt(self) -> None:
        """Ask every running handler to stop at its next check."""
        for pulse in self.running():
            pulse.interrupted.set()

    def running(self) -> tuple[Pulse, ...]:
        """The jobs that run now."""
        with self._lock:
            return tuple(self._pulses)

    def beat(self) -> None:
        """One round over the running jobs. A database that is away or busy is tried again at the next round."""
        for pulse in self.running():
            self._write_off(pulse)
            try:
                self._beat(pulse)
            except (sa.exc.SQLAlchemyError, Unavailable) as error:
                log.warning("job.heartbeat_failed", job=str(pulse.claim.id), error=type(error).__name__)

    def _write_off(self, pulse: Pulse) -> None:
        if not pulse.written_off and self._monotonic() >= pulse.deadline + self._settings.lease.total_seconds():
            pulse.written_off = True
            log.error("job.stuck", job=str(pulse.claim.id), kind=pulse.claim.kind)
            self.stuck(pulse.thread)

    def _beat(self, pulse: Pulse) -> None:
        """Look for a cancel; write only when there is progress to tell or a third of the lease has gone."""
        progress = pulse.progress
        elapsed = self._monotonic() - pulse.renewed
        overdue = self.is_overdue(pulse)
        if overdue or (progress == pulse.written and elapsed < self._settings.lease.total_seconds() / 3):
            with pulse.database.reading() as connection:
                row = connection.execute(sa.select(job.c.cancel_requested).where(pulse.claim.held())).first()
        else:
            done, total, message = progress
            until = self._clock.now() + self._settings.lease
            renew = job.update().where(pulse.claim.held()).values(claimed_until=until).returning(job.c.cancel_requested)
            with pulse.database.writing() as connection:
                row = connection.execute(renew.values(progress=done, total=total, message=message)).first()
            pulse.written, pulse.renewed = progress, self._monotonic()
        if row is None:
            pulse.lost = True
        else:
            pulse.cancel_requested = bool(row[0])

    def _run(self) -> None:
        while not self._stop.wait(self._settings.heartbeat.total_seconds()):
            self.beat()
