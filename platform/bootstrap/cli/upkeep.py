"""`tessera recompute` and `tessera purge`."""

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened_tenant, pass_options, tenant_option


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
