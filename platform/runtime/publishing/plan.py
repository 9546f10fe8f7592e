"""What a publish would do, in words: the changes of the definitions, the changes of the tables, and what to look out for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tessera.metadata.diff import Change
from tessera.metadata.layers import Parked
from tessera.storage.assess import Finding
from tessera.storage.plan import Plan


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """The way from the serving version to the next.

    `version` is the version that serves once it is applied. `parked` are operations of the overlay that no longer fit: they are
    kept without effect. `backfills` say which values of existing records are worked out. `applied` is False for a dry run.
    `unfinished` names what failed after the version began to serve; it is tried again at every start and publish.
    """

    version: int
    changes: tuple[Change, ...]
    tables: Plan
    parked: tuple[Parked, ...] = ()
    backfills: tuple[str, ...] = ()
    applied: bool = False
    unfinished: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs from the serving version."""
        return not self.changes and self.tables.is_empty

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What must be put right before it can be applied."""
        return self.tables.blocking

    def lines(self) -> Iterator[str]:
        """The plan as English lines for a terminal."""
        if self.is_empty:
            yield "Nothing to publish."
            return
        for change in self.changes:
            yield change.text()
        for step in self.tables.steps:
            yield f"{step.change.text()} [{step.phase}; {_waiting(step.lock)}; {step.rows} rows; {step.duration}]"
            yield from (f"    {statement}" for statement in step.sql)
            yield from (f"    {'! ' if finding.blocks else ''}{finding.text()}" for finding in step.findings)
        yield from self.backfills
        yield from (finding.text() for finding in self.tables.warnings)
        yield from (f"Not finished yet: {failure}" for failure in self.unfinished)
        yield from (f"Without effect: {parked.operation.op} {parked.operation.path}: {parked.reason}" for parked in self.parked)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            "version": self.version,
            "applied": self.applied,
            "changes": [change.text() for change in self.changes],
            "tables": [step.to_json() for step in self.tables.steps],
            "backfills": list(self.backfills),
            "warnings": [finding.text() for finding in self.tables.warnings],
            "unfinished": list(self.unfinished),
            "parked": [{"path": p.operation.path, "op": p.operation.op, "reason": p.reason} for p in self.parked],
        }


def _waiting(lock: str) -> str:
    return {
        "nobody": "nobody waits",
        "writers": "writers of the table wait",
        "everybody": "readers and writers of the table wait",
        "other writers": "other writers of the tenant wait",
    }[lock]
