"""E-mail addresses."""

from collections.abc import Mapping
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

EMAIL_LENGTH = 254


class EmailField(TextualField):
    """One address, checked for its form and normalised (domain in lower case); nobody asks the network whether it exists."""

    key = "email"
    label = "E-mail"
    widget = "email"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=EMAIL_LENGTH),)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        text = read_line(raw, coercion, 1000)
        if text is None:
            return None
        if text[:7].lower() == "mailto:":
            text = text[7:]
        try:
            found = validate_email(text, check_deliverability=False, strict=True)
        except EmailNotValidError:
            raise _not_an_email() from None
        if len(found.normalized) > EMAIL_LENGTH:
            raise _not_an_email()
        return found.normalized

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": EMAIL_LENGTH}


def _not_an_email() -> Rejected:
    return Rejected("not_an_email", "This must be an e-mail address, such as {example}.", example="ana@example.com")
