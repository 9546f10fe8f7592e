"""The ways of a computed field walked backwards: from rows that changed to the records whose values hang on them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.computed.changes import RowChange
from tessera.runtime.computed.plan import Step
from tessera.runtime.model import Catalog

#: Ids in one IN list.
BATCH = 500


def batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """Ids in order, at most `BATCH` at a time: every transaction locks rows in this same order."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


class Ways:
    """Walks over one connection."""

    def __init__(self, connection: sa.Connection, catalog: Catalog) -> None:
        self._connection = connection
        self._catalog = catalog

    def from_changes(self, route: Sequence[Step], changes: Collection[RowChange]) -> set[UUID]:
        """The records at the start of `route`, from rows at its end as they were and as they are."""
        if not route:
            return {change.id for change in changes}
        *way, last = route
        if last.kind == "related":
            rows = [row for change in changes for row in (change.before, change.after) if row is not None]
            return self.from_ids(way, {row[last.name] for row in rows if row.get(last.name) is not None})
        if last.kind == "lines":
            return self.from_ids(way, {change.parent_id for change in changes if change.parent_id is not None})
        return self.from_ids(route, {change.id for change in changes})

    def from_ids(self, route: Sequence[Step], ids: set[UUID]) -> set[UUID]:
        """The records at the start of `route`, from rows at its end as they stand now."""
        for step in reversed(route):
            if not ids:
                break
            ids = self._back(step, ids)
        return ids

    def forward(self, route: Sequence[Step], ids: set[UUID]) -> set[UUID]:
        """The rows at the end of `route`, from rows at its start."""
        for step in route:
            before, behind = self._columns(step)
            ids = self._select(behind, before, ids)
        return ids

    def lines_of(self, line_table: str, ids: set[UUID]) -> set[UUID]:
        """The lines of records in one of their line tables."""
        table = self._catalog.table_of(line_table).table
        return self._select(table.c.id, table.c.parent_id, ids)

    def _back(self, step: Step, ids: set[UUID]) -> set[UUID]:
        wanted, known = self._columns(step)
        return self._select(wanted, known, ids)

    def _select(self, wanted: sa.Column[Any], known: sa.Column[Any], ids: set[UUID]) -> set[UUID]:
        found: set[UUID] = set()
        for part in batches(ids):
            rows = self._connection.execute(sa.select(wanted).where(known.in_(part), wanted.is_not(None)).distinct())
            found.update(row[0] for row in rows)
        return found

    def _columns(self, step: Step) -> tuple[sa.Column[Any], sa.Column[Any]]:
        """The column that holds the rows before the step, and the one that holds the rows behind it."""
        return _COLUMNS[step.kind](self._catalog, step)


def _lookup(catalog: Catalog, step: Step) -> tuple[sa.Column[Any], sa.Column[Any]]:
    module = catalog.table_of(step.module)
    return module.table.c.id, module.fields[step.name].column


def _parent(catalog: Catalog, step: Step) -> tuple[sa.Column[Any], sa.Column[Any]]:
    table = catalog.table_of(step.module).table
    return table.c.id, table.c.parent_id


def _lines(catalog: Catalog, step: Step) -> tuple[sa.Column[Any], sa.Column[Any]]:
    table = catalog.table_of(step.target).table
    return table.c.parent_id, table.c.id


def _related(catalog: Catalog, step: Step) -> tuple[sa.Column[Any], sa.Column[Any]]:
    module = catalog.table_of(step.target)
    return module.fields[step.name].column, module.table.c.id


def _links(catalog: Catalog, step: Step) -> tuple[sa.Column[Any], sa.Column[Any]]:
    link = catalog.table_of(step.module).links[step.name]
    return link.c.record_id, link.c.target_id


_COLUMNS: dict[str, Callable[[Catalog, Step], tuple[sa.Column[Any], sa.Column[Any]]]] = {
    "lookup": _lookup,
    "parent": _parent,
    "lines": _lines,
    "related": _related,
    "links": _links,
}
