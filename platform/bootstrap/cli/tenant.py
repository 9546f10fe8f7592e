"""`tessera tenant`."""

import secrets

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, pass_options


@click.group()
def tenant() -> None:
    """Make, list, suspend and delete tenants.

    A tenant is one organisation: its users, definitions and records live in a SQLite file or PostgreSQL schema of their own.
    """


@tenant.command()
@click.argument("key")
@click.option("--name", help="What people call it. Default: the key.")
@click.option("--app", "apps", multiple=True, metavar="NAME|PATH", help="An app to install, beside `core`; may be repeated.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A host name it answers at; may be repeated.")
@click.option("--admin", metavar="LOGIN", default="admin", show_default=True, help="Log-in of the first administrator.")
@click.option("--password", help="The administrator's password. Default: one is made up and printed.")
@pass_options
def create(
    options: ProcessOptions,
    *,
    key: str,
    name: str | None,
    apps: tuple[str, ...],
    hosts: tuple[str, ...],
    admin: str,
    password: str | None,
) -> None:
    """Make the tenant KEY: a small word of letters, digits and underscores."""
    from tessera.bootstrap.tenants import FirstUser, create_tenant

    chosen = password or secrets.token_urlsafe(12)
    with opened(options) as (settings, runtime):
        first = FirstUser(login=admin, name=admin, password=chosen)
        made = create_tenant(settings, runtime, key, name or key, apps=apps, hosts=hosts, first_user=first)
        count = len(made.catalog.modules)
    click.echo(f"Tenant {key} is ready, with {count} modules.")
    click.echo(f"Log-in: {admin}" + ("" if password else f"  Password: {chosen}"))


@tenant.command("list")
@pass_options
def list_(options: ProcessOptions) -> None:
    """List the tenants: key, state, where it lives, metadata version, hosts, name."""
    with opened(options) as (_, runtime):
        tenants = runtime.control.tenants()
    for record in tenants:
        place = record.location + (f"/{record.schema}" if record.schema else "")
        hosts = ",".join(record.hosts) or "-"
        click.echo(f"{record.key:<20} {record.state:<10} {place:<30} v{record.metadata_version:<5} {hosts:<30} {record.name}")
    if not tenants:
        click.echo("No tenants yet: tessera tenant create KEY --app standard_crm")


@tenant.command()
@click.argument("key")
@pass_options
def suspend(options: ProcessOptions, key: str) -> None:
    """Shut KEY: nobody gets in and no job runs until `tessera tenant resume`. Its data stay."""
    with opened(options) as (_, runtime):
        runtime.tenant(key)
        runtime.control.set_state(key, "suspended")
    click.echo(f"Tenant {key} is suspended.")


@tenant.command()
@click.argument("key")
@pass_options
def resume(options: ProcessOptions, key: str) -> None:
    """Open a suspended tenant again."""
    from tessera.kernel.errors import Conflict

    with opened(options) as (_, runtime):
        state = runtime.control.get(key).state
        if state != "suspended":
            raise Conflict("The tenant {tenant} is {state}, not suspended.", tenant=key, state=state)
        runtime.control.set_state(key, "active")
    click.echo(f"Tenant {key} is active again.")


@tenant.command()
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_options
def delete(options: ProcessOptions, key: str, yes: bool) -> None:
    """Delete KEY with all its data, for good."""
    from tessera.bootstrap.tenants import delete_tenant

    with opened(options) as (settings, runtime):
        record = runtime.control.get(key)
        if not yes:
            click.confirm(f"Delete {record.name} ({key}) with every record, file and user in it?", abort=True)
        delete_tenant(settings, runtime, key)
    click.echo(f"Tenant {key} is gone.")
