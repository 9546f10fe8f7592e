"""The FROM clause of a query: aliases, and outer joins made once for each relation that a path crosses.

Only live rows that the reader may see are joined, so what lies behind an invisible relation is empty, for a filter, for a
sort and for a title alike.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.access import Reader, shape_clause
from tessera.runtime.query.paths import Hop


class Scope:
    """One row source: a module under an alias."""

    __slots__ = ("alias", "module")

    def __init__(self, module: CompiledModule, alias: sa.FromClause) -> None:
        self.module = module
        self.alias = alias

    def columns(self, field: CompiledField) -> tuple[sa.ColumnElement[object], ...]:
        """The columns of `field` under this alias."""
        return tuple([self.alias.c[column.name] for column in field.columns])


class Sources:
    """A base row source and what is joined to it. `names` is shared with sub-queries, so that no alias is used twice."""

    def __init__(self, reader: Reader, module: CompiledModule, names: Iterator[str], base: sa.FromClause | None = None) -> None:
        self.reader = reader
        self.names = names
        self.base = Scope(module, base if base is not None else module.table.alias(next(names)))
        self.from_clause: sa.FromClause = self.base.alias
        self._joined: dict[tuple[Scope, str], Scope] = {}

    def to_one(self, scope: Scope, hop: Hop) -> Scope:
        """The record behind a lookup of `scope`, outer-joined."""
        joined = self._joined.get((scope, hop.name))
        if joined is None:
            assert hop.field is not None
            alias = hop.target.table.alias(next(self.names))
            (key,) = scope.columns(hop.field)
            condition = sa.and_(alias.c.id == key, *live_and_visible(self.reader, hop.target, alias))
            self.from_clause = self.from_clause.outerjoin(alias, condition)
            joined = self._joined[scope, hop.name] = Scope(hop.target, alias)
        return joined

    def to_many(self, scope: Scope, hop: Hop) -> tuple["Sources", list[sa.ColumnElement[bool]]]:
        """The rows behind `hop` as a query of their own, and the conditions that tie them to the row of `scope`."""
        alias = hop.target.table.alias(next(self.names))
        inner = Sources(self.reader, hop.target, self.names, alias)
        record = scope.alias.c.id
        if hop.kind == "lines":
            return inner, [alias.c.parent_id == record]
        visible = live_and_visible(self.reader, hop.target, alias)
        if hop.kind == "related":
            assert hop.back is not None
            return inner, [alias.c[hop.back.column.name] == record, *visible]
        link = hop.origin.links[hop.name].alias(next(self.names))
        inner.from_clause = link.join(alias, sa.and_(alias.c.id == link.c.target_id, *visible))
        return inner, [link.c.record_id == record]


def live_and_visible(reader: Reader, module: CompiledModule, source: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The conditions of rows that are not in the recycle bin and that the reader may see."""
    conditions: list[sa.ColumnElement[bool]] = [source.c.deleted_at.is_(None)]
    visible = shape_clause(reader.shape(module), module.key, source)
    if visible is not None:
        conditions.append(visible)
    return conditions


def names() -> Iterator[str]:
    """t0, t1, t2 …"""
    number = 0
    while True:
        yield f"t{number}"
        number += 1
