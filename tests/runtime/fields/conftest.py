"""A database of each kind for the whole session, and the case of each type."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tenant_database import TenantDatabase


@pytest.fixture(scope="session")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenantDatabase]:
    engines = EngineRegistry()
    folder: Path = tmp_path_factory.mktemp("fields")
    yield create_place(engines, "fields", f"sqlite:///{folder / 'fields.sqlite'}")
    engines.dispose()


@pytest.fixture(scope="session")
def postgresql_place(postgres_url: str) -> Iterator[TenantDatabase]:
    engines = EngineRegistry()
    schema = f"t_{uuid4().hex[:16]}"
    yield create_place(engines, "fields", postgres_url, schema)
    engines.dispose()
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> TenantDatabase:
    """A database that lasts for the whole session; tests make tables of their own in it."""
    database: TenantDatabase = request.getfixturevalue(f"{request.param}_place")
    return database
