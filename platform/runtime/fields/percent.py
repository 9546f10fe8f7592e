"""Percentages."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from tessera.expressions.types import Type
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment
from tessera.runtime.fields.decimal import PRECISION, DecimalField, DecimalOptions, limits, percent_text, rounded
from tessera.runtime.fields.number_input import EXACT
from tessera.storage.types import ExactDecimal


class PercentField(DecimalField):
    """Stored, sent and filtered as people say it: 12.5 is 12.5 %. Formulas calculate with the fraction: 0.125."""

    key = "percent"
    label = "Percent"
    widget = "percent"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "scale": {
            "type": "integer", "minimum": 0, "maximum": 6, "default": 2,
            "description": "Decimals of the percentage; more are refused, never rounded away.",
        },
        "min": {"type": "number", "description": "Least percentage allowed."},
        "max": {"type": "number", "description": "Greatest percentage allowed."},
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> DecimalOptions:
        least, most = limits(definition.options)
        return DecimalOptions(PRECISION, definition.options.get("scale", 2), least, most)

    def expression_type(self, field: CompiledField) -> Type:
        return Type("number", scale=field.options.scale + 2)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        if coercion.localized and isinstance(raw, str):
            raw = raw.replace("%", "").replace("％", "")
        return super().coerce(field, raw, coercion)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return value.scaleb(-2, EXACT)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return rounded(Decimal(value).scaleb(2, EXACT), PRECISION, field.options.scale)

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return Hundredth(columns[0], field.options.scale)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        return percent_text(value.scaleb(-2, EXACT), display)


class Hundredth(FunctionElement[Decimal]):
    """A percentage column as the fraction it means, exact on both databases."""

    inherit_cache = True
    name = "hundredth"

    def __init__(self, column: sa.ColumnElement[Any], scale: int) -> None:
        super().__init__(column)
        self.type = ExactDecimal(PRECISION, scale + 2)


@compiles(Hundredth)
def _by_multiplying(element: Hundredth, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} * 0.01)"


@compiles(Hundredth, "sqlite")
def _by_scale(element: Hundredth, compiler: Any, **options: Any) -> str:
    """SQLite keeps an integer of 10^-scale units: the same integer is the fraction in units a hundred times as small."""
    text: str = compiler.process(element.clauses, **options)
    return text
