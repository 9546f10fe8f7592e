"""The plan of a publish: every change with its SQL, who waits, how many rows it touches, and what the data say to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tessera.kernel.messages import N_
from tessera.storage.assess import COLUMN_LIMIT, LARGE_TABLE, Assessor, Finding
from tessera.storage.changes import AddColumn, AddIndex, Change, ConvertColumn, DropIndex, Lock, ValidateForeignKey, Work
from tessera.storage.columns import TableSpec
from tessera.storage.ddl import Ddl
from tessera.storage.diff import diff_tables
from tessera.storage.provision import ensure_trigram
from tessera.storage.tenant_database import TenantDatabase

#: When a step runs: before the switch and harmless to the old version; in the transaction that switches; or after it.
Phase = Literal["prepare", "switch", "finish"]
Duration = Literal["instant", "moments", "seconds", "minutes"]

#: Rows a second that a careful guess allows.
_SPEED: dict[Work, int] = {"instant": 10**9, "scan": 500_000, "rewrite": 40_000}
#: From this share of the possible columns on, a plan warns.
_COLUMN_WARNING = 0.8


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One change of a plan. `lock` is who waits while it runs, `rows` how many rows it reads or writes."""

    change: Change
    phase: Phase
    sql: tuple[str, ...]
    lock: Lock | Literal["other writers"]
    rows: int
    duration: Duration
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the stored plan and for faces."""
        return {
            "kind": type(self.change).__name__, "table": self.change.table, "text": self.change.text(), "phase": self.phase,
            "sql": list(self.sql), "lock": self.lock, "rows": self.rows, "duration": self.duration,
            "findings": [{"text": f.text(), "count": f.count, "blocks": f.blocks} for f in self.findings],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What leads from the old tables to the new ones. `tables` are the tables afterwards, hidden ones included."""

    steps: tuple[PlannedStep, ...]
    tables: tuple[TableSpec, ...]
    warnings: tuple[Finding, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.steps

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What must be put right before the plan can be applied."""
        findings = (*(f for step in self.steps for f in step.findings), *self.warnings)
        return tuple(f for f in findings if f.blocks)

    def of(self, phase: Phase) -> tuple[PlannedStep, ...]:
        """The steps of a phase, in order."""
        return tuple(step for step in self.steps if step.phase == phase)


def make_plan(database: TenantDatabase, old: Sequence[TableSpec], new: Sequence[TableSpec], *, version: int) -> Plan:
    """Plan the way from `old` (as stored, hidden parts included) to `new`, asking the tenant's data. Changes nothing."""
    warnings: tuple[Finding, ...] = ()
    if database.dialect == "postgresql" and _needs_trigrams(old, new) and not ensure_trigram(database):
        new, warnings = _without_trigrams(new)
    difference = diff_tables(old, new, dialect=database.dialect, version=version)
    if not difference.changes:
        return Plan((), difference.tables, warnings)
    ddl = Ddl(database.engine.dialect, database.schema)
    with database.reading() as connection:
        assessor = Assessor(connection, ddl, {spec.name: spec for spec in old})
        changes = [_beside_writers(change, assessor, ddl, difference.changes) for change in difference.changes]
        steps = tuple(_step(change, changes, assessor, ddl) for change in changes)
        warnings = (*warnings, *_column_budget(changes, assessor, ddl))
    return Plan(steps, difference.tables, warnings)


def _needs_trigrams(old: Sequence[TableSpec], new: Sequence[TableSpec]) -> bool:
    """Whether there are substring indexes that the old tables do not have."""
    known = {(spec.name, index) for spec in old for index in spec.indexes}
    return any((spec.name, index) not in known for spec in new for index in spec.indexes if index.method == "trigram")


def _without_trigrams(specs: Sequence[TableSpec]) -> tuple[Sequence[TableSpec], tuple[Finding, ...]]:
    """A database without the extension serves all the same; its searches read whole tables. A later publish finds it again."""
    plain, findings = [], []
    for spec in specs:
        kept = tuple(index for index in spec.indexes if index.method != "trigram")
        plain.append(replace(spec, indexes=kept))
        if len(kept) < len(spec.indexes):
            message = N_("Searches in {table} read the whole table: the PostgreSQL extension pg_trgm is missing.")
            findings.append(Finding(message, 0, False, {"table": spec.name}))
    return plain, tuple(findings)


def _step(change: Change, changes: Sequence[Change], assessor: Assessor, ddl: Ddl) -> PlannedStep:
    work = change.work(ddl)
    rows = assessor.rows(change.table) if work != "instant" else 0
    lock = change.lock if ddl.kind == "postgresql" else "other writers"
    if isinstance(change, AddIndex) and change.concurrently:
        lock = "nobody"
    return PlannedStep(
        change,
        _phase(change, changes, assessor, ddl),
        change.sql(ddl),
        lock,
        rows,
        _duration(rows, work),
        assessor.findings(change),
    )


def _beside_writers(change: Change, assessor: Assessor, ddl: Ddl, changes: Sequence[Change]) -> Change:
    """On a large PostgreSQL table an index is built while people go on writing."""
    if ddl.kind != "postgresql" or not isinstance(change, AddIndex) or assessor.rows(change.table) <= LARGE_TABLE:
        return change
    replaced = any(isinstance(c, DropIndex) and c.index.name == change.index.name for c in changes)
    converted = {c.column.name for c in changes if isinstance(c, ConvertColumn) and c.table == change.table}
    if replaced or converted & {name.removeprefix("-") for name in change.index.columns}:
        return change
    return replace(change, concurrently=True)


def _phase(change: Change, changes: Sequence[Change], assessor: Assessor, ddl: Ddl) -> Phase:
    if ddl.kind == "sqlite":
        return "switch"
    if isinstance(change, ValidateForeignKey):
        return "finish" if assessor.rows(change.table) > LARGE_TABLE else "switch"
    if isinstance(change, AddIndex) and change.concurrently:
        return "prepare" if change.index.unique or not _on_new_columns(change, assessor) else "finish"
    if isinstance(change, AddColumn) and any(_needs_before(index, change) for index in changes):
        return "prepare"
    return "switch"


def _needs_before(index: Change, column: AddColumn) -> bool:
    """A unique index that is built before the switch needs its new column even earlier."""
    return (
        isinstance(index, AddIndex)
        and index.concurrently
        and index.index.unique
        and index.table == column.table
        and column.column.name in {name.removeprefix("-") for name in index.index.columns}
    )


def _on_new_columns(change: AddIndex, assessor: Assessor) -> bool:
    return not all(assessor.exists(change.table, name.removeprefix("-")) for name in change.index.columns)


def _duration(rows: int, work: Work) -> Duration:
    seconds = rows / _SPEED[work]
    return "instant" if seconds < 0.05 else "moments" if seconds < 2 else "seconds" if seconds < 60 else "minutes"


def _column_budget(changes: Sequence[Change], assessor: Assessor, ddl: Ddl) -> tuple[Finding, ...]:
    limit = COLUMN_LIMIT[ddl.kind]
    added: dict[str, int] = {}
    for change in changes:
        if isinstance(change, AddColumn | ConvertColumn):
            added[change.table] = added.get(change.table, 0) + 1
    findings = []
    for table, more in added.items():
        used = assessor.columns_used(table) + more
        if used > limit * _COLUMN_WARNING:
            message = N_("{table} uses {count} of {limit} possible columns; purged ones count until the table is rebuilt.")
            findings.append(Finding(message, used, used > limit, {"table": table, "limit": limit}))
    return tuple(findings)
