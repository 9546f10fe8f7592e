"""Tenants as the command line and the demo make them: a place, apps, upkeep, and the first administrator."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from tessera.bootstrap import app_folders
from tessera.bootstrap.accounts import create_account
from tessera.bootstrap.demo_marker import DEMO, forget
from tessera.bootstrap.jobs import known_kinds
from tessera.bootstrap.settings import Settings
from tessera.bootstrap.upkeep import schedule_upkeep
from tessera.bootstrap.wiring import build_publisher, new_tenant_location
from tessera.kernel.errors import Conflict
from tessera.metadata.operations import Operation
from tessera.runtime.publishing.plan import PublishPlan
from tessera.runtime.runtime import Runtime, TenantRuntime

#: The app that every tenant has: users are a module of it.
CORE = "core"
#: The time zone that `core` begins with.
UTC = "UTC"


@dataclass(frozen=True, slots=True)
class FirstUser:
    """The administrator a tenant begins with."""

    login: str
    name: str
    password: str
    checked: bool = True


def create_tenant(
    settings: Settings,
    runtime: Runtime,
    key: str,
    name: str,
    *,
    apps: Sequence[str] = (),
    hosts: Sequence[str] = (),
    first_user: FirstUser | None = None,
) -> TenantRuntime:
    """Make a tenant with `core`, these apps and an administrator. Interrupted, it can be called again.

    Raises `Conflict` when the key or a host is taken, `NoSuchApp`, `AppErrors`, and `ValidationFailed` for the user.
    """
    packages = app_folders.load(settings, [CORE, *apps])
    publisher = build_publisher(runtime)
    publisher.create_tenant(key, name, new_tenant_location(settings), packages, hosts=hosts)
    if settings.timezone != UTC:
        publisher.apply_overlay(key, [Operation(op="change", path=f"settings/{CORE}.timezone", value=settings.timezone)])
    runtime.look_again()
    tenant = runtime.tenant(key)
    with tenant.database.writing() as connection:
        schedule_upkeep(connection, known_kinds(), settings.timezone, runtime.clock.now())
    if first_user is not None:
        values: dict[str, object] = {"login": first_user.login, "name": first_user.name, "role": "administrator"}
        create_account(tenant, values, first_user.password, checked=first_user.checked)
    return tenant


def delete_tenant(settings: Settings, runtime: Runtime, key: str) -> None:
    """Delete a tenant with its database and files, for good. Raises `UnknownTenant`."""
    runtime.control.drop(key)
    shutil.rmtree(settings.files_of(key), ignore_errors=True)
    if key == DEMO:
        forget(settings)


def remove_app(runtime: Runtime, key: str, name: str, *, dry_run: bool = False) -> PublishPlan:
    """Take an app away from a tenant. Raises `Conflict` for `core`, which every tenant stands on, and for apps others need."""
    if name == CORE:
        raise Conflict("The app {app!r} cannot be removed: every tenant stands on it.", app=name)
    return build_publisher(runtime).remove_app(key, name, dry_run=dry_run)
