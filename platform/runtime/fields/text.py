"""One line of text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, FieldEnvironment
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

#: So that four bytes a character still fit a PostgreSQL index entry (2,704 bytes).
LONGEST = 600


@dataclass(frozen=True, slots=True)
class TextOptions:
    """`max_length` in characters."""

    max_length: int


class TextField(TextualField):
    """Names, codes, titles: one line, trimmed, composed (NFC), without control characters."""

    key = "text"
    label = "Text"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "max_length": {
            "type": "integer", "minimum": 1, "maximum": LONGEST, "default": 200,
            "description": f"Most characters; at most {LONGEST}, so that the field can be indexed.",
        },
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> TextOptions:
        return TextOptions(definition.options.get("max_length", 200))

    def column_specs(self, definition: FieldDefinition, options: TextOptions) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=options.max_length),)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        return read_line(raw, coercion, field.options.max_length)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        """Joined texts are cut off at the field's length."""
        return super().from_expression(field, value[: field.options.max_length])

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": field.options.max_length}
