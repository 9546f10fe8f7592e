"""`tessera app`."""

import sys

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, pass_options, tenant_option
from tessera.bootstrap.cli.publish import accept_option, dry_run_option, print_plan


@click.group()
def app() -> None:
    """Install, list and check apps.

    An app is a folder with an app.yaml and one folder a module. Bundled ones, and those in the folders of the setting
    apps_path, are known by name; any other by its path.
    """


@app.command()
@click.argument("apps", nargs=-1, required=True, metavar="NAME|PATH…")
@tenant_option
@dry_run_option
@accept_option
@pass_options
def install(options: ProcessOptions, *, apps: tuple[str, ...], tenant_key: str, dry_run: bool, accept: bool) -> None:
    """Install apps, or newer versions of them, with what they depend on, and publish.

    The running server shows the new modules at once.
    """
    from tessera.bootstrap import app_folders
    from tessera.bootstrap.wiring import build_publisher

    with opened(options) as (settings, runtime):
        publisher = build_publisher(runtime)
        packages = app_folders.load(settings, apps, publisher.apps(tenant_key))
        plan = publisher.install_apps(tenant_key, packages, dry_run=dry_run, accept=accept)
    print_plan(plan)


@app.command()
@click.argument("name")
@tenant_option
@dry_run_option
@pass_options
def remove(options: ProcessOptions, *, name: str, tenant_key: str, dry_run: bool) -> None:
    """Take an app away. Its modules are hidden; their records stay until `tessera purge`."""
    from tessera.bootstrap.tenants import remove_app

    with opened(options) as (_, runtime):
        plan = remove_app(runtime, tenant_key, name, dry_run=dry_run)
    print_plan(plan)


@app.command("list")
@click.option("--tenant", "-t", "tenant_key", metavar="KEY", help="Show what this tenant has. Default: what could be installed.")
@pass_options
def list_(options: ProcessOptions, tenant_key: str | None) -> None:
    """List the apps that can be installed, or those a tenant has."""
    from tessera.bootstrap import app_folders
    from tessera.bootstrap.wiring import build_publisher

    if tenant_key is None:
        for name, folder in app_folders.known_apps(options.settings()).items():
            click.echo(f"{name:<20} {folder}")
        return
    with opened(options) as (_, runtime):
        for package in build_publisher(runtime).apps(tenant_key):
            click.echo(f"{package.name:<20} {package.version:<12} {package.title}")


@app.command()
@click.argument("apps", nargs=-1, required=True, metavar="NAME|PATH…")
@click.option("--tenant", "-t", "tenant_key", metavar="KEY", help="Check against what this tenant has installed.")
@pass_options
def check(options: ProcessOptions, apps: tuple[str, ...], tenant_key: str | None) -> None:
    """Read apps and tell every mistake: file, line, place, what is wrong, the nearest right name.

    Changes nothing. Exit code 1 when there are mistakes.
    """
    from tessera.bootstrap import app_folders
    from tessera.bootstrap.wiring import build_publisher
    from tessera.metadata.errors import AppErrors

    try:
        if tenant_key is None:
            packages = app_folders.load(options.settings(), apps)
        else:
            with opened(options) as (settings, runtime):
                packages = app_folders.load(settings, apps, build_publisher(runtime).apps(tenant_key))
    except AppErrors as errors:
        for mistake in errors.mistakes:
            click.echo(str(mistake), err=True)
        click.echo(f"Mistakes: {len(errors.mistakes)}", err=True)
        sys.exit(1)
    for package in packages:
        click.echo(f"{package.name} {package.version}: no mistakes.")
