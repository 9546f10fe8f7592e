"""A time of day."""

from collections.abc import Mapping
from datetime import time
from typing import Any, ClassVar

from babel.dates import format_time

from tessera.expressions.types import TIME, Type
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display
from tessera.runtime.fields.date_input import read_time
from tessera.runtime.fields.number_input import babel_locale
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec


class TimeField(ScalarField):
    """Opening hours, daily reminders: the same clock time everywhere, to the second."""

    key = "time"
    label = "Time of day"
    widget = "time"
    json_ready = True
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "time"),)

    def expression_type(self, field: CompiledField) -> Type:
        return TIME

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> time | None:
        value = read_time(raw, coercion)
        return None if value is None else value.replace(microsecond=0, fold=0)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return value.isoformat()

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else format_time(value, "short", locale=babel_locale(display.locale))

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        cell: Cell = value
        return cell

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$"}
