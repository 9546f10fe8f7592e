"""A few threads that give tenants their turns, one after the other, so that no tenant waits behind another's backlog."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from tessera.runtime.jobs.runner import Runner
from tessera.runtime.jobs.settings import JobSettings

log = structlog.get_logger(__name__)

#: What is left to handlers that were interrupted at the end of the grace.
LAST_MOMENTS = 3.0


class WorkerPool:
    """Tenants stand in line once each; a tenant whose turn is over while it has more to do goes to the end of the line.

    `next_due` hears when a tenant's next waiting job becomes due, `backlog` when there is more than this process has begun.
    """

    def __init__(
        self,
        runner: Runner,
        settings: JobSettings,
        *,
        next_due: Callable[[str, datetime], None] = lambda tenant, at: None,
        backlog: Callable[[str], None] = lambda tenant: None,
    ) -> None:
        self._runner = runner
        self._settings = settings
        self._next_due = next_due
        self._backlog = backlog
        self._line: dict[str, None] = {}  # in the order of arrival
        self._active: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads. Do it after any fork."""
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"job-slot-{number}", daemon=True) for number in range(self._settings.slots)
        ]
        for thread in self._threads:
            thread.start()

    def wake(self, tenant: str) -> None:
        """Put `tenant` in line unless it stands there."""
        with self._changed:
            self._line.setdefault(tenant)
            self._changed.notify_all()

    def wait_for_room(self, seconds: float) -> bool:
        """Wait until a thread is free and nobody stands in line; False after `seconds`, or when stopping."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping or self._has_room(), seconds) and not self._stopping

    def stop(self) -> None:
        """Begin nothing more; wait for what runs, then interrupt it at its next check."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._join(self._settings.stop_grace)
        self._runner.heartbeat.interrupt()
        self._join(timedelta(seconds=LAST_MOMENTS))

    def is_stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stopping

    def _has_room(self) -> bool:
        return not self._line and self._active.total() < self._settings.slots

    def _join(self, grace: timedelta) -> None:
        end = time.monotonic() + grace.total_seconds()
        for thread in self._threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _serve(self) -> None:
        while (tenant := self._next()) is not None:
            try:
                self._turn(tenant)
            except Exception as error:  # the database is away, a subscriber is broken …: the sweep will come back to it
                log.error("job.turn_failed", tenant=tenant, exc_info=error)
            finally:
                with self._changed:
                    self._active[tenant] -= 1
                    self._changed.notify_all()

    def _turn(self, tenant: str) -> None:
        def spread() -> None:
            self.wake(tenant)
            self._backlog(tenant)

        turn = self._runner.take_turn(tenant, stopping=self.is_stopping, spread=spread)
        if turn.more:
            self.wake(tenant)
        if turn.next_at is not None:
            self._next_due(tenant, turn.next_at)

    def _next(self) -> str | None:
        """The first in line that has not its share of threads already; None when stopping."""
        with self._changed:
            while not self._stopping:
                for tenant in self._line:
                    if self._active[tenant] < self._settings.slots_per_tenant:
                        del self._line[tenant]
                        self._active[tenant] += 1
                        return tenant
                self._changed.wait()
            return None
