"""Specs → SQLAlchemy tables, and specs ↔ JSON."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.types import ClockTime, ExactDecimal, Json, UtcDateTime, Uuid7


def _text(spec: ColumnSpec) -> sa.types.TypeEngine[Any]:
    return sa.String(spec.length) if spec.length else sa.Text()


def _decimal(spec: ColumnSpec) -> sa.types.TypeEngine[Any]:
    if spec.precision is None or spec.scale is None:
        raise ValueError(f"the decimal column {spec.name!r} needs a precision and a scale")
    return ExactDecimal(spec.precision, spec.scale)


_TYPES: Mapping[str, Callable[[ColumnSpec], sa.types.TypeEngine[Any]]] = {
    "text": _text,
    "integer": lambda _: sa.BigInteger(),
    "decimal": _decimal,
    "boolean": lambda _: sa.Boolean(),
    "date": lambda _: sa.Date(),
    "datetime": lambda _: UtcDateTime(),
    "time": lambda _: ClockTime(),
    "uuid": lambda _: Uuid7(),
    "json": lambda _: Json(),
    "bytes": lambda _: sa.LargeBinary(),
}


def column_type(spec: ColumnSpec) -> sa.types.TypeEngine[Any]:
    """The SQLAlchemy type of a column."""
    return _TYPES[spec.kind](spec)


def build_table(spec: TableSpec, metadata: sa.MetaData) -> sa.Table:
    """The table to write queries with: the visible columns, without schema, indexes and foreign keys.

    The physical table is made by a publish (`plan`, `apply`), never from here.
    """
    columns = [_column(column, spec.primary_key) for column in spec.columns if not column.hidden]
    searchable = any(index.method == "trigram" for index in spec.indexes)
    return sa.Table(spec.name, metadata, *columns, info={"searchable": searchable})


def _column(spec: ColumnSpec, primary_key: tuple[str, ...]) -> sa.Column[Any]:
    is_key = spec.name in primary_key
    return sa.Column(spec.name, column_type(spec), primary_key=is_key, nullable=spec.nullable and not is_key, autoincrement=False)


def spec_to_json(spec: TableSpec) -> dict[str, Any]:
    """A spec as JSON; values that are the default are left out."""
    return {
        "name": spec.name,
        "columns": [_changed_only(column, _COLUMN_DEFAULTS) for column in spec.columns],
        "indexes": [_changed_only(index, _INDEX_DEFAULTS) for index in spec.indexes],
        **({"hidden": True} if spec.hidden else {}),
    }


def spec_from_json(data: Mapping[str, Any]) -> TableSpec:
    """The inverse of `spec_to_json`."""
    columns = tuple(ColumnSpec(**column) for column in data["columns"])
    indexes = tuple(
        IndexSpec(**{**index, "columns": tuple(index["columns"]), "folded": tuple(index.get("folded", ()))})
        for index in data["indexes"]
    )
    return TableSpec(data["name"], columns, indexes, data.get("hidden", False))


def specs_to_json(specs: Iterable[TableSpec]) -> list[dict[str, Any]]:
    """All of `specs` as JSON."""
    return [spec_to_json(spec) for spec in specs]


def specs_from_json(data: Iterable[Mapping[str, Any]]) -> tuple[TableSpec, ...]:
    """The inverse of `specs_to_json`."""
    return tuple(spec_from_json(table) for table in data)


def _defaults(kind: type[ColumnSpec] | type[IndexSpec]) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


_COLUMN_DEFAULTS, _INDEX_DEFAULTS = _defaults(ColumnSpec), _defaults(IndexSpec)


def _changed_only(spec: ColumnSpec | IndexSpec, defaults: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """A field without a default is never equal to it (it is dataclasses' MISSING), so it is always told."""
    return {name: value for name, default in defaults if (value := getattr(spec, name)) != default}
