"""What the runtime needs from its surroundings, handed in once by `bootstrap.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass

from tessera.runtime.files.store import FileStore


def _nobody_waits() -> None:
    """No carrier listens: a sweeper will find the work."""


@dataclass(frozen=True, slots=True)
class RuntimeServices:
    """The surroundings of one tenant's sessions."""

    files: FileStore
    wake_jobs: Callable[[], None] = _nobody_waits
