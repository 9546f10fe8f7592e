"""Telephone numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

PHONE_LENGTH = 60
_PUNCTUATION = re.compile(r"[\s().\-/–]+")


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """`region`: the country (ISO 3166) whose numbers are written without a country code; "" for none."""

    region: str


class PhoneField(TextualField):
    """A number that can be dialled is kept as E.164 (`+34912345678`, an extension as `;ext=5`) and shown as people of the
    region write it; anything else with digits in it is kept as written."""

    key = "phone"
    label = "Phone"
    widget = "phone"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "region": {
            "type": "string", "pattern": "^[A-Z]{2}$",
            "description": "Country (ISO 3166, such as ES) of numbers written without a country code.",
        },
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> PhoneOptions:
        region = definition.options.get("region", "")
        if region and region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"there is no telephone region {region!r}")
        return PhoneOptions(region)

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=PHONE_LENGTH),)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        text = read_line(raw, coercion, PHONE_LENGTH)
        if text is None:
            return None
        number = _parse(text, field.options.region)
        if number is not None:
            return _stored(number)
        if not any(sign.isdigit() for sign in text):
            raise Rejected("not_a_phone", "This must be a telephone number.")
        return text

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        text = read_line(raw, Coercion(context), PHONE_LENGTH)
        number = _parse(text, field.options.region) if text else None
        return text if number is None else _stored(number)

    def fragment(self, field: CompiledField, raw: Any, context: Context) -> Any:
        """Digits run together in storage: `912 345` finds +34912345678."""
        text = read_line(raw, Coercion(context), PHONE_LENGTH)
        return _PUNCTUATION.sub("", text) or text if text else text

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        number = _parse(value, field.options.region) if value else None
        if number is None:
            return value or ""
        at_home = number.country_code == phonenumbers.country_code_for_region(field.options.region or "ZZ")
        return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL)

    def to_search(self, field: CompiledField, value: Any) -> str:
        """As stored, and as dialled at home."""
        number = _parse(value, field.options.region) if value else None
        if number is None:
            return value or ""
        national = _PUNCTUATION.sub("", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
        return f"{value} {national}"

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": PHONE_LENGTH}


def _parse(text: str, region: str) -> PhoneNumber | None:
    """The number, when it is one that can be dialled."""
    try:
        number = phonenumbers.parse(text, region or None)
    except NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _stored(number: PhoneNumber) -> str:
    text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{text};ext={number.extension}" if number.extension else text
