"""`tessera demo`."""

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, pass_options


@click.command()
@pass_options
def demo(options: ProcessOptions) -> None:
    """Make the tenant `demo`: the standard CRM with the Northwind data. Prints its log-ins.

    Interrupted, it goes on where it stopped; when all is there, it does nothing. Not for installations that others can
    reach: everybody knows the passwords.
    """
    from tessera.bootstrap import demo_marker

    settings = options.settings()
    if not demo_marker.is_complete(settings):
        from tessera.bootstrap.demo import make_demo

        with opened(options) as (_, runtime):
            make_demo(settings, runtime, lambda text: click.echo(f"▸ {text}"))
        demo_marker.note_complete(settings)
    click.echo("Demo log-ins (password northwind): admin, an administrator; nancy.davolio, a sales representative.")
