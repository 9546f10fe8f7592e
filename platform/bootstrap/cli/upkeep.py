"""`tessera recompute` and `tessera purge`."""

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, opened_tenant, pass_options, tenant_option


@click.command()
@tenant_option
@click.option("--module", metavar="KEY", help="This module only. Default: all.")
@pass_options
def recompute(options: ProcessOptions, *, tenant_key: str, module: str | None) -> None:
    """Work out every stored formula and roll-up again, mend what differs, and say what did.

    Nothing should differ: what does has been changed behind the platform's back, or is a fault worth reporting.
    """
    from tessera.bootstrap.accounts import system_context
    from tessera.runtime.computed.recompute import recompute as rebuild

    with opened_tenant(options, tenant_key) as tenant:
        if module is not None:
            tenant.catalog.module(module)
        report = rebuild(tenant.database, tenant.catalog, now=system_context(tenant).now(), module=module)
    for difference in report.differences:
        click.echo(f"{difference.module}.{difference.field}: {difference.count:,} wrong")
        for record_id, stood, should in difference.examples:
            click.echo(f"    {record_id}: {stood} → {should}")
    click.echo(f"{report.rows:,} rows looked at, {report.count:,} values put right.")


@click.command()
@tenant_option
@click.argument("parts", nargs=-1, metavar="[TABLE|TABLE.COLUMN]…")
@click.option("--all", "everything", is_flag=True, help="Everything that is hidden.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_options
def purge(options: ProcessOptions, *, tenant_key: str, parts: tuple[str, ...], everything: bool, yes: bool) -> None:
    """Delete for good what publishes have hidden: tables and columns of modules and fields that are no longer defined.

    Without PARTS, list what is hidden and how many values each part holds.
    """
    from tessera.bootstrap.wiring import build_publisher
    from tessera.kernel.errors import NotFound

    with opened(options) as (_, runtime):
        publisher = build_publisher(runtime)
        hidden = {part.name: part for part in publisher.hidden(tenant_key)}
        unknown = [name for name in parts if name not in hidden]
        if unknown:
            raise NotFound("{part} is not hidden. Hidden are: {hidden}.", part=unknown[0], hidden=", ".join(hidden) or "none")
        chosen = list(hidden.values()) if everything else [hidden[name] for name in parts]
        for part in chosen or hidden.values():
            click.echo(f"{part.name}: {part.values:,} values")
        if not chosen:
            click.echo("Name what shall be deleted, or --all." if hidden else "Nothing is hidden.")
            return
        if not yes:
            click.confirm("Delete these for good?", abort=True)
        publisher.purge(tenant_key, chosen)
    click.echo("Deleted.")
