"""Free words, as many as wanted."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, Rejected
from tessera.runtime.fields.choice_set import MOST_MEMBERS, SEPARATOR, ChoiceSetField
from tessera.runtime.fields.text_input import read_line
from tessera.storage.columns import ColumnSpec

TAG_LENGTH = 60


class TagsField(ChoiceSetField):
    """Words that people make up as they go; the same word in another case is the same tag."""

    key = "tags"
    label = "Tags"
    widget = "tags"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text"),)

    def member(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        word = read_line(raw, coercion, TAG_LENGTH)
        if word is not None and (SEPARATOR in word or "," in word):
            raise Rejected("bad_tag", "A tag has no comma and no vertical bar.")
        return word

    def arrange(self, field: CompiledField, members: list[str]) -> tuple[str, ...]:
        first: dict[str, str] = {}
        for word in members:
            first.setdefault(word.lower(), word)
        return tuple(first.values())

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return ", ".join(value or ())

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        word = {"type": "string", "minLength": 1, "maxLength": TAG_LENGTH, "pattern": "^[^|,]*$"}
        return {"type": "array", "items": word, "minItems": 1, "maxItems": MOST_MEMBERS}
