"""Text of several lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, FieldEnvironment
from tessera.runtime.fields.text_input import read_lines
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class LongTextOptions:
    """`max_length` in characters; `rows` of the input box."""

    max_length: int
    rows: int


class LongTextField(TextualField):
    """Remarks and descriptions: any number of lines, plain. Too long to sort, group or be unique."""

    key = "long_text"
    label = "Long text"
    widget = "long_text"
    operators: ClassVar[tuple[str, ...]] = ("contains", "not_contains", "is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "max_length": {
            "type": "integer", "minimum": 1, "maximum": LONGEST, "default": 20_000,
            "description": "Most characters.",
        },
        "rows": {
            "type": "integer", "minimum": 2, "maximum": 40, "default": 4,
            "description": "Height of the input box, in lines.",
        },
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> LongTextOptions:
        return LongTextOptions(definition.options.get("max_length", 20_000), definition.options.get("rows", 4))

    def column_specs(self, definition: FieldDefinition, options: LongTextOptions) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text"),)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        return read_lines(raw, coercion, field.options.max_length)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        """Joined texts are cut off at the field's length."""
        return super().from_expression(field, value[: field.options.max_length])

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": field.options.max_length}
