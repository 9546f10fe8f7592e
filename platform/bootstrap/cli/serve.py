"""`tessera serve`."""

import click

from tessera.bootstrap.cli.process import ProcessOptions, pass_options


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: the setting host (127.0.0.1).")
@click.option("--port", type=int, metavar="NUMBER", help="TCP port. Default: the setting port (8080).")
@click.option("--workers", type=int, metavar="N", help="Server processes. Default: the setting workers (1).")
@pass_options
def serve(options: ProcessOptions, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve pages and API until Ctrl-C (or SIGTERM).

    Running requests are finished first. Without Redis the server also does the background jobs.
    """
    from tessera.bootstrap.server import serve as run_server

    settings = options.settings(host=host, port=port, workers=workers)
    greeting = click.style(f"\nTessera is ready: {settings.base_url}", bold=True) + "\nStop it with Ctrl-C.\n"
    run_server(settings, greeting=greeting)
    click.echo("Stopped.")
