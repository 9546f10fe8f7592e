"""A tenant's own database: how everything above reads and writes it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import psycopg
import sqlalchemy as sa

from tessera.kernel.errors import Unavailable
from tessera.storage.hot import HotConnections
from tessera.storage.postgres_cursor import is_stale_plan
from tessera.storage.statements import CompiledStatement, render

T = TypeVar("T")

#: Seconds that a writer waits for the writers before it (SQLite has one at a time).
WRITE_WAIT = 10.0


class TenantDatabase:
    """The database of one tenant: a schema on PostgreSQL, a file on SQLite.

    `Table` objects carry no schema; connections from here put the tenant's own in. Ask an `EngineRegistry` for one.
    """

    def __init__(
        self,
        key: str,
        engine: sa.Engine,
        schema: str | None,
        *,
        hot: HotConnections | None = None,
        write_lock: "threading.Lock | None" = None,
    ) -> None:
        self.key = key
        self.schema = schema
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if engine.dialect.name == "sqlite" else "postgresql"
        # an option engine shares pool and statement cache with the others, and costs nothing per connection
        self.engine = engine.execution_options(schema_translate_map={None: schema}) if schema else engine
        self._hot = hot or HotConnections(engine)
        self._write_lock = write_lock

    def __repr__(self) -> str:
        return f"TenantDatabase({self.key!r}, {self.dialect}, schema={self.schema!r})"

    def is_on(self, engine: sa.Engine) -> bool:
        """Whether the tenant lives in the database of `engine`."""
        return self.engine.pool is engine.pool

    def forked(self) -> None:
        """In a forked process: the lock may have been held by a thread of the parent."""
        if self._write_lock is not None:
            self._write_lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection in autocommit: each statement sees what is committed at that moment.

        Raises `Unavailable` when the database is away.
        """
        with self._connected() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that commits at the end of the block and rolls back when the block raises.

        On SQLite it holds the file's write lock from the start (BEGIN IMMEDIATE), so nothing it has read can change.
        Raises `Unavailable` when that lock is not to be had in time.
        """
        with self._queue(), self._connected() as connection, self._transaction(connection):
            yield connection

    @contextmanager
    def altering(self, *, lock_wait_ms: int, foreign_keys: bool = True, check: Collection[str] = ()) -> Iterator[sa.Connection]:
        """Like `writing`, for changes to tables.

        PostgreSQL waits at most `lock_wait_ms` for each table (then SQLSTATE 55P03), so that no queue builds up behind it.
        SQLite replaces and drops tables only while `foreign_keys` do not act; those of the tables `check` are looked at
        before the commit.
        """
        if self.dialect == "postgresql" or foreign_keys:
            with self.writing() as connection:
                if self.dialect == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(lock_wait_ms)}")
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                yield connection
            return
        with self._queue(), self._connected() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            try:
                with self._transaction(connection):
                    yield connection
                    _check_foreign_keys(connection, check)
            finally:
                if not connection.invalidated:
                    connection.exec_driver_sql("PRAGMA foreign_keys=ON")

    def run_in_transaction(self, work: Callable[[sa.Connection], T], *, retries: int = 3) -> T:
        """`work(connection)` in a transaction, again when it lost a deadlock or a serialisation race. It must be repeatable."""
        for attempt in range(retries + 1):
            try:
                with self.writing() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as error:
                if attempt == retries or not is_transient(error):
                    raise
                time.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    @contextmanager
    def hot(self) -> Iterator[Any]:
        """This thread's own driver connection (psycopg or sqlite3) in autocommit, for statements made by `render`.

        It is not the connection of a `writing` block: inside one use `driver_connection(connection)`.
        """
        try:
            yield self._hot_connection()
        except (psycopg.Error, sqlite3.Error):
            self._hot.lost()
            raise

    def render(self, statement: sa.sql.ClauseElement) -> CompiledStatement:
        """`statement` as text for the driver, once and for all; keep the result."""
        return render(statement, self.engine.dialect, self.schema)

    def fetch_all(self, statement: CompiledStatement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Driver rows of a rendered read, in autocommit. A connection found dead is replaced once.

        Rows are as the driver gives them: apply `statement.rows` where Python values are wanted.
        """
        parameters = statement.bind(values)
        try:
            return self._fetch(statement.sql, parameters)
        except psycopg.Error:
            if not self._hot.lost():
                raise
            return self._fetch(statement.sql, parameters)

    def _fetch(self, text: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        connection = self._hot.connection()
        if self.dialect == "sqlite":
            return connection.execute(text, parameters).fetchall()  # type: ignore[no-any-return]
        # the binary form spares both sides the writing and reading of numbers and times as text
        return connection.execute(text, parameters, binary=True).fetchall()  # type: ignore[no-any-return]

    def fetch_one(self, statement: CompiledStatement, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first driver row of a rendered read, or None."""
        rows = self.fetch_all(statement, values)
        return rows[0] if rows else None

    def _connected(self) -> sa.Connection:
        """A connection from the pool; raises `Unavailable` when the database is away or everybody waits for it."""
        try:
            return self.engine.connect()
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            raise Unavailable("The database is not available for the moment. Try again.") from error

    def _hot_connection(self) -> Any:
        try:
            return self._hot.connection()
        except (sa.exc.OperationalError, sa.exc.TimeoutError, psycopg.OperationalError) as error:
            raise Unavailable("The database is not available for the moment. Try again.") from error

    @contextmanager
    def _transaction(self, connection: sa.Connection) -> Iterator[None]:
        self._begin(connection)
        raw: Any = connection.connection.dbapi_connection
        try:
            yield
            raw.commit()
        except BaseException:
            _roll_back(connection, raw)
            raise

    def _begin(self, connection: sa.Connection) -> None:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN")
        except sa.exc.OperationalError as error:
            if is_busy(error):
                raise Unavailable("The database is busy. Try again.") from error
            raise

    @contextmanager
    def _queue(self) -> Iterator[None]:
        if self._write_lock is None:
            yield
            return
        if not self._write_lock.acquire(timeout=WRITE_WAIT):
            raise Unavailable("The database is busy. Try again.")
        try:
            yield
        finally:
            self._write_lock.release()


def driver_connection(connection: sa.Connection) -> Any:
    """The psycopg or sqlite3 connection under `connection`, for rendered statements inside its transaction."""
    return connection.connection.dbapi_connection


def is_transient(error: sa.exc.DBAPIError) -> bool:
    """True for errors that vanish when the transaction is tried again."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {"40P01", "40001", "55P03"} or is_stale_plan(error.orig) or is_busy(error)


def is_busy(error: sa.exc.DBAPIError) -> bool:
    """True when SQLite could not get a lock in time."""
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


def _check_foreign_keys(connection: sa.Connection, tables: Collection[str]) -> None:
    for table in tables:
        quoted = connection.dialect.identifier_preparer.quote(table)
        if connection.exec_driver_sql(f"PRAGMA foreign_key_check({quoted})").first() is not None:
            error = sqlite3.IntegrityError(f"FOREIGN KEY constraint failed in {table}")
            raise sa.exc.IntegrityError("PRAGMA foreign_key_check", None, error)


def _roll_back(connection: sa.Connection, raw: Any) -> None:
    """Undo the open transaction; a connection that cannot even do that is thrown away."""
    try:
        if connection.invalidated:
            return
        raw.rollback()
    except (psycopg.Error, sqlite3.Error):
        connection.invalidate()
