"""Numbers that the product draws: "SO-202601-0001"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, FieldEnvironment
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import TextualField
from tessera.runtime.numbering.scheme import NUMBER_LENGTH, RESETS, Scheme, parse_scheme
from tessera.storage.columns import ColumnSpec


@dataclass(frozen=True, slots=True)
class SequenceOptions:
    """The scheme; the counter's series and first number; whether gaps are ruled out; whether codes may be typed by hand."""

    scheme: Scheme
    series: str
    start: int
    gap_free: bool
    manual: bool


class SequenceField(TextualField):
    """Drawn when the record is first saved. Gap-free numbers are drawn inside the record's own transaction, so that a save that
    fails gives its number back, at the price that saves of the same series wait for each other."""

    key = "sequence"
    label = "Number"
    widget = "sequence"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "scheme": {
            "type": "string", "minLength": 3, "maxLength": 80,
            "description": "Its form: text, {YYYY} {YY} {MM} {DD} or joined ({YYYYMM}), one counter {0000}, {field:key}.",
        },
        "reset": {
            "enum": list(RESETS),
            "description": "When the counter begins anew; by default with the scheme's finest date part.",
        },
        "start": {"type": "integer", "minimum": 0, "maximum": 10**12, "default": 1, "description": "First number of a period."},
        "gap_free": {"type": "boolean", "default": False, "description": "No number may be missing, as of invoices."},
        "manual": {
            "type": "boolean", "default": False,
            "description": "A code may be typed by hand; the counter then leaves out codes that are taken. Needs `unique: true`.",
        },
    }  # fmt: skip
    required_options: ClassVar[tuple[str, ...]] = ("scheme",)

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> SequenceOptions:
        given = definition.options
        scheme = parse_scheme(str(given.get("scheme", "")), given.get("reset"))
        for key in scheme.field_keys:
            if key not in environment.siblings or key == definition.key:
                raise ValueError(f"the scheme names the field {key!r}, which is not a field beside this one")
        options = SequenceOptions(
            scheme,
            f"{environment.module_key}.{definition.key}",
            given.get("start", 1),
            given.get("gap_free", False),
            given.get("manual", False),
        )
        if options.manual and not definition.unique:
            raise ValueError("a number that may be typed by hand must be unique: add unique: true")
        return options

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=NUMBER_LENGTH),)

    def accepts_input(self, field: CompiledField) -> bool:
        return bool(field.options.manual)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        return read_line(raw, coercion, NUMBER_LENGTH)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": NUMBER_LENGTH}
