"""A record while it is being saved: what stands, what is wanted, and what is wrong so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tessera.kernel.errors import Problem
from tessera.runtime.model import CompiledModule
from tessera.runtime.values import Row


@dataclass(slots=True)
class RecordDraft:
    """One record, or one line of a line table, on its way into the database.

    `stored` is what the database has (None: the record is new), `values` what it will have. `submitted` are the keys that the
    caller sent. `lines` maps a line table's field key to its lines in their new order, `removed` to the ids that go;
    a line table that is missing from `lines` stays as it is.
    """

    module: CompiledModule
    id: UUID
    stored: Row | None
    values: Row
    submitted: set[str] = field(default_factory=set)
    pointer: str = ""
    lines: dict[str, list["RecordDraft"]] = field(default_factory=dict)
    removed: dict[str, list["RecordDraft"]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.stored is None

    def changed(self) -> dict[str, Any]:
        """The values that differ from what is stored, by key; all of them for a new record."""
        if self.stored is None:
            return dict(self.values)
        stored = self.stored
        return {key: value for key, value in self.values.items() if key not in stored or stored[key] != value}

    def refuse(self, key: str, code: str, message: str, **params: Any) -> None:
        """Note a problem at the field `key` ("" for the record itself)."""
        pointer = f"{self.pointer}/{key}" if key else self.pointer
        self.problems.append(Problem(pointer, code, message, params))

    def every(self) -> Iterator["RecordDraft"]:
        """The record and its lines."""
        yield self
        for lines in self.lines.values():
            yield from lines

    def all_problems(self) -> list[Problem]:
        """The problems of the record and of its lines, in reading order."""
        return [problem for draft in self.every() for problem in draft.problems]
