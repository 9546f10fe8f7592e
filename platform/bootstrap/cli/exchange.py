"""`tessera import` and `tessera export`."""

import sys
from pathlib import Path

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened_tenant, pass_options, tenant_option

SHOWN_ERRORS = 50


@click.command("import")
@tenant_option
@click.argument("mapping", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the source files. Default: the mapping's.",
)
@click.option("--dry-run", is_flag=True, help="Check every row and keep nothing.")
@pass_options
def import_(options: ProcessOptions, tenant_key: str, mapping: Path, data: Path | None, dry_run: bool) -> None:
    """Import the files that MAPPING (YAML) names.

    The mapping says which module, where each field's value comes from, and which fields tell whether a record is there
    already: run again, it makes no duplicates. A row that does not fit is reported and left out, the others go in; the
    exit code is then 1.
    """
    from tessera.bootstrap.accounts import system_context
    from tessera.exchange.importing import Importer
    from tessera.exchange.mapping import read_mapping

    with opened_tenant(options, tenant_key) as tenant:
        importer = Importer(tenant, system_context(tenant), read_mapping(mapping, tenant.catalog, data), dry_run=dry_run)
        result = importer.run(progress=lambda so_far: click.echo(f"\r{so_far.done:,} rows", nl=False, err=True))
    click.echo("", err=True)
    for error in result.errors[:SHOWN_ERRORS]:
        click.echo(f"row {error.row}: {error.text()}", err=True)
    if result.failed > SHOWN_ERRORS:
        click.echo(f"… and {result.failed - SHOWN_ERRORS:,} more", err=True)
    click.echo(
        f"{result.created:,} created, {result.updated:,} updated, {result.unchanged:,} unchanged, {result.failed:,} left out."
    )
    if result.failed:
        sys.exit(1)
