"""Deletes for good what left the metadata: the only place where columns and tables are dropped, and only when somebody asks.

A publish hides. `hidden_parts` counts what a purge would lose; `purge` drops exactly the parts it is given.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from tessera.kernel.errors import Conflict
from tessera.storage.apply import patiently
from tessera.storage.changes import execute
from tessera.storage.columns import TableSpec
from tessera.storage.ddl import Ddl
from tessera.storage.naming import search_table
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import (
    Snapshot,
    StoredVersion,
    active_documents,
    active_version,
    insert_version,
    next_number,
    supersede,
)


@dataclass(frozen=True, slots=True)
class HiddenPart:
    """A hidden column, or a whole hidden table (`column` None). `values` is how many rows, or filled-in values, would be lost."""

    table: str
    column: str | None
    values: int

    @property
    def name(self) -> str:
        """`table` or `table.column`."""
        return self.table if self.column is None else f"{self.table}.{self.column}"


def hidden_parts(database: TenantDatabase) -> list[HiddenPart]:
    """Everything that could be purged, with what would be lost."""
    ddl = Ddl(database.engine.dialect, database.schema)
    with database.reading() as connection:
        parts = []
        for spec in active_version(connection).tables:
            if spec.hidden:
                parts.append(HiddenPart(spec.name, None, _count(connection, ddl, spec.name, "*")))
                continue
            for column in spec.columns:
                if column.hidden:
                    parts.append(HiddenPart(spec.name, column.name, _count(connection, ddl, spec.name, ddl.quote(column.name))))
    return parts


def purge(database: TenantDatabase, parts: Collection[HiddenPart], *, author: str, at: datetime) -> int:
    """Drop these parts for good, all or none; returns the new metadata version, which differs in its tables only.

    The caller holds the tenant's `publish_lock`, and nothing is left to finish for the serving version. Raises `Conflict` when a
    part is not hidden (any more) or holds more values than were counted.
    """
    current = {part.name: part for part in hidden_parts(database)}
    for part in parts:
        if part.name not in current:
            raise Conflict("{part} is not hidden and cannot be purged.", part=part.name)
        if current[part.name].values > part.values:
            raise Conflict("{part} holds more values than when they were counted.", part=part.name)
    ddl = Ddl(database.engine.dialect, database.schema)
    tables = {part.table for part in parts if part.column is None}
    columns = {(part.table, part.column) for part in parts if part.column is not None}

    with database.reading() as connection:
        current_version, following = active_version(connection), next_number(connection)
        _, documents = active_documents(connection)
    specs = current_version.tables
    snapshot = Snapshot(documents, current_version.checksum, author, at)
    done = {"changes": [], "prepare": [], "finish": [], "purged": sorted(part.name for part in parts)}
    stored = StoredVersion(following, snapshot.checksum, tuple(_remaining(specs, tables, columns)), done)

    def drop(lock_wait: int) -> None:
        with database.altering(lock_wait_ms=lock_wait, foreign_keys=False) as connection:
            supersede(connection)
            insert_version(connection, stored, "active", snapshot)
            execute(connection, [statement for spec in specs if spec.name in tables for statement in _drop_table(ddl, spec)])
            execute(connection, [ddl.drop_column(table, str(column)) for table, column in sorted(columns)])

    patiently(drop)
    return following


def _remaining(
    specs: Sequence[TableSpec], tables: Collection[str], columns: Collection[tuple[str, str | None]]
) -> list[TableSpec]:
    remaining = []
    for spec in specs:
        if spec.name in tables:
            continue
        kept = (column for column in spec.columns if (spec.name, column.name) not in columns)
        free = tuple(replace(column, references=None) if column.references in tables else column for column in kept)
        remaining.append(replace(spec, columns=free))
    return remaining


def _drop_table(ddl: Ddl, spec: TableSpec) -> list[str]:
    statements = [ddl.drop_table(spec.name)]
    if ddl.kind == "sqlite" and any(index.method == "trigram" for index in spec.indexes):
        statements.insert(0, ddl.drop_table(search_table(spec.name)))
    return statements


def _count(connection: sa.Connection, ddl: Ddl, table: str, what: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count({what}) FROM {ddl.table(table)}").scalar() or 0)  # noqa: S608
