"""What all tests of pages over HTTP stand on: the shop of the API's tests, with pages instead of an API."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessera.storage.engines import EngineRegistry
from tests.api.service import Service, make_control
from tests.api.shop import SHOP
from tests.web.visitor import Shop, Visitor


@pytest.fixture
def shop(engines: EngineRegistry, location: Any, tmp_path: Path) -> Iterator[Shop]:
    """The shop with the people ann (administrator), mel and moe (members), all with passwords."""
    control, tenants = make_control(engines, location, tmp_path)
    service = Service(control, tenants, tmp_path, f"shop{uuid.uuid4().hex[:10]}")
    service.add_tenant(service.tenant, SHOP)
    for login in ("ann", "mel", "moe"):
        service.give_password(login)
    yield Shop(service)
    for thread in threading.enumerate():
        if thread.name == "last-use":
            thread.join()
    for tenant in control.tenants():
        control.drop(tenant.key)


@pytest.fixture
def ann(shop: Shop) -> Visitor:
    """The administrator, signed in."""
    return shop.visitor("ann")


@pytest.fixture
def mel(shop: Shop) -> Visitor:
    """A member, signed in."""
    return shop.visitor("mel")
