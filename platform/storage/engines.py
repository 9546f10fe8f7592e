"""Engines by location: one pool for all tenants that live in one database, opened on first use.

Every connection stays in the driver's autocommit mode for its whole life. Reads therefore cost no BEGIN, COMMIT or ROLLBACK;
`TenantDatabase.writing` says BEGIN and COMMIT itself.
"""

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event

from tessera.expressions.sqlite import register_sqlite_functions
from tessera.kernel.errors import ConfigurationError
from tessera.storage.hot import HotConnections
from tessera.storage.postgres_cursor import FreshPlanCursor
from tessera.storage.tenant_database import TenantDatabase

#: Called with each new SQLite driver connection: registers functions, collations …
SqliteHook = Callable[[sqlite3.Connection], None]

BUSY_TIMEOUT_MS = 10_000
#: Seconds that a request waits for a free or a new connection, and that one statement may take (publishes have their own).
POOL_WAIT = 2
CONNECT_WAIT = 3
STATEMENT_LIMIT = 60
#: Seconds after which the server ends a transaction in which nothing happens.
IDLE_LIMIT = 300
_POSTGRESQL_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": f"{STATEMENT_LIMIT}s",
    "idle_in_transaction_session_timeout": f"{IDLE_LIMIT}s",
}
SUPPORTED = ("sqlite", "postgresql")


class Location:
    """One database that the process is connected to: its engine, its hot connections and, on SQLite, its write lock.

    The write lock queues the writers of this process in order; SQLite alone would let them poll and starve.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.hot = HotConnections(engine)
        self.write_lock = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._inherited: object = None

    def abandon(self) -> None:
        """In a forked process: leave the parent's connections alone, neither using nor closing them."""
        self._inherited = (self.engine.pool, self.hot.abandon())
        self.engine.dispose(close=False)
        if self.write_lock is not None:
            self.write_lock = threading.Lock()

    def dispose(self) -> None:
        """Close every connection."""
        self.hot.dispose()
        self.engine.dispose()


class EngineRegistry:
    """Opens databases. `locations` names the configured ones, so that no password has to stand in the control database.

    A SQLite location may contain `{tenant}`, which becomes the tenant's key: one file per tenant.
    `threads` is how many threads of the process touch databases; pools are sized for it. `sqlite_hooks` make SQLite know the
    functions that compiled statements call.
    """

    def __init__(
        self,
        locations: Mapping[str, str] | None = None,
        *,
        threads: int = 8,
        sqlite_hooks: Sequence[SqliteHook] = (register_sqlite_functions,),
    ) -> None:
        self.locations = dict(locations or {})
        self._threads = threads
        self._sqlite_hooks = tuple(sqlite_hooks)
        self._open: dict[str, Location] = {}
        self._databases: dict[tuple[str, str, str | None], TenantDatabase] = {}
        self._lock = threading.Lock()
        registry = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _abandon(registry))

    def url(self, location: str, key: str = "") -> str:
        """The database URL of a location name or URL, for the tenant `key`."""
        return self.locations.get(location, location).replace("{tenant}", key)

    def dialect_of(self, location: str) -> str:
        """`sqlite` or `postgresql`."""
        return _checked_url(self.url(location, "x")).get_backend_name()

    def location(self, location: str, key: str = "") -> Location:
        """The opened database of `location`, made on first use."""
        url = self.url(location, key)
        opened = self._open.get(url)
        if opened is None:
            with self._lock:
                opened = self._open.get(url)
                if opened is None:
                    opened = self._open[url] = Location(_create_engine(url, self._threads, self._sqlite_hooks))
        return opened

    def database(self, key: str, location: str, schema: str | None) -> TenantDatabase:
        """The database of the tenant `key`. `schema` is None on SQLite."""
        at = self.location(location, key)
        database = self._databases.get((key, location, schema))
        if database is None:
            with self._lock:
                database = self._databases.setdefault(
                    (key, location, schema), TenantDatabase(key, at.engine, schema, hot=at.hot, write_lock=at.write_lock)
                )
        return database

    def close(self, location: str, key: str = "") -> None:
        """Close the connections of one location, for instance before its file is deleted."""
        with self._lock:
            opened = self._open.pop(self.url(location, key), None)
            self._databases = {k: d for k, d in self._databases.items() if opened is None or not d.is_on(opened.engine)}
        if opened is not None:
            opened.dispose()

    def abandon(self) -> None:
        """In a forked process: open everything anew when it is needed."""
        self._lock = threading.Lock()
        for location in self._open.values():
            location.abandon()
        for database in self._databases.values():
            database.forked()

    def dispose(self) -> None:
        """Close everything."""
        with self._lock:
            opened, self._open, self._databases = list(self._open.values()), {}, {}
        for location in opened:
            location.dispose()


def _abandon(registry: "weakref.ref[EngineRegistry]") -> None:
    """A forked process (a job's, for one) opens connections of its own."""
    inherited = registry()
    if inherited is not None:
        inherited.abandon()


def _checked_url(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigurationError("A database location is not a URL.") from None
    if parsed.get_backend_name() not in SUPPORTED:
        raise ConfigurationError(
            "The database {name!r} is not supported; use sqlite or postgresql.", name=parsed.get_backend_name()
        )
    return parsed


def _create_engine(url: str, threads: int, sqlite_hooks: Sequence[SqliteHook]) -> sa.Engine:
    parsed = _checked_url(url)
    options: dict[str, Any] = {
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        # every thread keeps one hot connection, and may need one more for a transaction
        "pool_size": threads,
        "max_overflow": threads + 2,
        "pool_timeout": POOL_WAIT,
        "query_cache_size": 3000,
        "hide_parameters": True,
        "json_serializer": _dump_json,
        "json_deserializer": orjson.loads,
    }
    if parsed.get_backend_name() == "sqlite":
        return _create_sqlite_engine(parsed, options, sqlite_hooks)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    arguments = {
        "options": " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_SETTINGS.items()),
        "connect_timeout": CONNECT_WAIT,
        "application_name": "tessera",
        "cursor_factory": FreshPlanCursor,
    }
    return sa.create_engine(parsed, **options, use_native_hstore=False, pool_recycle=1800, connect_args=arguments)


def _create_sqlite_engine(url: sa.URL, options: dict[str, Any], hooks: Sequence[SqliteHook]) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError("A SQLite location must name a file.")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000, "cached_statements": 512}
    engine = sa.create_engine(url, **options, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.create_function("tessera_lower", 1, _lower, deterministic=True)
        for hook in hooks:
            hook(connection)

    return engine


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _dump_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
