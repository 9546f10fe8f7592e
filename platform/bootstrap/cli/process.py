"""What every command needs: the settings, a runtime that is closed afterwards, and errors in plain words."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tessera.bootstrap.configuration import load_settings, prepare
from tessera.bootstrap.log import configure_logging
from tessera.bootstrap.settings import Settings
from tessera.kernel.errors import TesseraError, ValidationFailed
from tessera.metadata.errors import AppErrors

if TYPE_CHECKING:  # commands that need no runtime start without it
    from tessera.runtime.runtime import Runtime, TenantRuntime


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """The options before the command's name."""

    config_file: Path | None = None
    data_dir: Path | None = None

    def settings(self, **overrides: Any) -> Settings:
        """The settings with the command line's last word, the data folder and the secret key made."""
        return prepare(load_settings(file=self.config_file, data_dir=self.data_dir, **overrides))


pass_options = click.make_pass_decorator(ProcessOptions)

tenant_option = click.option(
    "--tenant", "-t", "tenant_key", required=True, metavar="KEY", help="The tenant, as in `tessera tenant list`."
)


@contextmanager
def opened(options: ProcessOptions) -> "Iterator[tuple[Settings, Runtime]]":
    """Settings and runtime for one command. Only warnings are logged: a command's output is what it prints."""
    from tessera.bootstrap.shutdown import close
    from tessera.bootstrap.wiring import build_runtime

    settings = options.settings()
    configure_logging("debug" if settings.log_level == "debug" else "warning", settings.log_format)
    runtime = build_runtime(settings)
    try:
        yield settings, runtime
    finally:
        close(runtime)


@contextmanager
def opened_tenant(options: ProcessOptions, key: str) -> "Iterator[TenantRuntime]":
    """One active tenant for one command; raises `UnknownTenant`."""
    with opened(options) as (_, runtime):
        yield runtime.tenant(key)


def explain(error: TesseraError) -> list[str]:
    """The error in lines for a terminal: its text, then every single thing that is wrong."""
    details: Iterable[str] = ()
    if isinstance(error, ValidationFailed):
        details = (f"{problem.pointer or '/'}: {problem.text()}" for problem in error.problems)
    elif isinstance(error, AppErrors):
        details = (str(mistake) for mistake in error.mistakes)
    elif findings := getattr(error, "findings", ()):
        details = (finding.text() for finding in findings)
    return [f"Error: {error.text()}", *(f"  {line}" for line in details)]
