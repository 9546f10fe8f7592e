"""A tenant of the trading company on each kind of database, with an administrator and two members."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import SYSTEM, Context, Principal
from tessera.kernel.events import EventBus
from tessera.runtime.compile import compile_catalog
from tessera.runtime.files.store import FileStore
from tessera.runtime.model import Catalog
from tessera.runtime.services import RuntimeServices
from tessera.runtime.session import Session
from tessera.security.policy import BasicPolicy
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.records.trading import TRADING
from tests.support.tables import publish_tables


@dataclass
class Company:
    """The tenant: `ann` administers, `mel` and `moe` are members."""

    database: TenantDatabase
    catalog: Catalog
    services: RuntimeServices
    clock: MovableClock = field(default_factory=MovableClock)
    people: dict[str, Principal] = field(default_factory=dict)
    policy: Any = field(default_factory=BasicPolicy)

    def context(self, who: str | None = None) -> Context:
        principal = self.people[who] if who else SYSTEM
        return Context(tenant="test", principal=principal, clock=self.clock)

    @contextmanager
    def session(self, who: str | None = "ann", *, write: bool = True) -> Iterator[Session]:
        opened = self.database.writing() if write else self.database.reading()
        with opened as connection:
            session = Session(
                context=self.context(who),
                catalog=self.catalog,
                database=self.database,
                connection=connection,
                policy=self.policy,
                services=self.services,
                events=EventBus(),
                write=write,
            )
            yield session
            if write:
                session.flush()
        session.committed()

    def create(self, module: str, who: str = "ann", **values: Any) -> dict[str, Any]:
        with self.session(who) as session:
            return session.records.create(module, values)

    def get(self, module: str, record_id: UUID, who: str = "ann") -> dict[str, Any]:
        with self.session(who, write=False) as session:
            return session.records.get(module, record_id)


@pytest.fixture
def catalog() -> Catalog:
    return compile_catalog(TRADING, 1)


@pytest.fixture
def company(database: TenantDatabase, catalog: Catalog, tmp_path: Path) -> Company:
    made = Company(database, catalog, RuntimeServices(files=FileStore(tmp_path / "files")))
    publish_tables(database, catalog.specs())
    with made.session(None) as session:
        for login, role in (("ann", "administrator"), ("mel", "member"), ("moe", "member")):
            row = session.records.create("user", {"login": login, "name": login.title(), "role": role})
            made.people[login] = Principal(id=row["id"], name=row["name"], role=role, login=login)
    return made
