"""Colours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.expressions.types import TEXT, Type
from tessera.kernel.messages import N_
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.comparison import EQUALITY
from tessera.runtime.fields.scalar import ScalarField
from tessera.runtime.fields.text_input import read_line
from tessera.storage.columns import ColumnSpec

#: The design's tones with their names; they keep their contrast in dark mode.
TONES: Mapping[str, str] = {
    "gray": N_("Gray"),
    "blue": N_("Blue"),
    "sky": N_("Sky"),
    "teal": N_("Teal"),
    "green": N_("Green"),
    "amber": N_("Amber"),
    "orange": N_("Orange"),
    "red": N_("Red"),
    "rose": N_("Rose"),
    "violet": N_("Violet"),
    "slate": N_("Slate"),
}
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ColourOptions:
    """Whether any colour may be given beside the tones."""

    free: bool


class ColourField(ScalarField):
    """One of the design's tones (`teal`), or the real colour of a thing (`#0a7f3c`)."""

    key = "colour"
    label = "Colour"
    widget = "colour"
    json_ready = True
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    may_be_unique = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "free": {
            "type": "boolean",
            "default": True,
            "description": "Any colour may be given; false: the design's tones only.",
        },
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> ColourOptions:
        return ColourOptions(definition.options.get("free", True))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=10),)

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        text = read_line(raw, coercion, 60)
        if text is None:
            return None
        if text.lower() in TONES:
            return text.lower()
        if coercion.localized:
            for tone, name in TONES.items():
                if text.casefold() in (name.casefold(), coercion.translator.gettext(name).casefold()):
                    return tone
        match = _HEX.fullmatch(text)
        if match is None or not field.options.free:
            raise Rejected("not_a_colour", "This must be a colour: {tones}.", tones=", ".join(TONES))
        digits = match.group(1).lower()
        return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        return display.translator.gettext(TONES[value]) if value in TONES else value

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        if not field.options.free:
            return {"type": "string", "enum": list(TONES)}
        return {"type": "string", "pattern": f"^(#[0-9a-f]{{6}}|{'|'.join(TONES)})$"}
