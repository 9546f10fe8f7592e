"""The workshop on each kind of database, worked on through the record service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import SYSTEM, Context
from tessera.kernel.events import EventBus
from tessera.metadata.definitions import Definitions
from tessera.runtime.compile import compile_catalog
from tessera.runtime.computed.recompute import Report, recompute
from tessera.runtime.files.store import FileStore
from tessera.runtime.model import Catalog
from tessera.runtime.services import RuntimeServices
from tessera.runtime.session import Session
from tessera.security.policy import BasicPolicy
from tessera.storage.system_tables import metadata_version
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.computed.workshop import WORKSHOP


@dataclass
class Workshop:
    database: TenantDatabase
    catalog: Catalog
    services: RuntimeServices
    clock: MovableClock = field(default_factory=MovableClock)

    @contextmanager
    def session(self, *, write: bool = True) -> Iterator[Session]:
        opened = self.database.writing() if write else self.database.reading()
        with opened as connection:
            session = Session(
                context=Context(tenant="test", principal=SYSTEM, clock=self.clock),
                catalog=self.catalog,
                database=self.database,
                connection=connection,
                policy=BasicPolicy(),
                services=self.services,
                events=EventBus(),
                write=write,
            )
            yield session
            if write:
                session.flush()

    def create(self, module: str, **values: Any) -> UUID:
        with self.session() as session:
            found: UUID = session.records.create(module, values)["id"]
            return found

    def update(self, module: str, record_id: UUID, **values: Any) -> None:
        with self.session() as session:
            session.records.update(module, record_id, values)

    def delete(self, module: str, record_id: UUID) -> None:
        with self.session() as session:
            session.records.delete(module, record_id)

    def restore(self, module: str, record_id: UUID) -> None:
        with self.session() as session:
            session.records.restore(module, record_id)

    def values(self, module: str, record_id: UUID, *names: str) -> Any:
        """What stands in the columns: one value for one name, otherwise a tuple."""
        table = self.catalog.table_of(module).table
        with self.database.reading() as connection:
            row = connection.execute(sa.select(*(table.c[name] for name in names)).where(table.c.id == record_id)).one()
        return row[0] if len(names) == 1 else tuple(row)

    def order(self, customer: UUID | None = None, *, lines: list[tuple[UUID, str]] = (), **values: Any) -> UUID:  # type: ignore[assignment]
        given = [{"product": str(product), "quantity": quantity} for product, quantity in lines]
        return self.create("sales_order", customer=str(customer) if customer else None, lines=given, **values)

    def recompute(self, module: str | None = None) -> Report:
        return recompute(self.database, self.catalog, now=self.clock.now(), module=module)


@pytest.fixture
def open_workshop(database: TenantDatabase, tmp_path: Path) -> Callable[[Definitions], Workshop]:
    """Compiles definitions and makes their tables."""

    def opened(definitions: Definitions) -> Workshop:
        catalog = compile_catalog(definitions, 1)
        made = Workshop(database, catalog, RuntimeServices(files=FileStore(tmp_path / "files")))
        version = {
            "version": 1,
            "state": "active",
            "documents": {},
            "tables": [],
            "plan": [],
            "checksum": "",
            "created_by": "test",
        }
        with database.writing() as connection:
            catalog.module("user").table.metadata.create_all(connection)
            for module in catalog.modules.values():
                if database.dialect == "sqlite" and module.table.info.get("searchable"):
                    connection.exec_driver_sql(
                        f'CREATE VIRTUAL TABLE "{module.key}__fts" USING fts5(search_text, tokenize="trigram")'
                    )
            connection.execute(metadata_version.insert(), {**version, "created_at": made.clock.now()})
        return made

    return opened


@pytest.fixture
def workshop(open_workshop: Callable[[Definitions], Workshop]) -> Workshop:
    return open_workshop(WORKSHOP)


@pytest.fixture
def tea(workshop: Workshop) -> UUID:
    return workshop.create("product", name="Tea", price="10")


def D(text: str) -> Decimal:
    return Decimal(text)
