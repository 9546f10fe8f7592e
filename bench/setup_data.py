"""Makes both databases and fills them: a tenant with the measured app, and the hand-written tables."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from bench import data
from bench.app_files import APP, MODULE, write_app
from bench.handwritten import SCHEMA as HANDWRITTEN
from bench.handwritten import metadata
from bench.product import TENANT, runtime_of, settings_of
from tessera.bootstrap.tenants import create_tenant
from tessera.storage.naming import schema_name
from tessera.storage.search import folded_search_text


def prepare(url: str, folder: Path, customers: int, *, extra_modules: int = 0, extra_fields: int = 0) -> None:
    """Drop what earlier runs left, make everything anew."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        for schema in (HANDWRITTEN, schema_name(TENANT)):
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.rmtree(folder / "apps", ignore_errors=True)
    write_app(folder, extra_modules=extra_modules, extra_fields=extra_fields)
    _prepare_product(url, plain, folder, customers)
    _prepare_handwritten(url, plain, customers)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def clean(url: str) -> None:
    """Take away what earlier runs created, so that kept data are the data again."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for schema, name in ((HANDWRITTEN, "customer"), (schema_name(TENANT), MODULE)):
            table = sql.SQL("{}.{}").format(sql.Identifier(schema), sql.Identifier(name))
            connection.execute(sql.SQL("DELETE FROM {} WHERE created_at > %s").format(table), (data.END,))
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(table))


def _prepare_product(url: str, plain: str, folder: Path, customers: int) -> None:
    settings = settings_of(url, folder)
    runtime = runtime_of(settings)
    create_tenant(settings, runtime, TENANT, "Bench", apps=["standard_crm", APP])
    runtime.control.engines.dispose()
    schema = sql.Identifier(schema_name(TENANT))
    with psycopg.connect(plain) as connection:
        users = sql.SQL("{}.{}").format(schema, sql.Identifier("user"))
        columns = ("id", "version", "created_at", "updated_at", "login", "name", "role", "active")
        data.copy_rows(connection, users, columns, _users())
        table = sql.SQL("{}.{}").format(schema, sql.Identifier(MODULE))
        rows = ((*row, folded_search_text(row[8])) for row in data.customers(customers))
        data.copy_rows(connection, table, (*data.COLUMNS, "search_text"), rows)
        _tokens(connection, schema)


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


def _prepare_handwritten(url: str, plain: str, customers: int) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {HANDWRITTEN}")
        metadata.create_all(connection)
    engine.dispose()
    schema = sql.Identifier(HANDWRITTEN)
    with psycopg.connect(plain) as connection:
        for number in range(data.OWNERS + 1):
            hashed = hashlib.sha256(data.token_of(number).encode()).hexdigest()
            statement = sql.SQL("INSERT INTO {}.token VALUES (%s, %s, %s)").format(schema)
            connection.execute(statement, (hashed, data.owner_id(number), number == 0))
        table = sql.SQL("{}.{}").format(schema, sql.Identifier("customer"))
        data.copy_rows(connection, table, data.COLUMNS, data.customers(customers))
