"""A moment, stored in UTC and shown in the reader's time zone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from babel.dates import format_datetime

from tessera.expressions.types import DATETIME, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display
from tessera.runtime.fields.cells import FIRST_YEAR
from tessera.runtime.fields.comparison import emptiness, parse_list
from tessera.runtime.fields.date import DATE_OPERATORS
from tessera.runtime.fields.date_input import is_plain_date, read_datetime
from tessera.runtime.fields.number_input import babel_locale
from tessera.runtime.fields.periods import NAMED, Period, parse_period, zone_named, zone_of
from tessera.runtime.fields.ranges import compare_ranges
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec


class DateTimeField(ScalarField):
    """Appointments, time stamps. A filter's operand may be a moment, a day or a period of the person's time zone.

    JSON form: ISO 8601 in UTC ("2026-01-15T08:30:00+00:00"). Input without an offset is in the person's time zone.
    """

    key = "datetime"
    label = "Date and time"
    widget = "datetime"
    operators: ClassVar[tuple[str, ...]] = DATE_OPERATORS
    options_schema: ClassVar[Mapping[str, Any]] = {
        "seconds": {"type": "boolean", "default": False, "description": "Show and ask for seconds."},
    }

    def parse_options(self, definition: FieldDefinition, environment: Any) -> bool:
        return bool(definition.options.get("seconds", False))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "datetime"),)

    def expression_type(self, field: CompiledField) -> Type:
        return DATETIME

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> datetime | None:
        if isinstance(raw, str) and raw.strip() == "now":  # a default that moves with the clock
            return coercion.context.now()
        return read_datetime(raw, coercion)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return value.isoformat()

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return _from_sqlite if dialect == "sqlite" else None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        return format_datetime(
            value,
            "medium" if field.options else "short",
            tzinfo=zone_named(display.timezone),
            locale=babel_locale(display.locale),
        )

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        if value is None:
            return None
        local: datetime = value.astimezone(zone_named(display.timezone)).replace(tzinfo=None)
        return local if local.year >= FIRST_YEAR else local.isoformat(" ")

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        column = columns[0]

        def parse(raw: Any) -> tuple[datetime, datetime] | None:
            return _stretch(raw, context)

        if operator in ("in", "not_in"):
            within = sa.or_(
                *(compare_ranges(column, "eq", raw, parse, self.operators) for raw in parse_list(operand, lambda raw: raw))
            )
            return within if operator == "in" else sa.or_(column.is_(None), sa.not_(within))
        if operator in ("is_empty", "is_not_empty"):
            return emptiness(column, operator, operand)
        return compare_ranges(column, operator, operand, parse, self.operators)


def _stretch(raw: Any, context: Context) -> tuple[datetime, datetime] | None:
    """An operand as [from, to): a period or a whole day of the person's time zone, or one microsecond."""
    zone = zone_of(context)
    if isinstance(raw, Mapping) or (isinstance(raw, str) and raw in NAMED):
        return parse_period(raw, context).moments(zone)
    moment = context.now() if raw == "now" else read_datetime(raw, Coercion(context))
    if moment is None:
        return None
    if is_plain_date(raw):
        return Period.of_day(moment.astimezone(zone).date()).moments(zone)
    return moment, moment + timedelta(microseconds=1)


def _from_sqlite(text: str) -> str:
    """The stored text → the JSON form."""
    fraction = "" if text.endswith(".000000") else text[19:]
    return f"{text[:10]}T{text[11:19]}{fraction}+00:00"
