"""Base of the types whose value the product works out: they behave like the type of their result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from tessera.expressions.types import Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, FieldType
from tessera.runtime.fields.boolean import BooleanField
from tessera.runtime.fields.date import DateField
from tessera.runtime.fields.datetime import DateTimeField
from tessera.runtime.fields.decimal import DecimalField
from tessera.runtime.fields.duration import DurationField
from tessera.runtime.fields.integer import IntegerField
from tessera.runtime.fields.long_text import LongTextField
from tessera.runtime.fields.money import MoneyField
from tessera.runtime.fields.percent import PercentField
from tessera.runtime.fields.text import TextField
from tessera.runtime.fields.time import TimeField
from tessera.storage.columns import ColumnSpec

#: What a computed value may be.
RESULT_TYPES: Mapping[str, FieldType] = {
    kind.key: kind
    for kind in (
        TextField(), LongTextField(), IntegerField(), DecimalField(), MoneyField(), PercentField(), BooleanField(),
        DateField(), DateTimeField(), TimeField(), DurationField(),
    )
}  # fmt: skip

#: Options of the result that a computed field may set.
RESULT_OPTIONS: Mapping[str, Any] = {
    "result": {"enum": list(RESULT_TYPES), "description": "Type of the value: how it is stored, shown and filtered."},
    "scale": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "description": "Decimals of a number; the value is rounded half up.",
    },
    "currency": MoneyField.options_schema["currency"],
    "max_length": {
        "type": "integer",
        "minimum": 1,
        "maximum": 600,
        "description": "Most characters of a text; more are cut off.",
    },
    "unit": DecimalField.options_schema["unit"],
    "padded": DecimalField.options_schema["padded"],
    "grouping": IntegerField.options_schema["grouping"],
}


#: Computed fields as fields of their result's type, for as long as their catalog lives.
_INNER: WeakKeyDictionary[CompiledField, CompiledField] = WeakKeyDictionary()


class ComputedField(FieldType):
    """Delegates to `field.options.result` with `field.options.result_options`. People cannot set the value."""

    writable = False
    operators: ClassVar[tuple[str, ...]] = tuple(
        dict.fromkeys(operator for kind in RESULT_TYPES.values() for operator in kind.operators)
    )
    may_be_unique = False
    widget = "computed"
    options_schema: ClassVar[Mapping[str, Any]] = RESULT_OPTIONS

    def operators_of(self, field: CompiledField) -> tuple[str, ...]:
        return self._kind(field).operators_of(self._inner(field))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        kind: FieldType = options.result
        return kind.column_specs(definition, options.result_options)

    def expression_type(self, field: CompiledField) -> Type:
        return self._kind(field).expression_type(self._inner(field))

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        return self._kind(field).coerce(self._inner(field), raw, coercion)

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        return self._kind(field).operand(self._inner(field), raw, context)

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return self._kind(field).to_columns(self._inner(field), value)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        return self._kind(field).from_columns(self._inner(field), values)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return self._kind(field).to_json(self._inner(field), value)

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return self._kind(field).json_from_driver(self._inner(field), dialect)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        kind, inner = self._kind(field), self._inner(field)
        return kind.to_text(inner, kind.shortened(inner, value, display), display)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return self._kind(field).to_search(self._inner(field), value)

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return self._kind(field).to_cell(self._inner(field), value, display)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return self._kind(field).to_expression(self._inner(field), value)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return self._kind(field).from_expression(self._inner(field), value)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return self._kind(field).json_schema(self._inner(field))

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        return self._kind(field).filter(self._inner(field), columns, operator, operand, context)

    def order_by(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return self._kind(field).order_by(self._inner(field), columns)

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return self._kind(field).expression_sql(self._inner(field), columns)

    def _kind(self, field: CompiledField) -> FieldType:
        kind: FieldType = field.options.result
        return kind

    def _inner(self, field: CompiledField) -> CompiledField:
        inner = _INNER.get(field)
        if inner is None:
            inner = _INNER[field] = replace(field, type=field.options.result, options=field.options.result_options)
        return inner


def parse_result(definition: FieldDefinition, environment: FieldEnvironment, default: str | None) -> tuple[FieldType, Any]:
    """The type of a computed field's value and its options. Raises ValueError."""
    name = definition.options.get("result", default)
    if name is None:
        raise ValueError(f"result is missing: one of {', '.join(RESULT_TYPES)}")
    kind = RESULT_TYPES.get(name)
    if kind is None:
        raise ValueError(f"result is one of {', '.join(RESULT_TYPES)}, not {name!r}")
    known = {option: value for option, value in definition.options.items() if option in kind.options_schema}
    return kind, kind.parse_options(replace(definition, options=known), environment)
