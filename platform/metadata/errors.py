"""What can be wrong with definitions: every mistake names its place, and all are told at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tessera.kernel.errors import DefinitionError

Path = tuple[str, ...]


def show_path(path: Iterable[object]) -> str:
    """`("fields", "name")` as people write it: `fields/name`."""
    return "/".join(str(part) for part in path)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be, or None."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path of the definitions, before it is known which file it stands in.

    `path` consists of stable keys, from the root of the documents (`modules`, `customer`, `fields` …).
    """

    path: Path
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something wrong in a file: `line` counts from 1 (0: the whole file), `path` is the place inside the document."""

    file: str
    line: int
    path: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        at = f" ({self.path})" if self.path else ""
        hint = f" Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{place}:{at} {self.message}{hint}"

    def to_json(self) -> dict[str, Any]:
        """For the command line's and the API's machine-readable answer."""
        return {"file": self.file, "line": self.line, "path": self.path, "message": self.message, "suggestion": self.suggestion}


class AppErrors(DefinitionError):
    """Raised when an app does not load; carries every mistake of every file at once, ordered by file and line."""

    code = "app_errors"
    message = "The app has {count} mistakes."

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes), key=lambda m: (m.file, m.line, m.path, m.message)))
        super().__init__(count=len(self.mistakes))

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


class OperationRefused(DefinitionError):
    """Raised when a patch operation does not fit the definitions it is applied to; `reason` is a plain sentence."""

    code = "operation_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("{reason}", reason=reason)
