"""Bar codes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, FieldEnvironment, Rejected
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

BARCODE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class BarcodeOptions:
    """The symbology that is printed and checked."""

    symbology: str


class BarcodeField(TextualField):
    """A code as scanned or typed; where the symbology has a check digit it must be right."""

    key = "barcode"
    label = "Bar code"
    widget = "barcode"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "symbology": {
            "enum": ["code128", "ean13", "ean8", "upca", "itf14"],
            "default": "code128",
            "description": "Code 128 takes any printable ASCII; EAN-13, EAN-8, UPC-A and ITF-14 take digits with a check digit.",
        },
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> BarcodeOptions:
        return BarcodeOptions(definition.options.get("symbology", "code128"))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=BARCODE_LENGTH),)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        text = read_line(raw, coercion, BARCODE_LENGTH)
        return None if text is None else _READERS[field.options.symbology](text)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": BARCODE_LENGTH, "pattern": "^[ -~]+$"}


def _code128(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise Rejected("not_a_barcode", "A Code 128 bar code has printable ASCII characters only.")
    return text


def _digits(length: int, name: str) -> Callable[[str], str]:
    """A reader of codes of `length` digits, the last of which is the check digit of GS1."""

    def read(text: str) -> str:
        digits = text.replace(" ", "").replace("-", "")
        # scanners give a UPC-A as an EAN-13 that begins with 0, and the other way round
        if length == 13 and len(digits) == 12:
            digits = "0" + digits
        elif length == 12 and len(digits) == 13 and digits.startswith("0"):
            digits = digits[1:]
        if not (digits.isascii() and digits.isdigit()) or len(digits) != length:
            raise Rejected("not_a_barcode", "A {symbology} bar code has {length} digits.", symbology=name, length=length)
        if check_digit(digits[:-1]) != int(digits[-1]):
            raise Rejected("wrong_check_digit", "The last digit of this bar code does not fit the others.")
        return digits

    return read


def check_digit(digits: str) -> int:
    """The check digit of GS1 (EAN, UPC, ITF-14): weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10


_READERS: Mapping[str, Callable[[str], str]] = {
    "code128": _code128,
    "ean13": _digits(13, "EAN-13"),
    "ean8": _digits(8, "EAN-8"),
    "upca": _digits(12, "UPC-A"),
    "itf14": _digits(14, "ITF-14"),
}
