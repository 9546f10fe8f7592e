"""`tessera doctor`."""

import sys

import click

from tessera.bootstrap.cli.process import ProcessOptions, pass_options

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@pass_options
def doctor(options: ProcessOptions) -> None:
    """Look at everything this installation needs, and say what to do about what is wrong.

    Python and packages, data folder and disk, SQLite, the control database and every tenant's, Redis, fonts.
    Exit code 1 when there is a problem; warnings alone are 0.
    """
    from tessera.bootstrap.configuration import load_settings
    from tessera.bootstrap.doctor import examine
    from tessera.bootstrap.log import configure_logging

    settings = load_settings(file=options.config_file, data_dir=options.data_dir)
    configure_logging("error", settings.log_format)
    problems = 0
    for finding in examine(settings):
        sign, colour = SIGNS[finding.verdict]
        click.echo(f"{click.style(sign, fg=colour)} {finding.subject}: {finding.text}")
        if finding.advice:
            click.echo(f"    → {finding.advice}")
        problems += finding.verdict == "problem"
    if problems:
        sys.exit(1)
