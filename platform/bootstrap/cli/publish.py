"""`tessera publish`."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened, pass_options, tenant_option

if TYPE_CHECKING:
    from tessera.runtime.publishing.plan import PublishPlan

#: Where translations stand in the paths of changes.
TEXTS = "texts"

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
    """A dry run with every statement; what was done in words, texts counted."""
    if not plan.applied or plan.is_empty:
        for line in plan.lines():
            click.echo(line)
        return
    texts = Counter(change.path[1] for change in plan.changes if change.path[0] == TEXTS)
    for change in plan.changes:
        if change.path[0] != TEXTS:
            click.echo(change.text())
    for language, count in texts.items():
        click.echo(f"{count:,} texts change in {language}.")
    for warning in plan.tables.warnings:
        click.echo(f"! {warning.text()}")
    for parked in plan.parked:
        click.echo(f"! Without effect: {parked.operation.op} {parked.operation.path}: {parked.reason}")
    click.echo(f"Version {plan.version} serves now.")
