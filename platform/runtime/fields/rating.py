"""Stars."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import CompiledField, Display, FieldEnvironment
from tessera.runtime.fields.integer import IntegerField, IntegerOptions


class RatingField(IntegerField):
    """One to five stars, or up to ten."""

    key = "rating"
    label = "Rating"
    widget = "rating"
    may_be_unique = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "max": {"type": "integer", "minimum": 2, "maximum": 10, "default": 5, "description": "How many stars there are."},
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> IntegerOptions:
        return IntegerOptions(1, definition.options.get("max", 5), grouping=False)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else f"{value}/{field.options.max}"

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""
