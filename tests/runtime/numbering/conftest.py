"""A tenant with modules that number their records, on each kind of database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import SYSTEM, Context
from tessera.kernel.events import EventBus
from tessera.metadata.definitions import Definitions, FieldDefinition, ModuleDefinition
from tessera.runtime.compile import compile_catalog
from tessera.runtime.files.store import FileStore
from tessera.runtime.model import Catalog
from tessera.runtime.services import RuntimeServices
from tessera.runtime.session import Session
from tessera.security.policy import BasicPolicy
from tessera.storage.system_tables import metadata_version
from tessera.storage.tenant_database import TenantDatabase


def module(key: str, *fields: FieldDefinition) -> ModuleDefinition:
    return ModuleDefinition(key=key, label=key, label_plural=key, title_field="number", fields={f.key: f for f in fields})


def number(*, unique: bool = False, **options: Any) -> FieldDefinition:
    return FieldDefinition(key="number", type="sequence", label="Number", unique=unique, options=options)


def text(key: str, **common: Any) -> FieldDefinition:
    return FieldDefinition(key=key, type="text", label=key.capitalize(), **common)


LINE_NUMBER = FieldDefinition(key="line_number", type="sequence", label="Line number", options={"scheme": "L{0000}"})
ORDER_LINES = FieldDefinition(key="lines", type="lines", label="Lines", fields={"note": text("note"), "line_number": LINE_NUMBER})
DEFINITIONS = Definitions(
    modules={
        m.key: m
        for m in (
            ModuleDefinition(key="user", label="User", label_plural="Users", fields={"name": text("name")}),
            module("order", number(scheme="SO-{YYYYMM}-{0000}", unique=True), text("note", required=True), ORDER_LINES),
            module("invoice", number(scheme="F{YYYY}/{00000}", gap_free=True, unique=True), text("note", required=True)),
            module("article", number(scheme="A{000}", start=5, manual=True, unique=True), text("note")),
            module("ticket", number(scheme="{field:branch}-{000}"), text("branch", required=True)),
        )
    },
    settings={"core.timezone": "Asia/Shanghai"},
)


@dataclass
class Company:
    """The tenant; its clock stands at noon of 2026-01-15, UTC."""

    database: TenantDatabase
    catalog: Catalog
    services: RuntimeServices
    clock: MovableClock = field(default_factory=MovableClock)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.database.writing() as connection:
            session = Session(
                context=Context(tenant="test", principal=SYSTEM, clock=self.clock),
                catalog=self.catalog,
                database=self.database,
                connection=connection,
                policy=BasicPolicy(),
                services=self.services,
                events=EventBus(),
                write=True,
            )
            yield session
            session.flush()
        session.committed()

    def create(self, module_key: str, **values: Any) -> str:
        """The number of a new record."""
        with self.session() as session:
            return str(session.records.create(module_key, values)["number"])


@pytest.fixture
def catalog() -> Catalog:
    return compile_catalog(DEFINITIONS, 1)


@pytest.fixture
def company(database: TenantDatabase, catalog: Catalog, tmp_path: Path) -> Company:
    made = Company(database, catalog, RuntimeServices(files=FileStore(tmp_path / "files")))
    with database.writing() as connection:
        next(iter(catalog.modules.values())).table.metadata.create_all(connection)
        connection.execute(
            metadata_version.insert(),
            {
                "version": 1,
                "state": "active",
                "documents": {},
                "tables": [],
                "plan": [],
                "checksum": "",
                "created_at": made.clock.now(),
                "created_by": "test",
            },
        )
    return made
