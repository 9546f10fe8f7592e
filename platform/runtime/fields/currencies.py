"""Currency codes (ISO 4217) and how amounts are written."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol, list_currencies

from tessera.runtime.fields.base import Display, Rejected
from tessera.runtime.fields.decimal import number_text
from tessera.runtime.fields.number_input import babel_locale

_CODE_BESIDE = re.compile(r"([A-Za-z]{3})\s*(.*\d.*)|(.*\d.*?)\s*([A-Za-z]{3})", re.ASCII | re.DOTALL)


@lru_cache(maxsize=1)
def known_currencies() -> frozenset[str]:
    """Every code that is or was a currency."""
    return frozenset(list_currencies())


def read_currency(raw: Any) -> str:
    """`raw` as a currency code; "" when there is none, which means the base currency. Raises `Rejected`."""
    if raw is None:
        return ""
    if not isinstance(raw, str) or len(raw) > 20:
        raise _no_currency(raw)
    code = raw.strip().upper()
    if code and code not in known_currencies():
        raise _no_currency(raw)
    return code


def split_amount(text: str, locale: str, currency: str) -> tuple[str, str]:
    """A typed amount → (the number, the currency beside it or ""). `currency` is the one whose sign may stand there."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").strip()[:200]
    if text.startswith(("-", "+")):  # before the currency's sign or code, where most languages put it
        number, found = split_amount(text[1:], locale, currency) if text[1:2] not in "+-" else (text, "")
        return (text[0] + number if found else text), found
    match = _CODE_BESIDE.fullmatch(text)
    if match:
        code = (match.group(1) or match.group(4)).upper()
        if code in known_currencies():
            return (match.group(2) or match.group(3)).strip(), code
    if currency:
        for sign in {get_currency_symbol(currency, at) for at in (babel_locale(locale), babel_locale("en"))}:
            if text.startswith(sign):
                return text[len(sign) :].strip(), currency
            if text.endswith(sign):
                return text[: -len(sign)].strip(), currency
    return text, ""


def to_usual_decimals(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half up to the decimals that `currency` is paid in; two where it is not known."""
    places = get_currency_precision(currency) if currency else 2
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def amount_text(amount: Decimal, currency: str, display: Display) -> str:
    """An amount as the reader writes it: with the currency's usual decimals, and all that it has beyond them."""
    if not currency:
        return number_text(amount, display, padded=2)
    return format_currency(amount, currency, locale=babel_locale(display.locale), decimal_quantization=False)


def _no_currency(raw: Any) -> Rejected:
    shown = raw[:20].encode("utf-8", "replace").decode() if isinstance(raw, str) else type(raw).__name__
    return Rejected("unknown_currency", "{currency} is no currency code.", currency=shown)
