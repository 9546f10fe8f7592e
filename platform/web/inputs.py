"""What stands in a control: values in the notation that `coerce` takes back from the same person."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
from babel.numbers import get_decimal_symbol

from tessera.kernel.context import Context
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.money import Money
from tessera.runtime.fields.number_input import babel_locale, plain
from tessera.runtime.fields.periods import zone_of
from tessera.web.presenting import result_of


def input_text(field: CompiledField, value: Any, context: Context) -> str:
    """`value` as the text of its control; "" for none. Numbers with the reader's decimal mark and without groups.

    Dates and times are ISO, as the browser's own controls want them.
    """
    if value is None:
        return ""
    if isinstance(value, Money):
        value = value.amount
    if isinstance(value, Decimal):
        return decimal_text(value, context.locale, padded=2 if result_of(field)[0].widget == "money" else 0)
    if isinstance(value, date | time):
        return _moment_text(value, context)
    shown = field.type.to_json(field, value)
    if isinstance(shown, list) and all(isinstance(one, str) for one in shown):
        return ", ".join(shown)
    if isinstance(shown, dict | list):
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()
    return str(shown)


def _moment_text(value: date | time, context: Context) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(zone_of(context)).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat("minutes" if not value.second else "seconds") if isinstance(value, time) else value.isoformat()


def decimal_text(value: Decimal, locale: str, *, padded: int = 0) -> str:
    """Plain digits with the decimal mark of `locale`, without needless zeros, with at least `padded` decimals."""
    whole, _, decimals = plain(value).partition(".")
    decimals = decimals.rstrip("0").ljust(padded, "0")
    return whole + (get_decimal_symbol(babel_locale(locale)) + decimals if decimals else "")
