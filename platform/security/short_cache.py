"""What was just verified is not looked up again for a few seconds.

A revocation made in another process is therefore noticed after at most `seconds`; in its own process at once (`forget`).
"""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ShortCache(Generic[K, V]):
    """Values by key, good for `seconds` by the caller's clock; at most `size` of them. Safe to share between threads."""

    def __init__(self, *, seconds: float = 3.0, size: int = 10_000) -> None:
        self._life = timedelta(seconds=seconds)
        self._size = size
        self._entries: dict[K, tuple[datetime, V]] = {}
        self._lock = threading.Lock()
        self._generation = 0

    def get(self, key: K, now: datetime) -> V | None:
        """The value, if it was put within the last seconds. A clock that jumped back makes it stale, not eternal."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        age = now - entry[0]
        return entry[1] if timedelta(0) <= age < self._life else None

    def get_or(self, key: K, now: datetime, find: Callable[[], V]) -> V:
        """The value, or what `find` returns, which is kept unless something was forgotten while it was being found."""
        value = self.get(key, now)
        if value is not None:
            return value
        generation = self._generation
        value = find()
        with self._lock:
            if generation == self._generation:
                if len(self._entries) >= self._size:
                    self._entries.clear()
                self._entries[key] = (now, value)
        return value

    def forget(self, matches: Callable[[V], bool] | None = None) -> None:
        """Drop the values that match (default: all)."""
        with self._lock:
            self._generation += 1
            if matches is None:
                self._entries.clear()
            else:
                self._entries = {k: e for k, e in self._entries.items() if not matches(e[1])}
