"""A tenant published from apps on disk, and a running product on it, on each kind of database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import SYSTEM
from tessera.metadata.loader import discover, load_apps
from tessera.metadata.packages import AppPackage
from tessera.runtime.fields.registry import field_type_schemas
from tessera.runtime.files.store import FileStore
from tessera.runtime.publishing.catalogs import CatalogLoader
from tessera.runtime.publishing.publisher import Publisher
from tessera.runtime.runtime import Runtime, TenantRuntime
from tessera.security.policy import BasicPolicy
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry
from tessera.storage.tenant_database import TenantDatabase
from tests.conftest import Location

MANIFEST = """
name: shop
title: Shop
version: {version}
namespace: shop
depends: {{core: ">=0"}}
"""
ITEM = """
module: shop_item
label: Item
label_plural: Items
access: read_write
fields:
  name: {type: text, label: Name, required: true, searchable: true}
  amount: {type: decimal, label: Amount, scale: 2}
views:
  all: {label: All, columns: [name], default: true}
"""


@pytest.fixture(scope="session")
def core() -> AppPackage:
    return load_apps([discover()["core"]], field_type_schemas())[0]


@dataclass
class Works:
    """The publisher, the key of its tenant, and servers to look at it with."""

    control: ControlDatabase
    publisher: Publisher
    key: str
    location: str
    folder: Path
    core: AppPackage
    clock: MovableClock = field(default_factory=MovableClock)

    @property
    def database(self) -> TenantDatabase:
        return self.control.open(self.key)

    def shop(self, *modules: str, version: str = "1.0.0") -> AppPackage:
        """The app `shop` with these module files."""
        app = self.folder / version / "shop"
        for text in modules:
            key = text.split("module: ", 1)[1].split()[0]
            module = app / "modules" / key
            module.mkdir(parents=True, exist_ok=True)
            (module / "module.yaml").write_text(text)
        (app / "app.yaml").write_text(MANIFEST.format(version=version))
        return load_apps([app], field_type_schemas(), [self.core])[0]

    def server(self, loader: CatalogLoader | None = None) -> TenantRuntime:
        """The tenant in another process of the product (with its own loader of catalogs)."""
        runtime = Runtime(
            self.control,
            policy=BasicPolicy(),
            load_catalog=loader or CatalogLoader(),
            store_for=lambda key: FileStore(self.folder / key),
            clock=self.clock,
        )
        return runtime.tenant(self.key)

    def create(self, module: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        tenant = self.server()
        with tenant.session(tenant.runtime.context(self.key, SYSTEM)) as session:
            return [session.records.create(module, row) for row in rows]

    def rows(self, module: str, **query: Any) -> list[dict[str, Any]]:
        from tessera.runtime.values import Query

        tenant = self.server()
        with tenant.session(tenant.runtime.context(self.key, SYSTEM), write=False) as session:
            return session.records.query(module, Query(sort=("created_at",), **query)).rows


@pytest.fixture
def works(engines: EngineRegistry, location: Location, tmp_path: Path, core: AppPackage) -> Iterator[Works]:
    control = ControlDatabase(engines, location.url, schema=f"{location.schema}")
    control.prepare()
    if location.schema is None:
        key, place = "acme", location.url.replace("tenant.sqlite", "{tenant}.sqlite")
    else:
        key, place = f"acme_{location.schema[2:14]}", location.url
    clock = MovableClock()
    yield Works(control, Publisher(control, clock=clock), key, place, tmp_path / "apps", core, clock)
    for record in control.tenants():
        control.drop(record.key)


@pytest.fixture
def shop(works: Works) -> Works:
    """The tenant with the apps core and shop."""
    works.publisher.create_tenant(works.key, "Acme", works.location, [works.core, works.shop(ITEM)])
    return works
