"""Names of a formula → columns of a tenant's tables, for computed fields and whatever else runs formulas in SQL.

Lookups become scalar subqueries, so that a statement needs no joins. They read live records only, as evaluation in Python does.
"""

from typing import Any

import sqlalchemy as sa

from tessera.expressions.environment import Environment
from tessera.expressions.errors import NotCompilable
from tessera.expressions.sql import Dialect, RowSource, stored_number
from tessera.expressions.sql_types import SpanSql
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import Catalog, CompiledModule
from tessera.storage.types import ExactDecimal

_UNREADABLE = frozenset({"any", "list"})


class ModuleResolver:
    """Resolves names of rows of `module`, which a statement selects from `table` (the module's own, or an alias of it)."""

    def __init__(
        self, catalog: Catalog, module: CompiledModule, table: sa.FromClause, environment: Environment, dialect: Dialect
    ) -> None:
        self.catalog = catalog
        self.module = module
        self.table = table
        self.environment = environment
        self.dialect: Dialect = dialect

    def column(self, path: tuple[str, ...]) -> sa.ColumnElement[Any]:
        """The value at the end of `path`."""
        name, *rest = path
        if name == "parent" and self.module.parent is not None:
            reference: sa.ColumnElement[Any] = self.table.c.parent_id
            return self._through(self.module.parent, reference, tuple(rest), live=False) if rest else reference
        field = self.module.fields[name]
        if rest:
            (target,) = field.type.references(field.definition, field.options)
            return self._through(target, self._own(field)[0], tuple(rest), live=True)
        return self._value(field)

    def rows(self, path: tuple[str, ...]) -> RowSource:
        """The rows at the end of `path`: lines, records of a multi_lookup, or rows that point here (`module.field`)."""
        *way, name = path
        if way:
            raise NotCompilable("rows of another record")
        own: sa.ColumnElement[Any] = self.table.c.id
        if name in self.module.lines:
            lines = self.module.lines[name]
            table = lines.table.alias()
            return RowSource(table, table.c.parent_id == own, self._inner(lines, table))
        if name in self.module.links:
            return self._linked(self.module.fields[name], self.module.links[name])
        source, _, via = name.rpartition(".")
        pointing = self.catalog.table_of(source)
        table = pointing.table.alias()
        column = table.c[pointing.fields[via].column.name]
        return RowSource(table, sa.and_(column == own, self._is_live(pointing, table)), self._inner(pointing, table))

    def _linked(self, field: CompiledField, link: sa.Table) -> RowSource:
        (target,) = field.type.references(field.definition, field.options)
        module = self.catalog.module(target)
        table, between = module.table.alias(), link.alias()
        found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(between)
        tied = found.where(between.c.record_id == self.table.c.id, between.c.target_id == table.c.id)
        is_tied = tied.correlate_except(between).exists()
        return RowSource(table, sa.and_(is_tied, table.c.deleted_at.is_(None)), self._inner(module, table))

    def _is_live(self, module: CompiledModule, table: sa.FromClause) -> sa.ColumnElement[bool]:
        if module.parent is None:
            return table.c.deleted_at.is_(None)
        document = self.catalog.module(module.parent).table.alias()
        found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(document)
        return (
            found.where(document.c.id == table.c.parent_id, document.c.deleted_at.is_(None)).correlate_except(document).exists()
        )

    def _through(
        self, target: str, reference: sa.ColumnElement[Any], rest: tuple[str, ...], *, live: bool
    ) -> sa.ColumnElement[Any]:
        module = self.catalog.module(target)
        table = module.table.alias()
        found = sa.select(self._inner(module, table).column(rest)).select_from(table).where(table.c.id == reference)
        if live:
            found = found.where(table.c.deleted_at.is_(None))
        return found.correlate_except(table).scalar_subquery()

    def _inner(self, module: CompiledModule, table: sa.FromClause) -> "ModuleResolver":
        return ModuleResolver(self.catalog, module, table, self.environment, self.dialect)

    def _own(self, field: CompiledField) -> tuple[sa.ColumnElement[Any], ...]:
        return tuple(self.table.c[column.name] for column in field.columns)

    def _value(self, field: CompiledField) -> sa.ColumnElement[Any]:
        columns = self._own(field)
        kind = field.type.expression_type(field).kind
        if kind in _UNREADABLE or not columns:
            raise NotCompilable(f"{field.key} is no single value")
        if kind == "duration":
            return sa.type_coerce(columns[0], SpanSql())  # whole seconds, as the language has them
        found = field.type.expression_sql(field, columns)
        if found is None:
            raise NotCompilable(f"{field.key} has no SQL form")
        if kind == "number":
            scale = found.type.scale if isinstance(found.type, ExactDecimal) else None
            return stored_number(found, self.dialect, scale)
        return found
