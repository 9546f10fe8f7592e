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

#: Seconds that a tenant rests after a turn that left nothing to do: what is announced meanwhile is then taken up together,
#: and a burst of saves is not followed by as many looks into the outbox.
REST = 0.05

#: How many times as many threads as there are slots may be started in place of ones that hang.
MOST_REPLACEMENTS = 3


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
        self._rested: dict[str, float] = {}  # when a tenant's rest is over
        self._changed = threading.Condition()
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self._serving: dict[int, str] = {}  # by thread: the tenant whose turn it is
        self._written_off = 0
        runner.heartbeat.stuck = self.replace

    def start(self) -> None:
        """Start the threads. Do it after any fork."""
        self._stopping = False
        self._threads = []
        for _ in range(self._settings.slots):
            self._start_thread()

    def wake(self, tenant: str) -> None:
        """Put `tenant` in line unless it stands there."""
        with self._changed:
            self._line.setdefault(tenant)
            self._changed.notify_all()

    def replace(self, thread: int) -> None:
        """Write `thread` off, whose handler hangs, and start another in its place; not without end, since it holds resources."""
        with self._changed:
            tenant = self._serving.pop(thread, None)
            if tenant is None or self._stopping:
                return
            self._active[tenant] -= 1
            self._written_off += 1
            if self._written_off <= self._settings.slots * MOST_REPLACEMENTS:
                self._start_thread()
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

    def _is_over(self) -> bool:
        """Whether this thread shall begin nothing more."""
        return self._stopping or threading.get_ident() not in self._serving

    def _has_room(self) -> bool:
        return not self._line and self._active.total() < self._settings.slots

    def _join(self, grace: timedelta) -> None:
        end = time.monotonic() + grace.total_seconds()
        for thread in self._threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._serve, name=f"job-slot-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while (tenant := self._next()) is not None:
            try:
                self._turn(tenant)
            except Exception as error:  # the database is away …: the sweep will come back to it
                log.error("job.turn_failed", tenant=tenant, exc_info=error)
            if not self._turn_is_over():
                return

    def _turn_is_over(self) -> bool:
        """Note the end of this thread's turn; False when it was written off meanwhile and another is in its place."""
        with self._changed:
            tenant = self._serving.pop(threading.get_ident(), None)
            if tenant is None:
                return False
            self._active[tenant] -= 1
            self._changed.notify_all()
            return True

    def _turn(self, tenant: str) -> None:
        def spread() -> None:
            self.wake(tenant)
            self._backlog(tenant)

        turn = self._runner.take_turn(tenant, stopping=self._is_over, spread=spread)
        if turn.more:
            self.wake(tenant)
        else:
            with self._changed:
                self._rested[tenant] = time.monotonic() + REST
        if turn.next_at is not None:
            self._next_due(tenant, turn.next_at)

    def _next(self) -> str | None:
        """The first in line that rests no longer and has not its share of threads already; None when stopping."""
        with self._changed:
            while not self._stopping:
                now, pause = time.monotonic(), None
                for tenant in self._line:
                    if self._active[tenant] >= self._settings.slots_per_tenant:
                        continue
                    rest = self._rested.get(tenant, now) - now
                    if rest <= 0:
                        del self._line[tenant]
                        self._rested.pop(tenant, None)
                        self._active[tenant] += 1
                        self._serving[threading.get_ident()] = tenant
                        return tenant
                    pause = rest if pause is None else min(pause, rest)
                self._changed.wait(pause)
            return None
