"""Errors of the database and its driver, translated into ours where they are not faults of the program."""

import sqlite3

import psycopg
import sqlalchemy as sa

from tessera.api.errors import StorageFull
from tessera.kernel.errors import TesseraError, Unavailable
from tessera.storage.tenant_database import is_transient

#: PostgreSQL: no room (53100), too many connections (53300), shutting down (57P01 to 57P03), connection lost (08…).
_AWAY = ("53300", "57P01", "57P02", "57P03", "08")


def translated(error: Exception) -> TesseraError | None:
    """What to answer to a failure of the database; None when it is a fault of ours."""
    if isinstance(error, sa.exc.TimeoutError):
        return Unavailable()
    if isinstance(error, sa.exc.DBAPIError):
        if is_transient(error) or error.connection_invalidated:
            return Unavailable()
        return _of_driver(error.orig)
    return _of_driver(error) if isinstance(error, psycopg.Error | sqlite3.Error) else None


def _of_driver(error: BaseException | None) -> TesseraError | None:
    state = getattr(error, "sqlstate", None)
    name = getattr(error, "sqlite_errorname", "")
    if state == "53100" or name == "SQLITE_FULL":
        return StorageFull()
    if (state or "").startswith(_AWAY) or name in {
        "SQLITE_BUSY",
        "SQLITE_LOCKED",
        "SQLITE_IOERR",
        "SQLITE_CANTOPEN",
        "SQLITE_READONLY",
    }:
        return Unavailable()
    # a connection that could not be opened, or broke without a word from the server
    return Unavailable() if isinstance(error, psycopg.OperationalError) and state is None else None
