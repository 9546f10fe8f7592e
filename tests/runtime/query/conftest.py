"""A small tenant with enough relations to ask about, on each kind of database; its rows are written straight into the tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import Context, Principal
from tessera.kernel.ids import uuid7
from tessera.runtime.compile import compile_catalog
from tessera.runtime.model import Catalog, CompiledModule
from tessera.security.policy import BasicPolicy, ModuleAccess, Policy
from tessera.storage.search import folded_search_text, index_rows
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.query.shop import SHOP

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@dataclass
class Eyes:
    """A session as queries need it: somebody looking at the shop."""

    context: Context
    catalog: Catalog
    database: TenantDatabase
    policy: Policy
    write: bool = False
    connection: Any = None
    asked: list[str] = field(default_factory=list)

    def access(self, module: CompiledModule) -> ModuleAccess:
        key = module.parent or module.key
        return self.policy.access(self.context.principal, key, self.catalog.module(key).definition.access)


@dataclass
class Shop:
    """The tenant and its people: `ann` administers, `mel` and `moe` are members."""

    database: TenantDatabase
    catalog: Catalog
    people: dict[str, Principal]
    policy: Policy = field(default_factory=BasicPolicy)
    clock: MovableClock = field(default_factory=lambda: MovableClock(NOW))

    def eyes(self, who: str = "ann", *, timezone: str = "UTC", policy: Policy | None = None) -> Eyes:
        context = Context(tenant="test", principal=self.people[who], timezone=timezone, clock=self.clock)
        return Eyes(context, self.catalog, self.database, policy or self.policy)

    def module(self, key: str) -> CompiledModule:
        return self.catalog.module(key)

    def add(self, module_key: str, *, owner: str | None = None, lines: list[dict[str, Any]] | None = None, **values: Any) -> UUID:
        """A row with these values; links as lists of ids, lines for the field `lines`."""
        return self.add_many(module_key, [{**values, "_owner": owner, "_lines": lines or []}])[0]

    def add_many(self, module_key: str, rows: list[dict[str, Any]]) -> list[UUID]:
        """Many rows at once."""
        module = self.module(module_key)
        records, lines, links = [], [], []
        for row in rows:
            owner = row.pop("_owner", None)
            record_id = row.pop("id", None) or uuid7()
            own = {key: row.pop(key) for key in list(row) if key in module.links}
            links += [
                (key, {"record_id": record_id, "target_id": t, "position": n})
                for key, ids in own.items()
                for n, t in enumerate(ids)
            ]
            lines += [
                {"id": uuid7(), "parent_id": record_id, "position": n, **line} for n, line in enumerate(row.pop("_lines", []))
            ]
            records.append(self._record(module, record_id, self.people[owner].id if owner else None, row))
        with self.database.writing() as connection:
            connection.execute(module.table.insert(), records)
            index_rows(connection, module.table, [record["id"] for record in records])
            if lines:
                keys = {key for line in lines for key in line}
                connection.execute(module.lines["lines"].table.insert(), [{key: line.get(key) for key in keys} for line in lines])
            for key, link in links:
                connection.execute(module.links[key].insert(), link)
        return [record["id"] for record in records]

    def _record(self, module: CompiledModule, record_id: UUID, owner: UUID | None, values: dict[str, Any]) -> dict[str, Any]:
        record = {
            "id": record_id, "version": 1, "created_at": NOW, "updated_at": NOW, "owner": owner,
            "deleted_at": values.pop("deleted_at", None),
            "search_text": folded_search_text(" ".join(str(values[key]) for key in module.search_fields if values.get(key))),
        }  # fmt: skip
        for spec in module.spec.columns:
            record.setdefault(spec.name, None)
        for key, value in values.items():
            compiled = module.fields[key]
            record |= dict(zip([c.name for c in compiled.columns], compiled.type.to_columns(compiled, value), strict=True))
        return record


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return compile_catalog(SHOP, 1)


@pytest.fixture
def shop(database: TenantDatabase, catalog: Catalog) -> Iterator[Shop]:
    """The shop with its people and nothing else."""
    catalog.extras.clear()
    with database.writing() as connection:
        catalog.module("user").table.metadata.create_all(connection)
        for module in catalog.modules.values():
            if database.dialect == "sqlite" and module.table.info.get("searchable"):
                connection.exec_driver_sql(
                    f'CREATE VIRTUAL TABLE "{module.key}__fts" USING fts5(search_text, tokenize="trigram")'
                )
    roles = (("ann", "administrator"), ("mel", "member"), ("moe", "member"))
    people = {login: Principal(id=uuid7(), name=login.title(), role=role, login=login) for login, role in roles}  # type: ignore[arg-type]
    made = Shop(database, catalog, people)
    for person in people.values():
        made.add("user", id=person.id, name=person.name)
    yield made
    catalog.extras.clear()
