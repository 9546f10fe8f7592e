"""`tessera openapi`."""

from pathlib import Path

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, pass_options, tenant_option


@click.command()
@tenant_option
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write. Default: standard output.")
@pass_options
def openapi(options: ProcessOptions, tenant_key: str, output: Path | None) -> None:
    """Print the OpenAPI 3.1 description of a tenant's API, as an administrator sees it.

    The running server gives the same at /api/v1/openapi.json.
    """
    from tessera.api.openapi.document import openapi_json
    from tessera.bootstrap.accounts import system_context

    with opened(options) as (settings, runtime):
        tenant = runtime.tenant(tenant_key)
        with tenant.session(system_context(tenant), write=False) as session:
            document = openapi_json(session, tenant.record.name, f"{settings.base_url}/api/v1").decode()
    if output is None:
        click.echo(document)
    else:
        output.write_text(document + "\n", encoding="utf-8")
