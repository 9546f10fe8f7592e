"""Values that existing records get when definitions change: stored formulas and roll-ups, numbers, and what they are found by.

Each is a task of batches that `storage.apply` runs after the switch and continues after a kill; in small tables it is done
Each is a task of batches that `storage.apply` runs after the switch and takes up again after a kill; in small tables it is done
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.clock import Clock
from tessera.kernel.context import SYSTEM, Context
from tessera.kernel.errors import ValidationFailed
from tessera.metadata.definitions import Definitions, FieldDefinition
from tessera.runtime.codec import codec_of
from tessera.runtime.computed.environment import stored_environment
from tessera.runtime.computed.plan import ComputedField
from tessera.runtime.computed.work import Worker
from tessera.runtime.fields.sequence import SequenceField
from tessera.runtime.model import SYSTEM_FIELDS, Catalog, CompiledModule
from tessera.runtime.numbering.drawing import draw_numbers
from tessera.storage.apply import TaskHandler
from tessera.storage.search import folded_search_text, index_rows
from tessera.storage.tenant_database import TenantDatabase

log = logging.getLogger(__name__)

#: Rows in one transaction.
BATCH = 1000

Task = Mapping[str, Any]


def needed_tasks(old: Definitions, catalog: Catalog) -> tuple[Task, ...]:
    """What existing records need when `catalog` follows on `old`, in the order it must happen."""
    known = [module for module in _parts(catalog) if _definitions_of(old, module) is not None]
    changed = {(module.key, key) for module in known for key in _changed_fields(old, module)}
    return (*_number_tasks(known, changed), *_computed_tasks(catalog, changed), *_search_tasks(old, known))


def describe(task: Task, catalog: Catalog) -> str:
    """A task in English."""
    arguments = task["arguments"]
    fields = ", ".join(arguments.get("fields", ()))
    return {
        "numbers": "Give numbers to existing records: {module}.{fields}.",
        "computed": "Work out {fields} of existing records of {module}.",
        "search": "Index the words of existing records of {module}.",
    }[task["task"]].format(module=arguments["module"], fields=fields)


def handlers(database: TenantDatabase, catalog: Callable[[], Catalog], clock: Clock) -> dict[str, TaskHandler]:
    """What carries the tasks out, batch by batch."""

    def batchwise(work: Callable[["_Batch", Sequence[UUID]], None]) -> TaskHandler:
        def handle(connection: sa.Connection, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
            current = catalog()
            module = _find(current, arguments["module"])
            if module is None:  # has left the metadata meanwhile
                return None
            ids = _next_ids(connection, module, arguments.get("after"))
            if ids:
                fields = tuple(key for key in arguments.get("fields", ()) if key in module.fields)
                work(
                    _Batch(
                        database, connection, current, module, fields, Context(database.key, SYSTEM, face="setup", clock=clock)
                    ),
                    ids,
                )
            return {**arguments, "after": str(ids[-1])} if len(ids) == BATCH else None

        return handle

    return {"numbers": batchwise(_number), "computed": batchwise(_compute), "search": batchwise(_index)}


# -- what is needed ---------------------------------------------------------------------------------------------


def _parts(catalog: Catalog) -> Iterator[CompiledModule]:
    yield from catalog.modules.values()
    yield from catalog.line_tables.values()


def _definitions_of(old: Definitions, module: CompiledModule) -> Mapping[str, FieldDefinition] | None:
    """The old fields of the module or line table; None when it is new or was hidden."""
    key, _, lines = module.key.partition(".")
    definition = old.modules.get(key)
    if definition is None or definition.hidden:
        return None
    if not lines:
        return definition.fields
    field = definition.fields.get(lines)
    return field.fields if field is not None and not field.hidden else None


def _storage_of(field: FieldDefinition | None) -> object:
    """What the stored value of a field depends on; None for a field that is not there."""
    return None if field is None or field.hidden else (field.type, dict(field.options))


def _changed_fields(old: Definitions, module: CompiledModule) -> list[str]:
    before = _definitions_of(old, module) or {}
    return [
        key
        for key, field in module.fields.items()
        if field.columns and key not in SYSTEM_FIELDS and _storage_of(before.get(key)) != _storage_of(field.definition)
    ]


def _number_tasks(known: Sequence[CompiledModule], changed: set[tuple[str, str]]) -> Iterator[Task]:
    for module in known:
        fields = [f.key for f in module.fields.values() if isinstance(f.type, SequenceField) and (module.key, f.key) in changed]
        if fields:
            yield {"task": "numbers", "arguments": {"module": module.key, "fields": fields}}


def _computed_tasks(catalog: Catalog, changed: set[tuple[str, str]]) -> Iterator[Task]:
    plan = catalog.computed
    wanted: set[ComputedField] = set()
    open_names = list(changed)
    for group in plan.groups:
        wanted |= {computed for computed in group.fields if (computed.module, computed.key) in changed}
    while open_names:
        module, key = open_names.pop()
        for reader in plan.readers.get(module, {}).get(key, ()):
            if reader.field not in wanted:
                wanted.add(reader.field)
                open_names.append((reader.field.module, reader.field.key))
    for group in plan.groups:
        fields = [computed.key for computed in group.fields if computed in wanted]
        if fields:
            yield {"task": "computed", "arguments": {"module": group.module, "fields": fields}}


def _search_tasks(old: Definitions, known: Sequence[CompiledModule]) -> Iterator[Task]:
    for module in known:
        before = _definitions_of(old, module) or {}
        were = {key: _storage_of(field) for key, field in before.items() if field.searchable and not field.hidden}
        are = {key: _storage_of(module.fields[key].definition) for key in module.search_fields}
        if were != are and (were or are):
            yield {"task": "search", "arguments": {"module": module.key, "fields": list(module.search_fields)}}


# -- carrying it out --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Batch:
    """The circumstances of one batch; also what drawing numbers asks for."""

    database: TenantDatabase
    connection: sa.Connection
    catalog: Catalog
    module: CompiledModule
    fields: tuple[str, ...]
    context: Context


@dataclass(slots=True)
class _Unnumbered:
    """A stored record in the shape in which numbers are drawn for new ones."""

    id: UUID
    module: CompiledModule
    values: dict[str, Any]
    is_new: bool = True

    def every(self) -> Iterator["_Unnumbered"]:
        yield self


def _find(catalog: Catalog, key: str) -> CompiledModule | None:
    return catalog.line_tables.get(key) if "." in key else catalog.modules.get(key)


def _next_ids(connection: sa.Connection, module: CompiledModule, after: str | None) -> list[UUID]:
    table = module.table
    statement = sa.select(table.c.id).order_by(table.c.id).limit(BATCH)
    if after is not None:
        statement = statement.where(table.c.id > UUID(after))
    return list(connection.execute(statement).scalars())


def _rows(batch: _Batch, ids: Sequence[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    codec, table = codec_of(batch.module), batch.module.table
    statement = sa.select(*codec.columns, table.c.id).where(table.c.id.between(ids[0], ids[-1])).order_by(table.c.id)
    for row in batch.connection.execute(statement).all():
        yield row[-1], codec.decode(row)


def _compute(batch: _Batch, ids: Sequence[UUID]) -> None:
    """Work the fields out; a record whose value does not fit keeps none and is named in the log."""
    wanted = tuple(computed for computed in batch.catalog.computed.of_module(batch.module.key) if computed.key in batch.fields)
    worker = Worker(batch.connection, batch.catalog, stored_environment(batch.catalog, batch.context.now()))
    try:
        with batch.connection.begin_nested():
            worker.update(batch.module.key, wanted, ids)
    except ValidationFailed:
        for one in ids:
            try:
                with batch.connection.begin_nested():
                    worker.update(batch.module.key, wanted, [one])
            except ValidationFailed as error:
                log.warning("record %s of %s is left without %s: %s", one, batch.module.key, ", ".join(batch.fields), error)


def _number(batch: _Batch, ids: Sequence[UUID]) -> None:
    rows = [_Unnumbered(record_id, batch.module, values) for record_id, values in _rows(batch, ids)]
    empty = [row for row in rows if any(row.values.get(key) is None for key in batch.fields)]
    draw_numbers(batch, empty)
    codec, table = codec_of(batch.module), batch.module.table
    for row in empty:
        drawn = codec.encode({key: row.values[key] for key in batch.fields})
        batch.connection.execute(sa.update(table).where(table.c.id == row.id).values(drawn))


def _index(batch: _Batch, ids: Sequence[UUID]) -> None:
    """Write anew what records are found by; without searchable fields they are found by nothing."""
    module, table = batch.module, batch.module.table
    texts = []
    for record_id, values in _rows(batch, ids):
        words = [module.fields[key].type.to_search(module.fields[key], values.get(key)) for key in module.search_fields]
        texts.append({"row_id": record_id, "words": folded_search_text(" ".join(word for word in words if word)) or None})
    statement = sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(search_text=sa.bindparam("words"))
    batch.connection.execute(statement, texts)
    index_rows(batch.connection, table, ids)
