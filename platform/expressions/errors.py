"""What can be wrong with a formula, and the signal that one has no SQL form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tessera.kernel.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class FormulaIssue:
    """One thing wrong at one place: `offset` characters from the start of the text, `length` characters long.

    `nearest` is the known name that was probably meant.
    """

    message: str
    offset: int
    length: int
    params: Mapping[str, Any] = field(default_factory=dict)
    nearest: str | None = None

    def text(self) -> str:
        """The English sentence, with the nearest name if there is one."""
        said = self.message.format(**self.params) if self.params else self.message
        return f"{said} Did you mean {self.nearest!r}?" if self.nearest else said


class FormulaError(DefinitionError):
    """Raised when a formula's text cannot be read or its types do not fit; carries every issue found.

    `column` and `line` (from 1) and `length` say where the first issue is.
    """

    code = "formula_error"
    message = "The formula is wrong at column {column}: {problem}"

    def __init__(self, source: str, issues: Sequence[FormulaIssue]) -> None:
        self.source = source
        self.issues = tuple(issues)
        first = self.issues[0]
        self.line, self.column = position(source, first.offset)
        self.length = first.length
        self.nearest = first.nearest
        super().__init__(column=self.column, problem=first.text())

    def explain(self) -> str:
        """Every issue with its line of the text and a mark under the place, for terminals and logs."""
        return "\n".join(self._mark(issue) for issue in self.issues)

    def _mark(self, issue: FormulaIssue) -> str:
        line, column = position(self.source, issue.offset)
        lines = self.source.split("\n")
        shown = lines[line - 1] if line <= len(lines) else ""
        width = max(1, min(issue.length, len(shown) - column + 1))
        return f"{line}:{column}: {issue.text()}\n  {shown}\n  {' ' * (column - 1)}{'^' * width}"


class NotCompilable(Exception):
    """Raised when a formula, though right, has no SQL form of exactly the same meaning."""


def position(source: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of `offset` in `source`."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
