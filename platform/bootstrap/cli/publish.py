"""`tessera publish`."""

from typing import TYPE_CHECKING

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, pass_options, tenant_option

if TYPE_CHECKING:
    from tessera.runtime.publishing.plan import PublishPlan

dry_run_option = click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
accept_option = click.option(
    "--accept", is_flag=True, help="Go on although some values do not fit their new type: they become empty."
)


@click.command()
@tenant_option
@dry_run_option
@accept_option
@pass_options
def publish(options: ProcessOptions, *, tenant_key: str, dry_run: bool, accept: bool) -> None:
    """Bring a tenant to what its apps on the disk, and its own changes, say now.

    Prints each change of the definitions and each step in the database: its SQL, who waits meanwhile, how many rows, how long,
    and which values would not fit. Nothing is ever dropped: what left the definitions is hidden (see `tessera purge`).
    """
    from tessera.bootstrap import app_folders
    from tessera.bootstrap.wiring import build_publisher

    with opened(options) as (settings, runtime):
        publisher = build_publisher(runtime)
        installed = publisher.apps(tenant_key)
        known = app_folders.known_apps(settings)
        packages = app_folders.load(settings, [package.name for package in installed if package.name in known], installed)
        plan = publisher.install_apps(tenant_key, packages, dry_run=dry_run, accept=accept)
    print_plan(plan)


def print_plan(plan: "PublishPlan") -> None:
    """The plan, and what became of it."""
    for line in plan.lines():
        click.echo(line)
    if plan.applied and not plan.is_empty:
        click.echo(f"Version {plan.version} serves now.")
