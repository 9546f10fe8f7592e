"""What a change would meet in the data: how many rows it touches, and on how many of them it would fail.

Every question is one counting query at the time of planning; the change itself asks nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tessera.kernel.messages import N_
from tessera.storage.changes import (
    AddForeignKey,
    AddIndex,
    Change,
    ClearDangling,
    ColumnChange,
    ConvertColumn,
    SetNotNull,
    dangling,
)
from tessera.storage.columns import ColumnSpec, TableSpec
from tessera.storage.convert import converter
from tessera.storage.ddl import Ddl
from tessera.storage.tables import build_table

#: Tables with more rows than this are indexed beside their writers, and counted only roughly.
LARGE_TABLE = 20_000
#: How many offending values or records a finding shows.
EXAMPLES = 5
#: Columns a table can have; on PostgreSQL dropped ones count too.
COLUMN_LIMIT = {"postgresql": 1600, "sqlite": 2000}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the data have to say to a change. `blocks`: the publish cannot go on until the rows are put right.

    `count` rows are concerned; `examples` are some of their ids or values. `acceptable`: a person may decide to go on
    nevertheless (values that do not convert are left empty; the old ones are kept).
    """

    message: str
    count: int
    blocks: bool
    params: dict[str, Any] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    acceptable: bool = False

    def text(self) -> str:
        """The finding in English."""
        shown = f" ({', '.join(self.examples)}{' …' if self.count > len(self.examples) else ''})" if self.examples else ""
        return self.message.format(count=self.count, **self.params) + shown


