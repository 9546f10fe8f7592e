"""The `tessera` command. One file a group of commands; each is imported only when it is called, to start quickly.

A command parses, calls one service and prints. What people may get wrong is answered in one sentence and exit code 1, without a
traceback; wrong usage has exit code 2.
"""

import importlib
import sys
from pathlib import Path
from types import MappingProxyType

import click

from tessera.bootstrap.cli.process import ProcessOptions, explain
from tessera.kernel.errors import TesseraError

#: Where each command is, in the order in which `--help` lists them.
COMMANDS = MappingProxyType(
    {
        "serve": "tessera.bootstrap.cli.serve:serve",
        "worker": "tessera.bootstrap.cli.worker:worker",
        "demo": "tessera.bootstrap.cli.demo:demo",
        "tenant": "tessera.bootstrap.cli.tenant:tenant",
        "app": "tessera.bootstrap.cli.app:app",
        "user": "tessera.bootstrap.cli.user:user",
        "token": "tessera.bootstrap.cli.token:token",
        "import": "tessera.bootstrap.cli.exchange:import_",
        "export": "tessera.bootstrap.cli.exchange:export",
        "publish": "tessera.bootstrap.cli.publish:publish",
        "recompute": "tessera.bootstrap.cli.upkeep:recompute",
        "purge": "tessera.bootstrap.cli.upkeep:purge",
        "openapi": "tessera.bootstrap.cli.openapi:openapi",
        "doctor": "tessera.bootstrap.cli.doctor:doctor",
    }
)


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, and answers our errors in plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in their order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of ours becomes its text and exit code 1."""
        try:
            return super().invoke(ctx)
        except TesseraError as error:
            for line in explain(error):
                click.echo(line, err=True)
            sys.exit(1)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="tessera", message="Tessera %(version)s")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with settings. Default: what TESSERA_CONFIG names, else ./tessera.toml if there is one.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of databases and files. Default: the setting data_dir.",
)
@click.pass_context
def main(ctx: click.Context, config_file: Path | None, data_dir: Path | None) -> None:
    """Tessera: a low-code, metadata-driven CRM/ERP platform.

    \b
    A first installation:
      tessera tenant create acme --name "Acme Ltd" --app standard_crm --admin ann
      tessera serve

    Settings come from TESSERA_… environment variables and a TOML file; docs/configuration.md lists them. When something does not
    work, ask `tessera doctor`.
    """
    ctx.obj = ProcessOptions(config_file=config_file, data_dir=data_dir)
