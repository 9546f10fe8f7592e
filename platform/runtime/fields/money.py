"""Amounts of money."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.currencies import amount_text, read_currency, split_amount, to_usual_decimals
from tessera.runtime.fields.decimal import PRECISION, DecimalField, decimal_pattern, limits, rounded, scaled_text
from tessera.runtime.fields.number_input import plain
from tessera.storage.columns import ColumnSpec


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with a currency of its own; "" is the tenant's base currency."""

    amount: Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True)
class MoneyOptions:
    """Decimals and limits; where the currency stands: in a field (`currency_field`, `parent.x` for a line), in the value, or
    nowhere, which means the base currency."""

    precision: int
    scale: int
    min: Decimal | None
    max: Decimal | None
    currency_field: str | None
    own_currency: bool


class MoneyField(DecimalField):
    """An exact amount. In formulas, filters and sorting the amount counts. JSON form: text ("12.50"), with `own_currency`
    an object: {"amount": "12.50", "currency": "EUR"}; a null currency is the base currency."""

    key = "money"
    label = "Money"
    widget = "money"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "scale": {
            "type": "integer", "minimum": 0, "maximum": 6, "default": 2,
            "description": "Decimals stored; more are refused, never rounded away. Unit prices often want 4.",
        },
        "min": {"type": "number", "description": "Least amount allowed."},
        "max": {"type": "number", "description": "Greatest amount allowed."},
        "currency": {
            "type": "string",
            "description": "Field with the currency: of the record, or `parent.<field>` in a line. Default: the base currency.",
        },
        "own_currency": {
            "type": "boolean", "default": False,
            "description": "Each value has a currency of its own, in a second column.",
        },
    }  # fmt: skip

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> MoneyOptions:  # type: ignore[override]
        given = definition.options
        least, most = limits(given)
        options = MoneyOptions(
            PRECISION, given.get("scale", 2), least, most, given.get("currency"), given.get("own_currency", False)
        )
        if options.own_currency and options.currency_field:
            raise ValueError("give either currency (a field) or own_currency")
        if options.currency_field and not options.currency_field.startswith("parent."):
            if options.currency_field not in environment.siblings or options.currency_field == definition.key:
                raise ValueError(f"currency names no other field of the record: {options.currency_field!r}")
        elif options.currency_field and "." not in environment.module_key:
            raise ValueError("parent.<field> is for lines only")
        return options

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        amount = super().column_specs(definition, options)
        return (*amount, ColumnSpec(f"{definition.key}__currency", "text", length=3)) if options.own_currency else amount

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        raw, currency = _split(raw, field, coercion)
        amount = super().coerce(field, raw, coercion)
        if amount is None or not field.options.own_currency:
            return amount
        return Money(amount, read_currency(currency))

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        raw, _ = _split(raw, field, Coercion(context))
        return super().operand(field, raw, context)

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        if not field.options.own_currency:
            return (value,)
        return (None, None) if value is None else (value.amount, value.currency or None)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        if not field.options.own_currency or values[0] is None:
            return values[0]
        return Money(values[0], values[1] or "")

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return value.amount if isinstance(value, Money) else value

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        amount = rounded(value, PRECISION, field.options.scale)
        return Money(amount) if field.options.own_currency else amount

    def to_json(self, field: CompiledField, value: Any) -> Any:
        if isinstance(value, Money):
            return {"amount": plain(value.amount), "currency": value.currency or None}
        return plain(value)

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        text: Callable[[Any], str] = plain if dialect == "postgresql" else scaled_text(field.options.scale)
        if not field.options.own_currency:
            return text
        return lambda amount, currency: None if amount is None else {"amount": text(amount), "currency": currency}

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        if isinstance(value, Money):
            return amount_text(value.amount, value.currency or display.currency, display)
        return amount_text(value, display.currency, display)

    def shortened(self, field: CompiledField, value: Any, display: Display) -> Any:
        """Rounded half up to the usual decimals of its currency: totals are kept exactly and read in cents."""
        if isinstance(value, Money):
            return Money(to_usual_decimals(value.amount, value.currency or display.currency), value.currency)
        return None if value is None else to_usual_decimals(value, display.currency)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return "" if value is None else plain(self.to_expression(field, value))

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        cell: Cell = None if value is None else self.to_expression(field, value)
        return cell

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        amount = {"type": "string", "pattern": decimal_pattern(PRECISION, field.options.scale)}
        if not field.options.own_currency:
            return amount
        currency = {"type": ["string", "null"], "pattern": "^[A-Z]{3}$"}
        return {
            "type": "object", "properties": {"amount": amount, "currency": currency}, "required": ["amount"],
            "additionalProperties": False,
        }  # fmt: skip


def _split(raw: Any, field: CompiledField, coercion: Coercion) -> tuple[Any, Any]:
    """(the amount as sent, its currency). An amount without one is in the base currency."""
    if isinstance(raw, Money):
        return raw.amount, raw.currency
    if isinstance(raw, Mapping):
        if set(raw) - {"amount", "currency"}:
            raise Rejected("not_money", "Money is an amount and a currency.")
        return raw.get("amount"), raw.get("currency")
    if isinstance(raw, str) and coercion.localized:
        return split_amount(raw, coercion.context.locale, coercion.currency)
    return raw, None
