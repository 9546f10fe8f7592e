"""A line table: rows of a child module that are saved with their record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.expressions.types import Type, rows
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment, FieldType, Rejected
from tessera.storage.columns import ColumnSpec

MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class LinesOptions:
    """The line table's key (`module.field`), how many lines there may be, and the fields that grids show (None: all)."""

    table: str
    min: int
    max: int
    columns: tuple[str, ...] | None = None


class LinesField(FieldType):
    """Order lines and the like. The line's own fields stand in `fields`; the record service coerces and saves them."""

    key = "lines"
    label = "Lines"
    widget = "lines"
    stored = False
    operators: ClassVar[tuple[str, ...]] = ("is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "min": {"type": "integer", "minimum": 0, "maximum": MOST_LINES, "default": 0, "description": "Fewest lines of a record."},
        "max": {
            "type": "integer", "minimum": 1, "maximum": MOST_LINES, "default": MOST_LINES,
            "description": "Most lines a record may have.",
        },
        "columns": {
            "type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True,
            "description": "Fields that the grid of lines shows, in order; all of them by default. The API has them all.",
        },
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> LinesOptions:
        if not definition.fields:
            raise ValueError("a line table needs fields")
        options = LinesOptions(
            f"{environment.module_key}.{definition.key}",
            definition.options.get("min", 0),
            definition.options.get("max", MOST_LINES),
            tuple(definition.options["columns"]) if "columns" in definition.options else None,
        )
        unknown = [key for key in options.columns or () if key not in definition.fields]
        if unknown:
            raise ValueError(f"columns names no field of the line: {', '.join(unknown)}")
        if options.min > options.max:
            raise ValueError("min is greater than max")
        return options

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return ()

    def expression_type(self, field: CompiledField) -> Type:
        return rows(field.options.table)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> list[dict[str, Any]] | None:
        """The shape only: a list of rows of the right number. What stands in them is for their own fields."""
        if raw is None or raw == "":
            return None
        if (
            not isinstance(raw, Sequence)
            or isinstance(raw, str | bytes | bytearray)
            or not all(isinstance(r, Mapping) for r in raw)
        ):
            raise Rejected("not_a_list", "This must be a list of lines.")
        if len(raw) > field.options.max:
            raise Rejected("too_many_lines", "At most {most} lines are allowed.", most=field.options.max)
        if len(raw) < field.options.min:
            raise Rejected("too_few_lines", "At least {least} lines are needed.", least=field.options.min)
        return [dict(row) for row in raw] or None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        count = len(value)
        return display.translator.ngettext("{count} line", "{count} lines", count).format(count=count)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}, "minItems": field.options.min, "maxItems": field.options.max}
