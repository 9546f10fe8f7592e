"""Rate limits that hold across processes and cost nothing on most requests.

Time is cut into windows of a minute. A key (a token, an address) may be used so often a window; the count is kept in a store
that all processes share. A process takes a *lease* of several uses at once and spends it in memory, so that one request in some
dozens asks the store. What is left of a lease at the end of its window is lost: a limit is never exceeded, and may be missed by
a lease.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tessera.kernel.errors import TooManyRequests, Unavailable
from tessera.storage.system_tables import rate_limit
from tessera.storage.tenant_database import TenantDatabase

WINDOW: Final = 60
#: A lease is this part of the limit: twenty questions a minute and process at most.
LEASES: Final = 20
_MOST_KEYS: Final = 50_000
_log = logging.getLogger(__name__)


class StoreAway(Exception):
    """Raised by a store that cannot count for the moment."""


class LeaseStore(Protocol):
    """The shared count. Both methods may raise `StoreAway`."""

    def take(self, key: str, window: int, uses: int) -> int:
        """Count `uses` more of `key` in `window`; returns the count before them."""
        ...

    def sweep(self, window: int) -> None:
        """Drop what was counted in windows before `window`."""
        ...


class ControlStore:
    """Counts in the control database."""

    def __init__(self, database: TenantDatabase) -> None:
        self._database = database
        insert = postgresql.insert if database.dialect == "postgresql" else sqlite.insert
        statement = insert(rate_limit).values(key=sa.bindparam("k"), window=sa.bindparam("w"), used=sa.bindparam("n"))
        c = rate_limit.c
        self._take = statement.on_conflict_do_update(
            index_elements=[c.key],
            set_={
                "window": statement.excluded.window,
                "used": sa.case((c.window == statement.excluded.window, c.used), else_=0) + statement.excluded.used,
            },
        ).returning(c.used)

    def take(self, key: str, window: int, uses: int) -> int:
        try:
            with self._database.writing() as connection:
                used = connection.execute(self._take, {"k": key, "w": window, "n": uses}).scalar_one()
        except (sa.exc.SQLAlchemyError, Unavailable) as error:
            raise StoreAway() from error
        return int(used) - uses

    def sweep(self, window: int) -> None:
        try:
            with self._database.writing() as connection:
                connection.execute(sa.delete(rate_limit).where(rate_limit.c.window < window))
        except (sa.exc.SQLAlchemyError, Unavailable) as error:
            raise StoreAway() from error


class MemoryStore:
    """Counts in this process alone: for one process, and for tests."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def take(self, key: str, window: int, uses: int) -> int:
        with self._lock:
            before = self._used.get((key, window), 0)
            self._used[key, window] = before + uses
        return before

    def sweep(self, window: int) -> None:
        with self._lock:
            self._used = {known: used for known, used in self._used.items() if known[1] >= window}


@dataclass(slots=True)
class _Lease:
    """What a process holds of a key: uses left to spend in the window, and how many nobody had taken yet."""

    window: int
    left: int
    untaken: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after a use. `remaining` is this process's estimate; `reset` in whole seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The RateLimit headers."""
        return (
            ("RateLimit-Limit", str(self.limit)),
            ("RateLimit-Remaining", str(self.remaining)),
            ("RateLimit-Reset", str(self.reset)),
        )


class RateLimitReached(TooManyRequests):
    """Raised when a key has no uses left in this window; carries the allowance for the headers."""

    code = "rate_limited"

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        super().__init__(retry_after=allowance.reset)


class RateLimiter:
    """One limit, `limit` uses a minute for each key; 0 for none.

    While the store is away a limit that is `open_on_failure` lets everybody through (reading goes on); any other raises
    `Unavailable` (nobody guesses passwords uncounted).
    """

    def __init__(self, store: LeaseStore, limit: int, *, now: Callable[[], datetime], open_on_failure: bool = True) -> None:
        self._store = store
        self.limit = limit
        self._now = now
        self._open_on_failure = open_on_failure
        self._leases: dict[str, _Lease] = {}
        self._lock = threading.Lock()
        self._swept = 0

    def use(self, key: str) -> Allowance | None:
        """Count one use of `key`; None when there is no limit. Raises `RateLimitReached`."""
        if not self.limit:
            return None
        second = int(self._now().timestamp())
        window = second // WINDOW
        with self._lock:
            lease = self._leases.get(key)
            if lease is not None and lease.window == window and lease.left:
                lease.left -= 1
                return self._allowance(lease, second)
            spent = lease is not None and lease.window == window and not lease.untaken
        if lease is None or not spent:
            try:
                lease = self._renew(key, window)
            except StoreAway as error:
                if self._open_on_failure:
                    _log.warning("a rate limit is not held: its store is away", exc_info=error)
                    return None
                raise Unavailable() from error
        with self._lock:
            if not lease.left:
                raise RateLimitReached(self._allowance(lease, second))
            lease.left -= 1
            return self._allowance(lease, second)

    def _renew(self, key: str, window: int) -> _Lease:
        """Take another lease from the store (outside the lock: other keys need not wait for it)."""
        size = max(1, self.limit // LEASES)
        before = self._store.take(key, window, size)
        taken = _Lease(window, max(0, min(size, self.limit - before)), max(0, self.limit - before - size))
        with self._lock:
            if len(self._leases) >= _MOST_KEYS:
                self._leases = {k: one for k, one in self._leases.items() if one.window == window}
            known = self._leases.get(key)
            if known is not None and known.window == window:
                known.left += taken.left
                known.untaken = min(known.untaken, taken.untaken)
                taken = known
            else:
                self._leases[key] = taken
            sweep_due, self._swept = window - self._swept >= WINDOW, max(self._swept, window)
        if sweep_due:
            self._store.sweep(window)
        return taken

    def _allowance(self, lease: _Lease, second: int) -> Allowance:
        return Allowance(self.limit, lease.left + lease.untaken, WINDOW - second % WINDOW)


def address_key(address: str | None) -> str:
    """What stands for a network address: an IPv6 customer has a whole /64, which counts as one."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return ":".join(parsed.exploded.split(":")[:4])
    return str(parsed)
