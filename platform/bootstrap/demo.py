"""The tenant `demo`: the standard CRM with the Northwind trading company in it, made through the same services as any other."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa

from tessera.bootstrap.accounts import UnknownLogin, create_account, find_user, system_context
from tessera.bootstrap.demo_marker import DEMO
from tessera.bootstrap.settings import Settings
from tessera.bootstrap.tenants import create_tenant
from tessera.exchange.importing import Importer
from tessera.exchange.mapping import read_mapping
from tessera.kernel.errors import Conflict
from tessera.runtime.runtime import Runtime, TenantRuntime
from tessera.runtime.users import MODULE
from tessera.runtime.values import Query
from tessera.security.credentials import set_password
from tessera.storage.control import UnknownTenant
from tessera.storage.system_tables import credential

APP = "standard_crm"
#: Known to everybody: the demo's people are nobody.
PASSWORD = "northwind"  # noqa: S105
ADMINISTRATOR = "admin"

Say = Callable[[str], None]


def make_demo(settings: Settings, runtime: Runtime, say: Say) -> None:
    """Make the tenant, or go on where an interrupted call stopped. `say` hears of each step."""
    tenant = _tenant(settings, runtime, say)
    try:
        find_user(tenant, ADMINISTRATOR)
    except UnknownLogin:
        values: dict[str, object] = {"login": ADMINISTRATOR, "name": "Administrator", "role": "administrator"}
        create_account(tenant, values, PASSWORD, checked=False)
    _import(tenant, say)
    say("Giving everybody a password")
    _give_passwords(tenant)


def demo_folder() -> Path:
    """Where the demo data and their mappings are."""
    return Path(str(files("tessera_apps"))) / APP / "demo" / "northwind"


def _tenant(settings: Settings, runtime: Runtime, say: Say) -> TenantRuntime:
    try:
        return runtime.tenant(DEMO)
    except UnknownTenant:
        say("Making the tenant demo with the standard CRM")
        return create_tenant(settings, runtime, DEMO, "Northwind Traders", apps=[APP])


def _import(tenant: TenantRuntime, say: Say) -> None:
    folder = demo_folder()
    for path in sorted(folder.glob("*.yaml")):
        mapping = read_mapping(path, tenant.catalog, folder / "data")
        result = Importer(tenant, system_context(tenant), mapping).run()
        if result.failed:
            raise Conflict(
                "The demo data of {module} do not fit: {reason}", module=mapping.module, reason=result.errors[0].text()
            )
        say(f"Imported {result.done:,} × {tenant.catalog.module(mapping.module).definition.label_plural}")


def _give_passwords(tenant: TenantRuntime) -> None:
    """Everybody who has none gets the demo's."""
    context = system_context(tenant)
    with tenant.session(context) as session:
        known = set(session.connection.execute(sa.select(credential.c.user_id)).scalars())
        people = session.records.query(MODULE, Query(fields=("id", "login"), limit=500)).rows
        for person in people:
            if person["id"] not in known:
                set_password(session.connection, person["id"], person["login"], PASSWORD, context.now(), checked=False)