class Assessor:
    """Asks the data of one tenant on behalf of planned changes. `old` are the tables as they stand."""

    def __init__(self, connection: sa.Connection, ddl: Ddl, old: dict[str, TableSpec]) -> None:
        self._connection = connection
        self._ddl = ddl
        self._old = old
        self._rows: dict[str, int] = {}

    def rows(self, table: str) -> int:
        """How many rows the table has; beyond `LARGE_TABLE` as the database estimates it. 0 for a new table."""
        if table not in self._old:
            return 0
        if table not in self._rows:
            self._rows[table] = self._count_rows(table)
        return self._rows[table]

    def exists(self, table: str, column: str) -> bool:
        """Whether the column is there already, hidden or not."""
        spec = self._old.get(table)
        return spec is not None and spec.column(column) is not None

    def findings(self, change: Change) -> tuple[Finding, ...]:
        """What `change` would meet."""
        question = _QUESTIONS.get(type(change))
        return () if question is None or self.rows(change.table) == 0 else question(self, change)

    def columns_used(self, table: str) -> int:
        """How many of a table's possible columns are used up; on PostgreSQL dropped ones count."""
        spec = self._old.get(table)
        if spec is None:
            return 0
        if self._ddl.kind == "sqlite":
            return len(spec.columns) + 1
        text = sa.text("SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass(:name) AND attnum > 0")
        return int(self._connection.execute(text, {"name": self._ddl.table(table)}).scalar() or 0)

    # -- questions ----------------------------------------------------------------------------------------------

    def _count_rows(self, table: str) -> int:
        name = self._ddl.table(table)
        counted = int(self._scalar(f"SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT {LARGE_TABLE + 1}) AS counted"))  # noqa: S608
        if counted <= LARGE_TABLE:
            return counted
        if self._ddl.kind == "sqlite":
            return int(self._scalar(f"SELECT max(rowid) FROM {name}"))  # noqa: S608
        text = sa.text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")
        return max(int(self._connection.execute(text, {"name": name}).scalar() or 0), counted)

    def _missing(self, change: SetNotNull) -> tuple[Finding, ...]:
        name = self._ddl.quote(change.column.name)
        if self._old[change.table].column(change.column.name) is None:
            count = self.rows(change.table)
            return (self._finding(N_("{count} rows of {table} would have no {column}."), count, change.column, change.table),)
        return self._offending(change, f"here.{name} IS NULL", N_("{count} rows of {table} have no {column}."))

    def _dangling(self, change: ColumnChange, *, blocks: bool) -> tuple[Finding, ...]:
        references = change.column.references
        if not self.exists(change.table, change.column.name):
            return ()
        condition = dangling(self._ddl, change.column)
        if references not in self._old:  # a new table: whatever stands there points nowhere
            condition = f"here.{self._ddl.quote(change.column.name)} IS NOT NULL"
        message = N_("{count} rows of {table} have a {column} that points nowhere.")
        return self._offending(change, condition, message, blocks=blocks)

    def _unconverted(self, change: ConvertColumn) -> tuple[Finding, ...]:
        """Counts the rows whose value would be missing in the new column (they stay in the kept one)."""
        plain = ColumnSpec(change.old.name, change.old.kind, change.old.length, change.old.precision, change.old.scale)
        table = build_table(TableSpec(change.table, (ColumnSpec("id", "uuid"), plain)), sa.MetaData())
        column, convert = table.c[change.old.name], converter(change.old, change.column)
        tally = sa.select(column, sa.func.count()).where(column.is_not(None)).group_by(column)
        if change.old.kind == "json":
            tally = sa.select(column, sa.literal(1)).where(column.is_not(None))
        count, examples = 0, []
        for value, times in self._connection.execute(tally):
            try:
                convert(value)
            except ValueError:
                count += times
                examples.append(str(value)[:60])
        if not count:
            return ()
        message = N_("{count} values of {table}.{column} do not convert and would be empty; they stay in {kept}.")
        params = {"table": change.table, "column": change.column.name, "kept": change.kept.name}
        return (Finding(message, count, True, params, tuple(examples[:EXAMPLES]), acceptable=True),)

    def _duplicates(self, change: AddIndex) -> tuple[Finding, ...]:
        index = change.index
        names = [name.removeprefix("-") for name in index.columns]
        if not index.unique or not all(self.exists(change.table, name) for name in names):
            return ()
        keys = ", ".join(self._ddl.index_key(index, name) for name in names)
        given = [f"{self._ddl.quote(name)} IS NOT NULL" for name in names]
        live = [f"{self._ddl.quote('deleted_at')} IS NULL"] if index.live_only else []
        where = " AND ".join((*given, *live))
        rows_of = f"FROM {self._ddl.table(change.table)} WHERE {where}"
        groups = f"SELECT {keys}, count(*) AS times {rows_of} GROUP BY {keys} HAVING count(*) > 1"
        rows = self._connection.exec_driver_sql(groups, execution_options={"no_parameters": True}).all()
        if not rows:
            return ()
        examples = tuple(", ".join(str(part) for part in row[:-1]) for row in rows[:EXAMPLES])
        message = N_("{count} rows of {table} share a value of {columns} that must be unique.")
        return (
            Finding(message, sum(row[-1] for row in rows), True, {"table": change.table, "columns": ", ".join(names)}, examples),
        )

    def _offending(self, change: ColumnChange, condition: str, message: str, *, blocks: bool = True) -> tuple[Finding, ...]:
        name = self._ddl.table(change.table)
        count = int(self._scalar(f"SELECT count(*) FROM {name} AS here WHERE {condition}"))  # noqa: S608
        if not count:
            return ()
        ids: tuple[str, ...] = ()
        if "id" in self._old[change.table].primary_key:
            text = f"SELECT here.id FROM {name} AS here WHERE {condition} LIMIT {EXAMPLES}"  # noqa: S608
            rows = self._connection.exec_driver_sql(text, execution_options={"no_parameters": True})
            ids = tuple(str(value) for value in rows.scalars())
        return (self._finding(message, count, change.column, change.table, examples=ids, blocks=blocks),)

    def _finding(
        self, message: str, count: int, column: ColumnSpec, table: str, *, examples: tuple[str, ...] = (), blocks: bool = True
    ) -> Finding:
        return Finding(message, count, blocks, {"table": table, "column": column.name}, examples)

    def _scalar(self, text: str) -> Any:
        return self._connection.exec_driver_sql(text, execution_options={"no_parameters": True}).scalar() or 0


_QUESTIONS: dict[type[Change], Callable[[Assessor, Any], tuple[Finding, ...]]] = {
    SetNotNull: Assessor._missing,
    AddForeignKey: lambda assessor, change: assessor._dangling(change, blocks=True) if change.check else (),
    ClearDangling: lambda assessor, change: assessor._dangling(change, blocks=False),
    ConvertColumn: Assessor._unconverted,
    AddIndex: Assessor._duplicates,
}
