"""Structured data that nothing else fits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import sqlalchemy as sa
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.comparison import emptiness, unknown_operator
from tessera.runtime.fields.json_input import plain_json
from tessera.storage.columns import ColumnSpec

MOST_DEPTH, MOST_BYTES = 20, 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class JsonOptions:
    """Limits, and the schema that values must fit (None: any)."""

    most_depth: int
    most_bytes: int
    schema: Mapping[str, Any] | None
    validator: Draft202012Validator | None


class JsonField(FieldType):
    """What another system sent, or a setting with a shape of its own. People's data wants real fields: they can be filtered."""

    key = "json"
    label = "JSON"
    widget = "json"
    operators: ClassVar[tuple[str, ...]] = ("is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "max_depth": {"type": "integer", "minimum": 1, "maximum": MOST_DEPTH, "default": 10, "description": "Deepest nesting."},
        "max_bytes": {
            "type": "integer",
            "minimum": 2,
            "maximum": MOST_BYTES,
            "default": 65_536,
            "description": "Most bytes, written without spaces.",
        },
        "schema": {"type": "object", "description": "JSON Schema (2020-12) that values must fit; it may refer to itself only."},
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> JsonOptions:
        given = definition.options
        schema = given.get("schema")
        validator = None
        if schema is not None:
            try:
                Draft202012Validator.check_schema(schema)
            except SchemaError as error:
                raise ValueError(f"schema is no JSON Schema: {error.message}") from None
            validator = Draft202012Validator(schema, registry=Registry())  # an empty registry: nothing is ever fetched
        return JsonOptions(given.get("max_depth", 10), given.get("max_bytes", 65_536), schema, validator)

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "json"),)

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        options: JsonOptions = field.options
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, str) and coercion.localized:
            raw = _parsed(raw, options)
        value = plain_json(raw, most_depth=options.most_depth, most_bytes=options.most_bytes)
        if options.validator is not None:
            _check(value, options.validator)
        return value

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return _text(value)

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return None

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return orjson.loads if dialect == "sqlite" else None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else _text(value)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return dict(field.options.schema or {})

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        return emptiness(columns[0], operator, operand)


def _parsed(text: str, options: JsonOptions) -> Any:
    if len(text) > 4 * options.most_bytes:
        raise Rejected("too_large", "This is too large.")
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise Rejected("not_json", "This is no JSON.") from None


def _check(value: Any, validator: Draft202012Validator) -> None:
    try:
        error = next(iter(validator.iter_errors(value)), None)
    except (Unresolvable, RecursionError):
        raise Rejected("schema_mismatch", "This cannot be checked against its schema.") from None
    if error is not None:
        place = "/" + "/".join(str(part) for part in error.absolute_path)
        raise Rejected("schema_mismatch", "At {place}: {reason}", place=place, reason=error.message[:200])


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
