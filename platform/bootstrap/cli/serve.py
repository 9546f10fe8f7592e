"""`tessera serve`."""

import click

from tessera.bootstrap.cli.process import ProcessOptions, pass_options


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: the setting host (127.0.0.1).")
@click.option("--port", type=int, metavar="NUMBER", help="TCP port. Default: the setting port (8080).")
@click.option("--workers", type=int, metavar="N", help="Server processes. Default: the setting workers (1).")
@click.option(
    "--demo", is_flag=True, help="First make sure that the tenant `demo` is there, with the standard CRM and the Northwind data."
)
@pass_options
def serve(options: ProcessOptions, host: str | None, port: int | None, workers: int | None, demo: bool) -> None:
    """Serve pages and API until Ctrl-C (or SIGTERM).

    Running requests are finished first. Without Redis the server also does the background jobs.
    """
    from tessera.bootstrap.server import check_address
    from tessera.bootstrap.server import serve as run_server

    settings = options.settings(host=host, port=port, workers=workers)
    check_address(settings.host, settings.port)
    lines = [click.style(f"\nTessera is ready: {settings.base_url}", bold=True)]
    if demo:
        from tessera.bootstrap.demo import ensure_demo

        lines += ensure_demo(settings, say=lambda text: click.echo(f"▸ {text}"))
    run_server(settings, greeting="\n".join([*lines, "Stop it with Ctrl-C.\n"]))
    click.echo("Stopped.")
