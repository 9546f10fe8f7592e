"""`tessera import` and `tessera export`."""

import json
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


@click.command()
@tenant_option
@click.argument("module")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--fields", help="Fields to write, with commas between. Default: all.")
@click.option("--filter", "filter_text", help="Only records that this JSON filter leaves, as in the API.")
@click.option("--sort", help="Fields to sort by, with commas between; a minus before a name sorts downwards.")
@click.option("--locale", default="en", show_default=True, help="Language of the headings, and of the texts in a workbook.")
@pass_options
def export(
    options: ProcessOptions,
    tenant_key: str,
    module: str,
    target: Path,
    fields: str | None,
    filter_text: str | None,
    sort: str | None,
    locale: str,
) -> None:
    """Write the records of MODULE to TARGET, a .csv or .xlsx file.

    A CSV file holds values as `tessera import` reads them again; a workbook holds typed cells. The file appears when it is
    whole.
    """
    from tessera.bootstrap.accounts import system_context
    from tessera.exchange.exporting import export as export_records
    from tessera.runtime.fields.base import Display
    from tessera.runtime.texts import CatalogTexts
    from tessera.runtime.values import Query

    try:
        tree = json.loads(filter_text) if filter_text else None
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--filter") from error
    query = Query(filter=tree, sort=tuple(sort.split(",")) if sort else (), fields=tuple(fields.split(",")) if fields else None)
    with opened_tenant(options, tenant_key) as tenant, tenant.session(system_context(tenant)) as session:
        texts = CatalogTexts(locale, session.catalog.definitions.texts)
        display = Display(
            locale=locale, timezone=session.catalog.timezone, translator=texts, currency=session.catalog.base_currency
        )
        count = export_records(session, module, target, query, display)
    click.echo(f"{count:,} records written to {target}.")
