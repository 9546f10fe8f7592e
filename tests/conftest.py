"""Fixtures that every test may ask for.

`location` is a fresh, empty place for a tenant's data, once on SQLite and once on PostgreSQL; `database` the tenant database
in it. Servers come from `bin/test` through the environment; a bare `pytest` starts throwaway ones when a test first needs them.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tenant_database import TenantDatabase
from tests.support import services

pytest_plugins = ["tests.support.browser", "tests.support.features"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a tenant lives: an SQLAlchemy URL and, on PostgreSQL, the schema. The schema does not exist yet."""

    url: str
    schema: str | None = None

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.partition(":")[0].partition("+")[0]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL database to make schemas in."""
    given = os.environ.get(services.POSTGRES_VARIABLE)
    if given:
        yield given
        return
    with services.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis that this run has for itself (with pytest-xdist: shared by its workers)."""
    given = os.environ.get(services.REDIS_VARIABLE)
    if given:
        yield given
        return
    with services.redis() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str, worker_number: int) -> str:
    """A Redis database of this worker alone (numbers 1 to 15), so that flushing it disturbs nobody."""
    return f"{redis_server.rpartition('/')[0]}/{1 + worker_number % 15}"


@pytest.fixture(scope="session")
def worker_number() -> int:
    """Which of pytest-xdist's workers this is; 0 without."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture
def sqlite_location(tmp_path: Path) -> Location:
    """A file that does not exist yet."""
    return Location(f"sqlite:///{tmp_path / 'tenant.sqlite'}")


@pytest.fixture
def postgresql_location(postgres_url: str) -> Iterator[Location]:
    """A schema that does not exist yet; dropped afterwards with all that was made in it."""
    schema = f"t_{uuid.uuid4().hex[:16]}"
    yield Location(postgres_url, schema)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest) -> Location:
    """A fresh place for a tenant, on each kind of database in turn."""
    place: Location = request.getfixturevalue(f"{request.param}_location")
    return place


@pytest.fixture
def engines() -> Iterator[EngineRegistry]:
    """Where databases are opened; everything is closed after the test."""
    registry = EngineRegistry()
    yield registry
    registry.dispose()


@pytest.fixture
def database(engines: EngineRegistry, location: Location) -> TenantDatabase:
    """A tenant's database with the system tables and nothing else."""
    return create_place(engines, "test", location.url, location.schema)
