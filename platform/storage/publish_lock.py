"""One publish at a time per tenant, among all processes; a killed one lets go by itself."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tessera.kernel.errors import Unavailable
from tessera.storage.tenant_database import TenantDatabase


class PublishRunning(Unavailable):
    """Raised when another publish of the tenant does not end in time."""

    code = "publish_running"
    message = "Another publish of this tenant is running. Try again."


@contextmanager
def publish_lock(database: TenantDatabase, *, wait: float = 30.0) -> Iterator[None]:
    """Hold the tenant's publish lock; raises `PublishRunning` after `wait` seconds.

    On PostgreSQL an advisory lock on a connection that does nothing else, on SQLite a locked file beside the tenant's.
    """
    lock = _advisory_lock(database, wait) if database.dialect == "postgresql" else _file_lock(database, wait)
    with lock:
        yield


@contextmanager
def _advisory_lock(database: TenantDatabase, wait: float) -> Iterator[None]:
    name = {"name": f"publish/{database.schema}"}
    with database.engine.connect() as connection:
        ask = sa.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 7))")
        _poll(lambda: bool(connection.execute(ask, name).scalar()), wait)
        try:
            yield
        finally:
            if not connection.invalidated:
                connection.execute(sa.text("SELECT pg_advisory_unlock(hashtextextended(:name, 7))"), name)


@contextmanager
def _file_lock(database: TenantDatabase, wait: float) -> Iterator[None]:
    with Path(f"{database.engine.url.database}.publish-lock").open("wb") as file:

        def take() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _poll(take, wait)
        yield  # closing the file lets go


def _poll(take: Callable[[], bool], wait: float) -> None:
    end = time.monotonic() + wait
    while not take():
        if time.monotonic() > end:
            raise PublishRunning()
        time.sleep(0.05)
