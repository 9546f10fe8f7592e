"""Makes and removes the place a tenant lives in: a schema with the system tables, or a file with them."""

import logging
from pathlib import Path

import psycopg
import sqlalchemy as sa

from tessera.storage.engines import EngineRegistry
from tessera.storage.naming import schema_name
from tessera.storage.system_schema import TENANT_SCHEMA, lock, upgrade
from tessera.storage.tenant_database import TenantDatabase

log = logging.getLogger(__name__)

TRIGRAM_HINT = (
    "Extension pg_trgm is missing and this role may not create it: searches will scan. "
    "Let a superuser run: CREATE EXTENSION pg_trgm"
)


def create_place(engines: EngineRegistry, key: str, location: str, schema: str | None = None) -> TenantDatabase:
    """The empty database of a new tenant, with the system tables. Doing it twice is harmless.

    `schema` is the PostgreSQL schema (default: made from the key); SQLite has none.
    """
    dialect = engines.dialect_of(location)
    schema = (schema or schema_name(key)) if dialect == "postgresql" else None
    database = engines.database(key, location, schema)
    if schema is not None:
        _create_schema(database, schema)
    upgrade(database, TENANT_SCHEMA)
    return database


def drop_place(engines: EngineRegistry, database: TenantDatabase, location: str) -> None:
    """Delete a tenant's database with everything in it, for good."""
    if database.schema is not None:
        quoted = database.engine.dialect.identifier_preparer.quote(database.schema)
        with database.reading() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {quoted} CASCADE")
        return
    path = database.engine.url.database
    engines.close(location, database.key)
    if path:
        for suffix in ("", "-wal", "-shm", ".publish-lock"):
            Path(path + suffix).unlink(missing_ok=True)


def ensure_trigram(database: TenantDatabase) -> bool:
    """Make sure that PostgreSQL can index substrings; False (and a warning in the log) when it cannot."""
    with database.reading() as connection:
        if has_trigram(connection):
            return True
    try:
        with database.writing() as connection:
            lock(connection, "create extension")
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public")
    except sa.exc.DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):  # a process of another program made it at the same moment
            return True
        log.warning(TRIGRAM_HINT)
        return False
    return True


def has_trigram(connection: sa.Connection) -> bool:
    """Whether the extension pg_trgm is there."""
    return connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").first() is not None


def _create_schema(database: TenantDatabase, schema: str) -> None:
    quoted = database.engine.dialect.identifier_preparer.quote(schema)
    ensure_trigram(database)
    with database.writing() as connection:
        lock(connection, "create schema")
        # on Citus the schema becomes a distributed one; plain PostgreSQL takes the setting and ignores it
        connection.exec_driver_sql("SET LOCAL citus.enable_schema_based_sharding = on")
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
