"""Makes both databases and fills them: the product's schemas, and the hand-written ones."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from bench import data
from bench.model import definitions
from bench.product import CONTROL_SCHEMA, TENANT, runtime
from tessera.runtime.compile import compile_catalog
from tessera.storage.ddl import Ddl
from tessera.storage.naming import schema_name
from tessera.storage.provision import ensure_trigram
from tessera.storage.search import folded_search_text
from tessera.storage.tenant_database import TenantDatabase

HANDWRITTEN_SCHEMA = "bench_handwritten"


def prepare(url: str, folder: Path, customers: int) -> None:
    """Drop what earlier runs left, make everything anew."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        for schema in (HANDWRITTEN_SCHEMA, CONTROL_SCHEMA, schema_name(TENANT)):
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    _prepare_product(url, plain, folder, customers)
    _prepare_handwritten(url, plain, customers)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _prepare_product(url: str, plain: str, folder: Path, customers: int) -> None:
    made = runtime(url, folder)
    made.control.prepare()
    database = made.control.create(TENANT, "Bench", url)
    catalog = compile_catalog(definitions(), 1)
    ensure_trigram(database)
    ddl = Ddl(database.engine.dialect, database.schema)
    with database.writing() as connection:
        for spec in catalog.specs():
            connection.exec_driver_sql(ddl.create_table(spec))
    schema = sql.Identifier(schema_name(TENANT))
    with psycopg.connect(plain) as connection:
        users = sql.SQL("{}.{}").format(schema, sql.Identifier("user"))
        columns = ("id", "version", "created_at", "updated_at", "login", "name", "role", "active")
        data.copy_rows(connection, users, columns, _users())
        table = sql.SQL("{}.{}").format(schema, sql.Identifier("customer"))
        rows = ((*row, folded_search_text(row[8])) for row in data.customers(customers))
        data.copy_rows(connection, table, (*data.COLUMNS, "search_text"), rows)
        _tokens(connection, schema)
    with database.writing() as connection:
        for spec in catalog.specs():
            for index in spec.indexes:
                for text in ddl.create_index(spec.name, index):
                    connection.exec_driver_sql(text)
            for column in spec.columns:
                if column.references:
                    connection.exec_driver_sql(ddl.add_foreign_key(spec.name, column, valid=True))
        _active_version(connection)
    made.control.set_version(TENANT, 1)
    made.control.set_state(TENANT, "active")
    made.control.engines.dispose()


def _users() -> Iterator[tuple[Any, ...]]:
    for number in range(data.OWNERS + 1):
        role = "member" if number else "administrator"
        yield data.owner_id(number), 1, data.START, data.START, f"user{number}", f"User {number}", role, True


def _tokens(connection: psycopg.Connection[Any], schema: sql.Identifier) -> None:
    statement = sql.SQL(
        "INSERT INTO {}.sys_token (id, token_hash, user_id, name, scopes, created_at) VALUES (%s, %s, %s, 'bench', %s, %s)"
    ).format(schema)
    for number in range(data.OWNERS + 1):
        hashed = hashlib.sha256(data.token_of(number).encode()).hexdigest()
        scopes = '{"modules": "*", "actions": "*"}'
        connection.execute(statement, (data.identifier(2, number), hashed, data.owner_id(number), scopes, data.START))


def _active_version(connection: sa.Connection) -> None:
    from tessera.storage.system_tables import metadata_version

    connection.execute(
        metadata_version.insert(),
        {
            "version": 1, "state": "active", "documents": {}, "tables": [], "plan": [], "checksum": "", "created_at": data.START,
            "created_by": "bench",
        },
    )  # fmt: skip


def _prepare_handwritten(url: str, plain: str, customers: int) -> None:
    from bench.handwritten import metadata

    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {HANDWRITTEN_SCHEMA}")
        metadata.create_all(connection)
    engine.dispose()
    schema = sql.Identifier(HANDWRITTEN_SCHEMA)
    with psycopg.connect(plain) as connection:
        for number in range(data.OWNERS + 1):
            hashed = hashlib.sha256(data.token_of(number).encode()).hexdigest()
            statement = sql.SQL("INSERT INTO {}.token VALUES (%s, %s, %s)").format(schema)
            connection.execute(statement, (hashed, data.owner_id(number), number == 0))
        table = sql.SQL("{}.{}").format(schema, sql.Identifier("customer"))
        data.copy_rows(connection, table, data.COLUMNS, data.customers(customers))


def database_of(url: str, folder: Path) -> TenantDatabase:
    """The product's tenant database."""
    return runtime(url, folder).tenant(TENANT).database
