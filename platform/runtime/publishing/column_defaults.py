"""What existing records get in a new required field: its default, as a constant of the new column."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from tessera.kernel.context import SYSTEM, Context
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.model import Catalog, CompiledModule
from tessera.storage.columns import ColumnSpec, TableSpec


def with_defaults(catalog: Catalog, tables: Iterable[TableSpec]) -> tuple[TableSpec, ...]:
    """The catalog's tables, new columns of required fields with a constant default. `tables` stand now.

    Adding such a column costs nothing, however many rows there are. Columns that exist are left alone.
    """
    before = {spec.name: spec for spec in tables}
    constants = {module.spec.name: _constants(module) for module in _parts(catalog) if module.spec.name in before}
    return tuple(_with(spec, before.get(spec.name), constants.get(spec.name, {})) for spec in catalog.specs())


def _parts(catalog: Catalog) -> Iterator[CompiledModule]:
    yield from catalog.modules.values()
    yield from catalog.line_tables.values()


def _with(spec: TableSpec, old: TableSpec | None, constants: Mapping[str, str | int | bool]) -> TableSpec:
    if old is None or not constants:
        return spec
    columns = tuple(
        replace(column, default=constants[column.name])
        if column.name in constants and old.column(column.name) is None
        else column
        for column in spec.columns
    )
    return replace(spec, columns=columns)


def _constants(module: CompiledModule) -> dict[str, str | int | bool]:
    """The constants of the columns of required fields with a default."""
    constants: dict[str, str | int | bool] = {}
    for field in module.fields.values():
        if field.columns and field.definition.required and field.definition.default is not None:
            for spec, value in zip(field.specs, _column_values(field), strict=True):
                if (constant := _constant(spec, value)) is not None:
                    constants[spec.name] = constant
    return constants


def _column_values(field: CompiledField) -> tuple[Any, ...]:
    try:
        value = field.type.coerce(field, field.definition.default, Coercion(Context(tenant="", principal=SYSTEM, face="setup")))
    except Rejected:
        return (None,) * len(field.specs)  # a default that people must correct is nothing to give to records
    return field.type.to_columns(field, value)


def _constant(spec: ColumnSpec, value: Any) -> str | int | bool | None:
    if value is None:
        return None
    if spec.kind == "json":
        return orjson.dumps(value).decode()
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else None
