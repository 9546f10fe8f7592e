"""The typed changes a publish is made of. Each knows its words, its SQL, whom it keeps waiting and how much it reads.

There is no change that drops data: what leaves the metadata is hidden. Dropping is `purge`'s business alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import sqlalchemy as sa

from tessera.kernel.messages import N_
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.convert import converter
from tessera.storage.ddl import ROW_NUMBER, Ddl
from tessera.storage.tables import build_table

#: Who waits on PostgreSQL while the change runs. (On SQLite every change holds the file's write lock; readers go on.)
Lock = Literal["nobody", "writers", "everybody"]
#: What it costs: catalogue entries only, reading all rows, or writing all rows.
Work = Literal["instant", "scan", "rewrite"]

BATCH = 5000


def execute(connection: sa.Connection, statements: Iterable[str]) -> None:
    """Run statements exactly as they are written (a percent sign is a percent sign)."""
    for statement in statements:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


@dataclass(frozen=True, slots=True)
class Change:
    """Base of all changes; `table` is the table they happen to."""

    table: str
    message: ClassVar[str]
    lock: ClassVar[Lock] = "everybody"

    def params(self) -> Mapping[str, Any]:
        """What fills the message."""
        return {"table": self.table}

    def text(self) -> str:
        """The change in English."""
        return self.message.format(**self.params())

    def work(self, ddl: Ddl) -> Work:
        """What it costs."""
        return "instant"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        """The statements, in order; empty where nothing changes physically."""
        return ()

    def execute(self, connection: sa.Connection, ddl: Ddl) -> None:
        """Do it."""
        execute(connection, self.sql(ddl))


@dataclass(frozen=True, slots=True)
class CreateTable(Change):
    """A new table; its foreign keys and indexes are changes of their own (on SQLite the keys come with it)."""

    spec: TableSpec
    message: ClassVar[str] = N_("Create the table {table}.")
    lock: ClassVar[Lock] = "nobody"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.create_table(self.spec),)


@dataclass(frozen=True, slots=True)
class ColumnChange(Change):
    """A change to one column."""

    column: ColumnSpec

    def params(self) -> Mapping[str, Any]:
        return {"table": self.table, "column": self.column.name, "references": self.column.references or ""}


@dataclass(frozen=True, slots=True)
class AddColumn(ColumnChange):
    """A new column; rows that exist get its constant default, or nothing."""

    message: ClassVar[str] = N_("Add the column {table}.{column}.")

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return ddl.add_column(self.table, self.column)


@dataclass(frozen=True, slots=True)
class WidenColumn(ColumnChange):
    """A type that takes every value the old one took."""

    old: ColumnSpec
    message: ClassVar[str] = N_("Widen the column {table}.{column}.")

    def work(self, ddl: Ddl) -> Work:
        rewritten = self.old.kind != self.column.kind or self.old.scale != self.column.scale
        return "rewrite" if rewritten else "instant"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        if ddl.kind == "postgresql":
            return (ddl.set_type(self.table, self.column),)
        factor = 10 ** ((self.column.scale or 0) - (self.old.scale or 0))
        name = ddl.quote(self.column.name)
        return (f"UPDATE {ddl.table(self.table)} SET {name} = {name} * {factor}",) if factor != 1 else ()  # noqa: S608


@dataclass(frozen=True, slots=True)
class ConvertColumn(ColumnChange):
    """A type that does not take every old value: a new column is filled with what converts, the old one is kept, hidden.

    `kept` is the old column under the name it is kept by; `key` the primary key of the table.
    """

    old: ColumnSpec
    kept: ColumnSpec
    key: tuple[str, ...]
    message: ClassVar[str] = N_("Convert the column {table}.{column} from {old} to {new}; the old values are kept in {kept}.")

    def params(self) -> Mapping[str, Any]:
        return {
            "table": self.table, "column": self.column.name, "old": self.old.kind, "new": self.column.kind, "kept": self.kept.name
        }  # fmt: skip

    def work(self, ddl: Ddl) -> Work:
        return "rewrite"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        statements = [ddl.rename_column(self.table, self.column.name, self.kept.name)]
        if not self.old.nullable and ddl.kind == "postgresql":
            statements.append(ddl.drop_not_null(self.table, self.kept.name))
        return (*statements, *ddl.add_column(self.table, self.column))

    def execute(self, connection: sa.Connection, ddl: Ddl) -> None:
        execute(connection, self.sql(ddl))
        visible = ColumnSpec(self.kept.name, self.old.kind, self.old.length, self.old.precision, self.old.scale)
        keys = tuple(ColumnSpec(name, "uuid", nullable=False) for name in self.key)
        table = build_table(TableSpec(self.table, (*keys, visible, self.column)), sa.MetaData())
        self._copy(connection, table, converter(self.old, self.column))

    def _copy(self, connection: sa.Connection, table: sa.Table, convert: Any) -> None:
        key = [table.c[name] for name in self.key]
        old, new = table.c[self.kept.name], table.c[self.column.name]
        matches = sa.and_(*(c == sa.bindparam(f"key_{n}") for n, c in enumerate(key)))
        write = sa.update(table).where(matches).values({new: sa.bindparam("converted", type_=new.type)})
        page = sa.select(*key, old).where(old.is_not(None)).order_by(*key).limit(BATCH)
        rows = connection.execute(page).all()
        while rows:
            changed = []
            for row in rows:
                try:
                    values = {f"key_{n}": part for n, part in enumerate(row[:-1])}
                    changed.append({**values, "converted": convert(row[-1])})
                except ValueError:
                    continue  # reported by the plan; the old value stands in the kept column
            if changed:
                connection.execute(write, changed)
            last = (sa.literal(part, column.type) for part, column in zip(rows[-1], key, strict=False))
            rows = connection.execute(page.where(sa.tuple_(*key) > sa.tuple_(*last))).all()


@dataclass(frozen=True, slots=True)
class SetNotNull(ColumnChange):
    """Every row must have a value."""

    message: ClassVar[str] = N_("Require a value in {table}.{column}.")

    def work(self, ddl: Ddl) -> Work:
        return "scan"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.set_not_null(self.table, self.column.name),) if ddl.kind == "postgresql" else ()


@dataclass(frozen=True, slots=True)
class DropNotNull(ColumnChange):
    """Rows may be without a value."""

    message: ClassVar[str] = N_("No longer require a value in {table}.{column}.")

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.drop_not_null(self.table, self.column.name),) if ddl.kind == "postgresql" else ()


@dataclass(frozen=True, slots=True)
class HideColumn(ColumnChange):
    """The column leaves the metadata; its data stay until they are purged."""

    message: ClassVar[str] = N_("Hide the column {table}.{column}; its values are kept until they are purged.")
    lock: ClassVar[Lock] = "nobody"


@dataclass(frozen=True, slots=True)
class RestoreColumn(ColumnChange):
    """A hidden column comes back with its values."""

    message: ClassVar[str] = N_("Bring the column {table}.{column} back with its values.")
    lock: ClassVar[Lock] = "nobody"


@dataclass(frozen=True, slots=True)
class HideTable(Change):
    """The table leaves the metadata; its rows stay until they are purged."""

    message: ClassVar[str] = N_("Hide the table {table}; its rows are kept until they are purged.")
    lock: ClassVar[Lock] = "nobody"


@dataclass(frozen=True, slots=True)
class RestoreTable(Change):
    """A hidden table comes back with its rows."""

    message: ClassVar[str] = N_("Bring the table {table} back with its rows.")
    lock: ClassVar[Lock] = "nobody"


@dataclass(frozen=True, slots=True)
class AddForeignKey(ColumnChange):
    """References must exist. `check` is False where no row can have a wrong one; `valid` where there are no rows at all."""

    check: bool = True
    valid: bool = False
    message: ClassVar[str] = N_("Let {table}.{column} point to {references}.")
    lock: ClassVar[Lock] = "writers"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.add_foreign_key(self.table, self.column, valid=self.valid),) if ddl.kind == "postgresql" else ()


@dataclass(frozen=True, slots=True)
class ValidateForeignKey(ColumnChange):
    """The rows that were there before the foreign key are looked at too."""

    message: ClassVar[str] = N_("Check that every {table}.{column} points to a row of {references}.")
    lock: ClassVar[Lock] = "nobody"

    def work(self, ddl: Ddl) -> Work:
        return "scan"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.validate_foreign_key(self.table, self.column.name),) if ddl.kind == "postgresql" else ()


@dataclass(frozen=True, slots=True)
class ClearDangling(ColumnChange):
    """Values of a restored column that point to rows which are gone by now are emptied."""

    message: ClassVar[str] = N_("Empty {table}.{column} where it points to a row of {references} that is gone.")

    def work(self, ddl: Ddl) -> Work:
        return "scan"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        name = ddl.quote(self.column.name)
        return (f"UPDATE {ddl.table(self.table)} AS here SET {name} = NULL WHERE {dangling(ddl, self.column)}",)  # noqa: S608


@dataclass(frozen=True, slots=True)
class DropForeignKey(ColumnChange):
    """References need no longer exist."""

    message: ClassVar[str] = N_("No longer hold {table}.{column} to rows of {references}.")

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.drop_foreign_key(self.table, self.column.name),) if ddl.kind == "postgresql" else ()


@dataclass(frozen=True, slots=True)
class AddIndex(Change):
    """A new index. `columns` are the specs of its columns; `concurrently` builds it beside the writers (PostgreSQL)."""

    index: IndexSpec
    concurrently: bool = False
    part_of_rebuild: bool = False
    message: ClassVar[str] = N_("Index {table} by {columns}.")
    lock: ClassVar[Lock] = "writers"

    def params(self) -> Mapping[str, Any]:
        return {"table": self.table, "columns": ", ".join(self.index.columns)}

    def text(self) -> str:
        if self.index.unique:
            return "Hold {columns} of {table} unique.".format(**self.params())
        return self.message.format(**self.params())

    def work(self, ddl: Ddl) -> Work:
        return "scan"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return () if self.part_of_rebuild else ddl.create_index(self.table, self.index, concurrently=self.concurrently)


@dataclass(frozen=True, slots=True)
class DropIndex(Change):
    """An index that is no longer needed."""

    index: IndexSpec
    message: ClassVar[str] = N_("Drop the index {index} of {table}.")

    def params(self) -> Mapping[str, Any]:
        return {"table": self.table, "index": self.index.name}

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        return (ddl.drop_index(self.table, self.index),)


@dataclass(frozen=True, slots=True)
class RebuildTable(Change):
    """SQLite cannot change a column in place: the table is copied into one of the new shape, which takes its name."""

    spec: TableSpec
    message: ClassVar[str] = N_("Copy the table {table} into its new shape.")

    def work(self, ddl: Ddl) -> Work:
        return "rewrite"

    def sql(self, ddl: Ddl) -> tuple[str, ...]:
        fresh = f"{self.table}__new"
        columns = ", ".join(ddl.quote(name) for name in (ROW_NUMBER, *(c.name for c in self.spec.columns)))
        indexes = (i for i in self.spec.indexes if i.method != "trigram")
        return (
            ddl.create_table(self.spec, fresh),
            f"INSERT INTO {ddl.table(fresh)} ({columns}) SELECT {columns} FROM {ddl.table(self.table)}",  # noqa: S608
            ddl.drop_table(self.table),
            ddl.rename_table(fresh, self.table),
            *(statement for index in indexes for statement in ddl.create_index(self.table, index)),
        )


def dangling(ddl: Ddl, column: ColumnSpec) -> str:
    """SQL for: `here` points to a row that does not exist."""
    assert column.references is not None
    name, target, key = ddl.quote(column.name), ddl.table(column.references), ddl.quote("id")
    there = f"SELECT 1 FROM {target} AS there WHERE there.{key} = here.{name}"  # noqa: S608
    return f"here.{name} IS NOT NULL AND NOT EXISTS ({there})"
