"""Old tables → new tables as an ordered list of changes. Pure: it knows the specs, never the data.

What leaves the specs is hidden, never dropped; a shorter text or fewer digits leave the wider column as it is (the record
service refuses the longer values); a name that comes back finds its hidden data again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tessera.storage.changes import (
    AddColumn,
    AddForeignKey,
    AddIndex,
    Change,
    ClearDangling,
    ConvertColumn,
    CreateTable,
    DropForeignKey,
    DropIndex,
    DropNotNull,
    HideColumn,
    HideTable,
    RebuildTable,
    RestoreColumn,
    RestoreTable,
    SetNotNull,
    ValidateForeignKey,
    WidenColumn,
)
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.naming import shortened

#: Digits that a 64-bit integer can have.
_INTEGER_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes in the order they must happen, and the tables as they stand afterwards, hidden ones included."""

    changes: tuple[Change, ...]
    tables: tuple[TableSpec, ...]


def diff_tables(old: Sequence[TableSpec], new: Sequence[TableSpec], *, dialect: str, version: int) -> Difference:
    """What leads from `old` (with its hidden parts) to `new`. `version` is the new metadata version; it names kept columns."""
    before = {spec.name: spec for spec in old}
    tables: list[TableSpec] = []
    steps = _Steps()
    for spec in new:
        known = before.pop(spec.name, None)
        if known is None:
            _create(spec, steps, dialect)
            tables.append(spec)
        else:
            tables.append(_TableDiff(known, spec, steps, dialect, version).run())
    for gone in before.values():
        tables.append(gone if gone.hidden else _hide(gone, steps, dialect))
    return Difference(steps.ordered(), tuple(tables))


class _Steps:
    """Changes by stage: what must be out of the way first, the tables, their columns, then what builds on them."""

    def __init__(self) -> None:
        self.drops: list[Change] = []
        self.creates: list[Change] = []
        self.columns: list[Change] = []
        self.rebuilds: list[Change] = []
        self.keys: list[Change] = []
        self.indexes: list[Change] = []
        self.checks: list[Change] = []

    def ordered(self) -> tuple[Change, ...]:
        return (*self.drops, *self.creates, *self.columns, *self.rebuilds, *self.keys, *self.indexes, *self.checks)


def _create(spec: TableSpec, steps: _Steps, dialect: str) -> None:
    steps.creates.append(CreateTable(spec.name, spec))
    if dialect == "postgresql":
        steps.keys += [AddForeignKey(spec.name, column, check=False, valid=True) for column in spec.columns if column.references]
    steps.indexes += [AddIndex(spec.name, index) for index in spec.indexes]


def _hide(spec: TableSpec, steps: _Steps, dialect: str) -> TableSpec:
    """A hidden table no longer keeps rows of visible tables from being deleted."""
    holding = [column for column in spec.columns if column.references and column.on_delete == "restrict"]
    steps.drops += [DropForeignKey(spec.name, column) for column in holding]
    steps.columns.append(HideTable(spec.name))
    columns = tuple(replace(column, references=None) if column in holding else column for column in spec.columns)
    hidden = replace(spec, columns=columns, hidden=True)
    if holding and dialect == "sqlite":
        steps.rebuilds.append(RebuildTable(spec.name, hidden))
    return hidden


