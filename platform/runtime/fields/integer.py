"""Whole numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tessera.expressions.types import INTEGER, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.decimal import PRECISION, number_text, rounded
from tessera.runtime.fields.number_input import SAFE_INTEGER, check_range, read_decimal
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec


@dataclass(frozen=True, slots=True)
class IntegerOptions:
    """The limits, both included; `grouping` shows thousands apart."""

    min: int
    max: int
    grouping: bool


class IntegerField(ScalarField):
    """Counts, years, ranks: within ±(2^53 - 1), so that every JSON reader takes them exactly."""

    key = "integer"
    label = "Whole number"
    widget = "number"
    json_ready = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "min": {"type": "integer", "minimum": -SAFE_INTEGER, "maximum": SAFE_INTEGER, "description": "Least value allowed."},
        "max": {"type": "integer", "minimum": -SAFE_INTEGER, "maximum": SAFE_INTEGER, "description": "Greatest value allowed."},
        "grouping": {
            "type": "boolean",
            "default": True,
            "description": "Show thousands apart (1,234); false for years and the like.",
        },
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> IntegerOptions:
        given = definition.options
        options = IntegerOptions(given.get("min", -SAFE_INTEGER), given.get("max", SAFE_INTEGER), given.get("grouping", True))
        if options.min > options.max:
            raise ValueError("min is greater than max")
        return options

    def column_specs(self, definition: FieldDefinition, options: IntegerOptions) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "integer"),)

    def expression_type(self, field: CompiledField) -> Type:
        return INTEGER

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> int | None:
        number = _whole(read_decimal(raw, coercion))
        if number is not None:
            check_range(number, field.options.min, field.options.max)
        return number

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        return _whole(read_decimal(raw, Coercion(context)))

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return Decimal(value)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return _whole(rounded(value, PRECISION, 0))

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        return number_text(Decimal(value), display) if field.options.grouping else str(value)

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        cell: Cell = value
        return cell

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "integer", "minimum": field.options.min, "maximum": field.options.max}


def _whole(value: Decimal | None) -> int | None:
    if value is None:
        return None
    if value.adjusted() > 20 or (value and value.adjusted() < -40):
        raise Rejected("out_of_range", "This number is too large.")
    if value != value.to_integral_value():
        raise Rejected("not_whole", "This must be a whole number.")
    number = int(value)
    if abs(number) > SAFE_INTEGER:
        raise Rejected("out_of_range", "This number is too large.")
    return number
