"""A day, without a time or a time zone."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa
from babel.dates import format_date

from tessera.expressions.types import DATE, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display
from tessera.runtime.fields.cells import FIRST_YEAR
from tessera.runtime.fields.comparison import emptiness
from tessera.runtime.fields.date_input import read_date
from tessera.runtime.fields.number_input import babel_locale
from tessera.runtime.fields.periods import NAMED, Period, parse_period, today
from tessera.runtime.fields.ranges import compare_ranges
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec

DATE_OPERATORS = (
    "eq", "during", "lt", "lte", "gt", "gte", "between", "ne", "in", "not_in", "is_empty", "is_not_empty",
)  # fmt: skip


class DateField(ScalarField):
    """Birthdays, due dates: the same day everywhere. Comparisons also take names of periods (`today`, `last_month`)."""

    key = "date"
    label = "Date"
    widget = "date"
    json_ready = True
    operators: ClassVar[tuple[str, ...]] = DATE_OPERATORS
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "date"),)

    def expression_type(self, field: CompiledField) -> Type:
        return DATE

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> date | None:
        if isinstance(raw, str) and raw.strip() == "today":  # a default that moves with the calendar
            return today(coercion.context)
        return read_date(raw, coercion)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return value.isoformat()

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else format_date(value, "medium", locale=babel_locale(display.locale))

    def to_search(self, field: CompiledField, value: Any) -> str:
        return "" if value is None else str(value)

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        day: date | None = value
        return day if day is None or day.year >= FIRST_YEAR else day.isoformat()

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator in ("in", "not_in"):
            return super().filter(field, columns, operator, operand, context)
        if operator in ("is_empty", "is_not_empty"):
            return emptiness(columns[0], operator, operand)

        def parse(raw: Any) -> tuple[date, date] | None:
            period = day_or_period(raw, context)
            return None if period is None else (period.start, period.end)

        return compare_ranges(columns[0], operator, operand, parse, self.operators)


def day_or_period(raw: Any, context: Context) -> Period | None:
    """An operand as whole days: a date, or the name of a period."""
    if isinstance(raw, Mapping) or (isinstance(raw, str) and raw in NAMED):
        return parse_period(raw, context)
    day = read_date(raw, Coercion(context))
    return None if day is None else Period.of_day(day)
