"""A tenant with the standard CRM behind a real server, and somebody signed in to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tessera.bootstrap.accounts import create_account
from tessera.bootstrap.app import create_app
from tessera.bootstrap.settings import Settings
from tessera.bootstrap.tenants import create_tenant
from tessera.bootstrap.wiring import build_runtime
from tessera.kernel.context import SYSTEM, Context
from tessera.runtime.runtime import TenantRuntime
from tests.support.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "blue lamp over the door"


@dataclass(frozen=True, slots=True)
class Office:
    """The tenant and where it is served."""

    address: str
    tenant: TenantRuntime

    def make(self, module: str, **values: object) -> str:
        """The id of a new record."""
        with self.tenant.session(Context(tenant=self.tenant.key, principal=SYSTEM)) as session:
            return str(session.records.create(module, values)["id"])


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all browser tests: each makes what it needs under names of its own."""
    folder: Path = tmp_path_factory.mktemp("office")
    settings = Settings(data_dir=folder, jobs=False)
    runtime = build_runtime(settings)
    tenant = create_tenant(settings, runtime, "office", "Meridian Flow", apps=["standard_crm"])
    create_account(tenant, {"login": "lucia", "name": "Lucía Ferrer", "role": "administrator"}, PASSWORD)
    with served(create_app(settings, runtime)) as address:
        made = Office(address, tenant)
        currency = made.make("currency", code="EUR", name="Euro", rate="1")
        made.make("product", code="VB-050", name="Ball valve DN50", list_price="142.00", tax_rate="21")
        made.make("product", code="GK-080", name="Gasket set DN80", list_price="6.80", tax_rate="21")
        made.make("customer", name="Aguas del Levante", city="Alicante", currency=currency)
        yield made


@pytest.fixture
def lucia(page: "Page", office: Office) -> "Page":
    """The browser of an administrator who has just signed in."""
    page.goto(f"{office.address}/login")
    page.get_by_label("Login").fill("lucia")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{office.address}/")
    return page
