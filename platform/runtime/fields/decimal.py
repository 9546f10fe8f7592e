"""Exact numbers with decimals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any, ClassVar, Literal

from babel import Locale
from babel.numbers import NumberPattern, parse_pattern

from tessera.expressions.types import Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.number_input import EXACT, babel_locale, check_range, fit, plain, read_decimal
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec

#: Digits that fit the 64-bit integers in which SQLite keeps exact numbers.
PRECISION = 18
MOST_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class DecimalOptions:
    """`precision` digits in all, `scale` of them decimals; `min` and `max` included (None: no limit).

    `padded` shows zeros at the end.
    """

    precision: int
    scale: int
    min: Decimal | None
    max: Decimal | None
    unit: str = ""
    padded: bool = False


class DecimalField(ScalarField):
    """Quantities, weights, rates: exact, with a fixed number of decimals, 18 digits in all. JSON form: text ("12.50")."""

    key = "decimal"
    label = "Decimal number"
    widget = "number"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "scale": {
            "type": "integer", "minimum": 0, "maximum": MOST_DECIMALS, "default": 2,
            "description": "Decimals stored; more are refused, never rounded away.",
        },
        "precision": {
            "type": "integer",
            "minimum": 1,
            "maximum": PRECISION,
            "default": PRECISION,
            "description": "Digits in all, before and after the point.",
        },
        "min": {"type": "number", "description": "Least value allowed."},
        "max": {"type": "number", "description": "Greatest value allowed."},
        "unit": {"type": "string", "maxLength": 20, "default": "", "description": "Unit shown after the number (kg, m², h)."},
        "padded": {"type": "boolean", "default": False, "description": "Always show all decimals (12.50, not 12.5)."},
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> DecimalOptions:
        given = definition.options
        least, most = limits(given)
        precision, scale = given.get("precision", PRECISION), given.get("scale", 2)
        if scale > precision:
            raise ValueError("scale is greater than precision")
        return DecimalOptions(precision, scale, least, most, given.get("unit", ""), given.get("padded", False))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "decimal", precision=options.precision, scale=options.scale),)

    def expression_type(self, field: CompiledField) -> Type:
        return Type("number", scale=field.options.scale)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        value = read_decimal(raw, coercion)
        if value is None:
            return None
        value = fit(value, field.options.precision, field.options.scale)
        check_range(value, field.options.min, field.options.max)
        return value

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        value = read_decimal(raw, Coercion(context))
        return None if value is None else fit(value, PRECISION, field.options.scale)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return rounded(value, field.options.precision, field.options.scale)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return plain(value)

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return plain if dialect == "postgresql" else scaled_text(field.options.scale)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        text = number_text(value, display, padded=field.options.scale if field.options.padded else 0)
        return f"{text} {display.translator.gettext(field.options.unit)}" if field.options.unit else text

    def to_search(self, field: CompiledField, value: Any) -> str:
        return "" if value is None else plain(value)

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        cell: Cell = value
        return cell

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "pattern": decimal_pattern(field.options.precision, field.options.scale)}


def limits(given: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    """`min` and `max` of a definition as exact numbers. Raises ValueError when they exclude everything."""
    least, most = (None if given.get(name) is None else Decimal(str(given[name])) for name in ("min", "max"))
    if least is not None and most is not None and least > most:
        raise ValueError("min is greater than max")
    return least, most


def rounded(value: Any, precision: int, scale: int) -> Decimal:
    """A formula's result with `scale` decimals, half up. Raises `Rejected` when it does not fit the column."""
    with localcontext(EXACT):
        exact = Decimal(value)
        if exact and exact.adjusted() >= precision - scale:
            raise Rejected("out_of_range", "This number is too large.")
        return fit(exact.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP), precision, scale)


def decimal_pattern(precision: int, scale: int) -> str:
    """A pattern of the JSON form."""
    return rf"^-?[0-9]{{1,{max(1, precision - scale)}}}" + (rf"\.[0-9]{{{scale}}}$" if scale else "$")


def scaled_text(scale: int) -> Callable[[int], str]:
    """SQLite's scaled integers → plain digits, without a Decimal between."""
    if scale == 0:
        return str

    def text(units: int) -> str:
        sign, digits = ("-", str(-units)) if units < 0 else ("", str(units))
        digits = digits.zfill(scale + 1)
        return f"{sign}{digits[:-scale]}.{digits[-scale:]}"

    return text


def number_text(value: Decimal, display: Display, *, padded: int = 0) -> str:
    """`value` in the reader's notation, with at least `padded` decimals and no rounding."""
    locale = babel_locale(display.locale)
    text: str = _pattern(locale, "decimal", padded).apply(value, locale, decimal_quantization=False)
    return text


def percent_text(fraction: Decimal, display: Display) -> str:
    """0.125 as "12.5%" in the reader's notation."""
    locale = babel_locale(display.locale)
    text: str = _pattern(locale, "percent", 0).apply(fraction, locale, decimal_quantization=False)
    return text


@lru_cache(maxsize=128)
def _pattern(locale: Locale, kind: Literal["decimal", "percent"], padded: int) -> NumberPattern:
    """The locale's own pattern, with from `padded` to all decimals."""
    formats = locale.decimal_formats if kind == "decimal" else locale.percent_formats
    pattern = parse_pattern(formats[None].pattern)
    pattern.frac_prec = (padded, MOST_DECIMALS + 3)
    return pattern
