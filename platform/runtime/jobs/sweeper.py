"""Looks after every tenant now and then, and when something is about to be due: nothing depends on anybody having been told."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from tessera.kernel.clock import Clock
from tessera.kernel.errors import NotFound
from tessera.runtime.jobs.ports import JobTenants
from tessera.runtime.jobs.queue import outlook
from tessera.runtime.jobs.recovery import LeaseWatch, pull_forward
from tessera.runtime.jobs.registry import JobKinds
from tessera.runtime.jobs.retention import tidy
from tessera.runtime.jobs.schedules import next_slot_at, run_due
from tessera.runtime.jobs.settings import JobSettings

log = structlog.get_logger(__name__)


class Sweeper:
    """Runs schedules, frees the jobs of dead workers, removes old rows, and wakes tenants that have work.

    Any number of processes may sweep the same tenants. `sweep` is one round; `start` makes a thread of it.
    """

    def __init__(
        self,
        tenants: JobTenants,
        kinds: JobKinds,
        clock: Clock,
        settings: JobSettings,
        wake: Callable[[str], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tenants = tenants
        self._kinds = kinds
        self._clock = clock
        self._settings = settings
        self._wake = wake
        self._monotonic = monotonic
        self._watches: dict[str, LeaseWatch] = {}
        self._tidied: dict[str, float] = {}
        self._due: dict[str, datetime] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Sweep in a thread of its own, at once and then every so often. Do it after any fork."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="job-sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop sweeping."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def expect(self, tenant: str, moment: datetime) -> None:
        """Look after `tenant` at `moment` at the latest."""
        with self._changed:
            known = self._due.get(tenant)
            if known is None or moment < known:
                self._due[tenant] = moment
                self._changed.notify_all()

    def sweep(self) -> None:
        """Look after every tenant."""
        for key in tuple(self._tenants.tenant_keys()):
            self._look_after_safely(key)

    def sweep_due(self) -> None:
        """Look after the tenants that have something due by now."""
        now = self._clock.now()
        with self._changed:
            due = [key for key, moment in self._due.items() if moment <= now]
        for key in due:
            self._look_after_safely(key)

    def look_after(self, key: str) -> None:
        """One tenant: schedules, lost jobs, old rows; wake it when there is work."""
        with self._changed:
            self._due.pop(key, None)
        try:
            database = self._tenants.tenant(key).database
        except NotFound:
            self._watches.pop(key, None)
            self._tidied.pop(key, None)
            return
        now = self._clock.now()
        run_due(database, self._kinds, now, self._settings.schedule_tolerance)
        self._watch(key).release_lost(database, now)
        self._tidy_now_and_then(key)
        with database.reading() as connection:
            queue, slot = outlook(connection, self._kinds, now), next_slot_at(connection, self._kinds, now)
        for moment in (queue.next_at, slot):
            if moment is not None:
                self.expect(key, moment)
        if queue.due:
            self._wake(key)

    def _look_after_safely(self, key: str) -> None:
        try:
            self.look_after(key)
        except Exception as error:  # one tenant's trouble is not the others'
            log.error("job.sweep_failed", tenant=key, exc_info=error)

    def _watch(self, key: str) -> LeaseWatch:
        if key not in self._watches:
            self._watches[key] = LeaseWatch(self._settings.lease, monotonic=self._monotonic)
        return self._watches[key]

    def _tidy_now_and_then(self, key: str) -> None:
        now = self._monotonic()
        if now - self._tidied.get(key, float("-inf")) < self._settings.tidy.total_seconds():
            return
        self._tidied[key] = now
        database = self._tenants.tenant(key).database
        with database.writing() as connection:
            pull_forward(connection, self._kinds, self._clock.now())
        tidy(database, self._clock.now(), self._settings)

    def _run(self) -> None:
        next_round = self._monotonic()
        while not self._stopping:
            if self._monotonic() >= next_round:
                self.sweep()
                next_round = self._monotonic() + self._settings.sweep.total_seconds()
            self.sweep_due()
            with self._changed:
                if not self._stopping:
                    self._changed.wait(max(0.01, min(next_round - self._monotonic(), self._until_due())))

    def _until_due(self) -> float:
        """Seconds until the next tenant has something due."""
        if not self._due:
            return float("inf")
        return (min(self._due.values()) - self._clock.now()).total_seconds()
