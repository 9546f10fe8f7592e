"""The `tessera` command as a whole: help that can be read, errors that can be understood."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tessera.bootstrap.cli import COMMANDS, main
from tessera.bootstrap.cli.process import explain
from tessera.kernel.errors import NotFound, Problem, ValidationFailed


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command and group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def find(path: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return command


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_every_command_and_option_explains_itself(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    command = find(path)
    assert command.help
    assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help and o.opts != ["--help"]] == []


def test_help_lists_every_command_with_what_it_does() -> None:
    printed = CliRunner().invoke(main, ["--help"]).output
    assert [name for name in COMMANDS if f"\n  {name} " not in printed] == []


def test_an_unknown_command_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["publich"])
    assert result.exit_code == 2
    assert "publich" in result.output


def test_a_wrong_setting_stops_with_a_sentence(tmp_path: Path) -> None:
    result = CliRunner(env={"TESSERA_PORT": "eighty"}).invoke(main, ["--data-dir", str(tmp_path), "serve"])
    assert result.exit_code == 1
    assert result.stderr == "Error: The setting port (environment) is wrong: 'eighty' is not a whole number.\n"


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["--data-dir", str(tmp_path), "serve", "--port", str(port)])
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_every_problem_is_listed() -> None:
    failed = ValidationFailed(
        [Problem("/login", "required", "Fill this in."), Problem("", "odd", "Odd {what}.", {"what": "one"})]
    )
    assert explain(failed) == ["Error: Some values need attention.", "  /login: Fill this in.", "  /: Odd one."]
    assert explain(NotFound()) == ["Error: There is no such record."]


def test_help_comes_quickly_without_the_application() -> None:
    script = "import sys; from tessera.bootstrap.cli import main; print('flask' in sys.modules, 'sqlalchemy' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed == "False False\n"


def test_the_doctor_has_an_exit_code(tmp_path: Path) -> None:
    healthy = CliRunner().invoke(main, ["--data-dir", str(tmp_path), "doctor"])
    assert healthy.exit_code == 0
    ill = CliRunner(env={"TESSERA_REDIS_URL": "redis://127.0.0.1:1/0"}).invoke(main, ["--data-dir", str(tmp_path), "doctor"])
    assert ill.exit_code == 1
    assert "✗ Redis: does not answer" in ill.output
    assert "→ Start it" in ill.output
