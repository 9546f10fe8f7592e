"""Driver connections for hot statements: one a thread, kept between requests, always in autocommit.

Checking a connection out of a pool costs more than a read by key takes on the server. A thread that reads therefore keeps
its connection; it goes back to the pool when the thread ends.
"""

import os
import threading
import weakref
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection


class _Held:
    """A thread's connection; returned to the pool when the thread, and with it this object, goes."""

    __slots__ = ("__weakref__", "fairy", "process", "raw")

    def __init__(self, fairy: PoolProxiedConnection) -> None:
        self.fairy = fairy
        self.raw: Any = fairy.dbapi_connection
        self.process = os.getpid()

    def close(self) -> None:
        if self.fairy.is_valid and self.process == os.getpid():  # what a fork inherits belongs to the parent
            self.fairy.close()

    def __del__(self) -> None:
        self.close()


class HotConnections:
    """The hot connections of one engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        self._all: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._lock = threading.Lock()

    def connection(self) -> Any:
        """This thread's driver connection (psycopg or sqlite3), in autocommit. Use it at once; never keep or close it."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None or not held.fairy.is_valid:
            held = _Held(self._engine.raw_connection())
            self._local.held = held
            with self._lock:
                self._all.add(held)
        return held.raw

    def lost(self) -> bool:
        """After an error: True when this thread's connection is broken. It is then dropped, and the next call opens another."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None or not getattr(held.raw, "closed", False):
            return False
        held.fairy.invalidate()
        self._local.held = None
        return True

    def release(self) -> None:
        """Give this thread's connection back."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None:
            self._local.held = None
            held.close()

    def abandon(self) -> object:
        """In a forked process: use none of the parent's connections. They live as long as what this returns does."""
        inherited, self._local, self._all, self._lock = list(self._all), threading.local(), weakref.WeakSet(), threading.Lock()
        return inherited

    def dispose(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            held, self._all = list(self._all), weakref.WeakSet()
        for one in held:
            if one.fairy.is_valid:
                one.fairy.invalidate()