class _TableDiff:
    """The difference of one table that exists."""

    def __init__(self, old: TableSpec, new: TableSpec, steps: _Steps, dialect: str, version: int) -> None:
        self.old, self.new, self.steps, self.dialect, self.version = old, new, steps, dialect, version
        self.table = new.name
        self.rebuild = False  # SQLite: something that only a copy of the table can do
        self.moved: set[str] = set()  # columns whose indexes must be made anew
        self.kept: list[ColumnSpec] = []

    def run(self) -> TableSpec:
        if self.old.hidden:
            self.steps.columns.append(RestoreTable(self.table))
        before = {column.name: column for column in self.old.columns}
        columns = [self._column(before.pop(column.name, None), column) for column in self.new.columns]
        hidden = [column if column.hidden else self._hide(column) for column in before.values()]
        result = replace(self.new, columns=(*columns, *hidden, *self.kept), hidden=False)
        rebuilds = self.rebuild and self.dialect == "sqlite"
        self._indexes(part_of_rebuild=rebuilds)
        if rebuilds:
            self.steps.rebuilds.append(RebuildTable(self.table, result))
        return result

    # -- columns ------------------------------------------------------------------------------------------------

    def _column(self, old: ColumnSpec | None, new: ColumnSpec) -> ColumnSpec:
        """Plan the column; returns it as it will stand."""
        steps = self.steps
        if old is None:
            required_later = not new.nullable and new.default is None
            steps.columns.append(AddColumn(self.table, replace(new, nullable=True) if required_later else new))
            if required_later:
                steps.columns.append(SetNotNull(self.table, new))
                self.rebuild = True
            if new.references and self.dialect == "postgresql":
                steps.keys.append(AddForeignKey(self.table, new, check=False))
                steps.checks.append(ValidateForeignKey(self.table, new))
            return new
        if old.hidden:
            steps.columns.append(RestoreColumn(self.table, new))
        stands = self._retype(old, new)
        if stands is None:
            return new  # converted into a new column
        stands = replace(stands, nullable=new.nullable, references=new.references, on_delete=new.on_delete, hidden=False)
        stands = replace(stands, default=new.default, collation=old.collation)
        if old.nullable != new.nullable:
            steps.columns.append((DropNotNull if new.nullable else SetNotNull)(self.table, stands))
            self.rebuild = True
        self._refer(old, stands)
        return stands

    def _retype(self, old: ColumnSpec, new: ColumnSpec) -> ColumnSpec | None:
        """Plan the change of type; returns the column as stored afterwards, None when it became a new column."""
        wide = _widest(old, new)
        if wide is None:
            self._convert(old, new)
            return None
        if _type_of(wide) != _type_of(old):
            self.steps.columns.append(WidenColumn(self.table, wide, old))
        return wide

    def _convert(self, old: ColumnSpec, new: ColumnSpec) -> None:
        if old.references and self.dialect == "postgresql":
            self.steps.drops.append(DropForeignKey(self.table, old))
        self.rebuild = self.rebuild or bool(old.references) or not old.nullable or not new.nullable
        name = shortened(f"{old.name}__v{self.version}")
        kept = replace(old, name=name, nullable=True, references=None, hidden=True, default=None)
        self.kept.append(kept)
        self.moved.add(new.name)
        fresh = replace(new, nullable=True)  # SQLite's copy, or SET NOT NULL, requires values once they are there
        self.steps.columns.append(ConvertColumn(self.table, fresh, old, kept, self.old.primary_key))
        if not new.nullable:
            self.steps.columns.append(SetNotNull(self.table, new))
        if new.references and self.dialect == "postgresql":
            self.steps.keys.append(AddForeignKey(self.table, new))
            self.steps.checks.append(ValidateForeignKey(self.table, new))

    def _refer(self, old: ColumnSpec, new: ColumnSpec) -> None:
        changed = old.references != new.references or (new.references and old.on_delete != new.on_delete)
        if not changed:
            return
        self.rebuild = True
        if old.references:
            self.steps.drops.append(DropForeignKey(self.table, old))
        if new.references:
            came_back = old.hidden or self.old.hidden
            if came_back and new.nullable:
                self.steps.columns.append(ClearDangling(self.table, new))
            self.steps.keys.append(AddForeignKey(self.table, new, check=not (came_back and new.nullable)))
            if self.dialect == "postgresql":
                self.steps.checks.append(ValidateForeignKey(self.table, new))

    def _hide(self, column: ColumnSpec) -> ColumnSpec:
        if column.references:
            self.steps.drops.append(DropForeignKey(self.table, column))
        if not column.nullable:
            self.steps.columns.append(DropNotNull(self.table, column))
        self.rebuild = self.rebuild or bool(column.references) or not column.nullable
        self.steps.columns.append(HideColumn(self.table, column))
        return replace(column, nullable=True, references=None, hidden=True, default=None)

    # -- indexes ------------------------------------------------------------------------------------------------

    def _indexes(self, *, part_of_rebuild: bool) -> None:
        before = {index.name: index for index in self.old.indexes}
        for index in self.new.indexes:
            known = before.pop(index.name, None)
            if known == index and not self._touches_moved(index):
                continue
            if known is not None:
                self.steps.drops.append(DropIndex(self.table, known))
            folded = part_of_rebuild and index.method == "btree"
            self.steps.indexes.append(AddIndex(self.table, index, part_of_rebuild=folded))
        self.steps.drops += [DropIndex(self.table, index) for index in before.values()]

    def _touches_moved(self, index: IndexSpec) -> bool:
        return any(name.removeprefix("-") in self.moved for name in index.columns)


def _type_of(column: ColumnSpec) -> tuple[object, ...]:
    return (column.kind, column.length, column.precision, column.scale)


def _widest(old: ColumnSpec, new: ColumnSpec) -> ColumnSpec | None:
    """The column that holds every value of both types and reads as `new`; None when there is none."""
    match old.kind, new.kind:
        case "text", "text":
            return _texts(old, new)
        case "decimal", "decimal":
            return _decimals(old, new)
        case "integer", "decimal":
            return new if (new.precision or 0) - (new.scale or 0) >= _INTEGER_DIGITS else None
    return new if old.kind == new.kind else None


def _texts(old: ColumnSpec, new: ColumnSpec) -> ColumnSpec:
    unlimited = old.length is None or new.length is None
    return replace(new, length=None if unlimited else max(old.length or 0, new.length or 0))


def _decimals(old: ColumnSpec, new: ColumnSpec) -> ColumnSpec | None:
    old_scale, new_scale = old.scale or 0, new.scale or 0
    if new_scale < old_scale:
        return None
    digits = max((old.precision or 0) - old_scale, (new.precision or 0) - new_scale)
    return replace(new, precision=digits + new_scale)
