"""What all tests of the API stand on."""

from collections.abc import Iterator
from typing import Any

import pytest

from tessera.kernel.clock import MovableClock
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tenant_database import TenantDatabase


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def tenant_database(location: Any) -> Iterator[TenantDatabase]:
    """The database of a new tenant: system tables and nothing else."""
    engines = EngineRegistry()
    yield create_place(engines, "demo", location.url, location.schema)
    engines.dispose()
