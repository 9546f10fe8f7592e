"""What all tests of the API stand on."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessera.kernel.clock import MovableClock
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tenant_database import TenantDatabase
from tests.api.service import Caller, Service, make_control
from tests.api.shop import SHOP


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def tenant_database(engines: EngineRegistry, location: Any) -> TenantDatabase:
    """The database of a new tenant: system tables and nothing else."""
    return create_place(engines, "demo", location.url, location.schema)


@pytest.fixture
def service(engines: EngineRegistry, location: Any, tmp_path: Path) -> Iterator[Service]:
    """The shop, with the people ann (administrator), mel and moe (members)."""
    control, tenants = make_control(engines, location, tmp_path)
    made = Service(control, tenants, tmp_path, f"shop{uuid.uuid4().hex[:10]}")
    made.add_tenant(made.tenant, SHOP)
    yield made
    for thread in threading.enumerate():
        if thread.name == "last-use":
            thread.join()
    for tenant in control.tenants():
        control.drop(tenant.key)


@pytest.fixture
def ann(service: Service) -> Caller:
    return service.caller("ann")


@pytest.fixture
def mel(service: Service) -> Caller:
    return service.caller("mel")
