"""Several choices of a dictionary."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tessera.kernel.messages import English
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment
from tessera.runtime.fields.choice_set import MOST_MEMBERS, ChoiceSetField
from tessera.runtime.fields.choices import CHOICE_OPTIONS, Choices, choice_text, parse_choices
from tessera.storage.columns import ColumnSpec


class MultiPicklistField(ChoiceSetField):
    """Interests, channels: a set of keys, kept in the order of the dictionary."""

    key = "multi_picklist"
    label = "Several choices"
    options_schema: ClassVar[Mapping[str, Any]] = CHOICE_OPTIONS

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> Choices:
        return parse_choices(definition, environment)

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text"),)

    def member(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        if isinstance(coercion.stored, tuple) and raw in coercion.stored:
            return str(raw)  # also one that the dictionary has lost since
        key: str | None = field.options.find(raw, coercion)
        return key

    def arrange(self, field: CompiledField, members: list[str]) -> tuple[str, ...]:
        places = field.options.positions
        return tuple(sorted(set(members), key=lambda key: (places.get(key, len(places)), key)))

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> tuple[str, ...] | None:
        value = super().coerce(field, raw, coercion)
        for key in value or ():
            if key in field.options.values:
                field.options.refuse_retired(key, coercion.stored)
        return value

    def check(self, field: CompiledField, value: Any, record: Mapping[str, Any], stored: Mapping[str, Any] | None) -> None:
        choices: Choices = field.options
        if choices.controlled_by is None:
            return
        if stored is not None and all(stored.get(name) == record.get(name) for name in (field.key, choices.controlled_by)):
            return
        for key in value:
            choices.refuse_ruled_out(key, record)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return ", ".join(choice_text(field.options, key, display) for key in value or ())

    def to_search(self, field: CompiledField, value: Any) -> str:
        return " ".join(field.options.label(key, English()) for key in value or ())

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        member = {"type": "string", "enum": list(field.options.values)}
        return {"type": "array", "items": member, "uniqueItems": True, "minItems": 1, "maxItems": MOST_MEMBERS}
