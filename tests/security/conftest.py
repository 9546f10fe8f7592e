"""An empty tenant database, a clock that stands still, and a user directory in memory."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.ids import uuid7
from tessera.security.ports import UserRecord
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.tenant_database import TenantDatabase


class Users:
    """A directory of users in memory."""

    def __init__(self) -> None:
        self.by_id: dict[UUID, UserRecord] = {}

    def add(self, name: str, **changes: Any) -> UserRecord:
        values = {"id": uuid7(), "name": name, "login": f"{name.lower()}@example.com", "role": "member", "active": True}
        user = UserRecord(**{**values, **changes})
        self.by_id[user.id] = user
        return user

    def find(self, connection: sa.Connection, user_id: UUID) -> UserRecord | None:
        return self.by_id.get(user_id)


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def tenant_database(location: Any) -> Iterator[TenantDatabase]:
    """The database of a new tenant: system tables and nothing else."""
    engines = EngineRegistry()
    yield create_place(engines, "demo", location.url, location.schema)
    for thread in threading.enumerate():
        if thread.name == "last-use":
            thread.join()
    engines.dispose()
