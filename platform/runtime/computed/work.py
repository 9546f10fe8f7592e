"""Works out computed fields of many records at once: one statement reads what stands and what should, differences are written.

Aggregates are worked out by a SELECT and written as bound values, never inside the UPDATE, so that the same statements run on a
distributed PostgreSQL. Rows are locked first, in the order of their ids.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.expressions.environment import Environment
from tessera.expressions.errors import NotCompilable
from tessera.expressions.sql import Dialect
from tessera.kernel.errors import Problem, ValidationFailed
from tessera.kernel.messages import N_
from tessera.runtime.codec import codec_of
from tessera.runtime.computed.locks import Held, Locks
from tessera.runtime.computed.plan import ComputedField
from tessera.runtime.computed.resolver import ModuleResolver
from tessera.runtime.computed.stored_view import StoredRows
from tessera.runtime.computed.ways import batches
from tessera.runtime.fields.base import CompiledField, Rejected
from tessera.runtime.model import Catalog, CompiledModule
from tessera.storage.search import folded_search_text, index_rows

NO_ROOM = N_("{field} of {module} has no room for what follows from this change.")


@dataclass(frozen=True, slots=True)
class Correction:
    """A value that was not what it should be."""

    field: ComputedField
    id: UUID
    before: Any
    after: Any


class Worker:
    """Brings computed fields up to date over one connection, inside the caller's transaction."""

    def __init__(
        self, connection: sa.Connection, catalog: Catalog, environment: Environment, *, held: Held | None = None
    ) -> None:
        self.connection = connection
        self.catalog = catalog
        self.environment = environment
        self.locks = Locks(connection, catalog, set() if held is None else held)
        self.dialect: Dialect = "postgresql" if connection.dialect.name == "postgresql" else "sqlite"

    def update(self, module_key: str, fields: Sequence[ComputedField], ids: Collection[UUID]) -> list[Correction]:
        """Work out `fields` of the rows `ids` of one module; returns what was wrong and is right now.

        Raises `ValidationFailed` when a value does not fit its column: the change that leads to it must not stand.
        """
        module = self.catalog.table_of(module_key)
        found: list[Correction] = []
        for part in batches(ids):
            corrections = self._corrections(module, fields, part)
            self._write(module, corrections)
            found += corrections
        return found

    def _corrections(self, module: CompiledModule, fields: Sequence[ComputedField], ids: list[UUID]) -> list[Correction]:
        self.locks.take({module.key: ids})
        readers = [self._reader(module, computed) for computed in fields]
        selected = [column for reader in readers for column in reader.columns]
        table = module.table
        rows = self.connection.execute(sa.select(table.c.id, *selected).where(table.c.id.in_(ids)).order_by(table.c.id))
        found = []
        for row in rows.all():
            position = 1
            for reader in readers:
                before, after = reader.read(row[0], row[position : position + len(reader.columns)])
                position += len(reader.columns)
                if before != after:
                    found.append(Correction(reader.computed, row[0], before, after))
        return found

    def _reader(self, module: CompiledModule, computed: ComputedField) -> "_Reader":
        field = module.fields[computed.key]
        resolver = ModuleResolver(self.catalog, module, module.table, self.environment, self.dialect)
        try:
            value = computed.formula.to_sql(resolver)
        except NotCompilable:
            return _Reader(computed, module, field, list(field.columns), self._evaluation(module, computed))
        return _Reader(computed, module, field, [*field.columns, value.label(None)], None)

    def _evaluation(self, module: CompiledModule, computed: ComputedField) -> Callable[[UUID], Any]:
        rows = StoredRows(self.connection, self.catalog)
        return lambda record_id: computed.formula.evaluate(rows.view(module, record_id), self.environment)

    def _write(self, module: CompiledModule, corrections: Sequence[Correction]) -> None:
        changed: dict[UUID, dict[str, Any]] = {}
        for correction in corrections:
            changed.setdefault(correction.id, {})[correction.field.key] = correction.after
        together: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for record_id, values in changed.items():
            parameters = codec_of(module).encode(values)
            together.setdefault(tuple(parameters), []).append({**parameters, "tessera_id": record_id})
        for columns, rows in together.items():
            statement = module.table.update().where(module.table.c.id == sa.bindparam("tessera_id"))
            self.connection.execute(statement.values({name: sa.bindparam(name) for name in columns}), rows)
        searched = {correction.id for correction in corrections if correction.field.key in module.search_fields}
        if searched:
            self._refresh_search(module, searched)

    def _refresh_search(self, module: CompiledModule, ids: Collection[UUID]) -> None:
        """Records are found by their computed fields too."""
        codec, table = codec_of(module), module.table
        for part in batches(ids):
            for row in self.connection.execute(sa.select(*codec.columns, table.c.id).where(table.c.id.in_(part))).all():
                values = codec.decode(row)
                words = [module.fields[key].type.to_search(module.fields[key], values.get(key)) for key in module.search_fields]
                text = folded_search_text(" ".join(word for word in words if word))
                self.connection.execute(table.update().where(table.c.id == row[-1]).values(search_text=text))
            index_rows(self.connection, table, part)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes what stands and what should stand out of one row. `evaluate` where SQL could not say it."""

    computed: ComputedField
    module: CompiledModule
    field: CompiledField
    columns: list[Any]
    evaluate: Callable[[UUID], Any] | None

    def read(self, record_id: UUID, columns: Sequence[Any]) -> tuple[Any, Any]:
        width = len(self.field.columns)
        before = self.field.type.from_columns(self.field, columns[:width])
        value = self.evaluate(record_id) if self.evaluate is not None else columns[width]
        return before, _fitted(self.module, self.field, value)


def _fitted(module: CompiledModule, field: CompiledField, value: Any) -> Any:
    """A formula's result as the field stores it. Raises `ValidationFailed` when it does not fit."""
    if value is None:
        return None
    try:
        return field.type.from_expression(field, value)
    except Rejected as rejected:
        params = {"module": module.definition.label, "field": field.label}
        raise ValidationFailed([Problem("", rejected.problem.code, NO_ROOM, params)]) from None
