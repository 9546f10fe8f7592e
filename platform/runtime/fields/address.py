"""Postal addresses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.kernel.messages import N_
from tessera.runtime.fields.base import Coercion, CompiledField, Display, Rejected
from tessera.runtime.fields.composite import CompositeField
from tessera.runtime.fields.number_input import babel_locale
from tessera.runtime.fields.text_input import read_line, read_lines

#: Countries that write the region and the code after the city, and those that go from the large to the small.
_CODE_LAST = frozenset({"US", "CA", "AU", "GB", "IE", "IN", "NZ", "ZA"})
_LARGE_FIRST = frozenset({"CN", "TW", "JP", "KR", "HK", "MO"})
#: Two letters that CLDR has for other things: unions, outlying places, pseudo-accents, the unknown.
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


@dataclass(frozen=True, slots=True)
class Address:
    """Texts, "" where there is none; `country` as ISO 3166 letters (ES). `street` may have several lines."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


class AddressField(CompositeField):
    """Street, postal code, city, region and country, each in a column of its own. Filter and sort by `address.city`."""

    key = "address"
    label = "Address"
    widget = "address"
    options_schema: ClassVar[Mapping[str, Any]] = {}
    parts: ClassVar[Mapping[str, tuple[str, int]]] = {
        "street": (N_("Street"), 250),
        "postal_code": (N_("Postal code"), 20),
        "city": (N_("City"), 100),
        "region": (N_("Region"), 100),
        "country": (N_("Country"), 2),
    }
    value_type = Address

    def from_line(self, text: str, coercion: Coercion) -> Mapping[str, Any]:
        if not coercion.localized:
            raise Rejected("not_an_object", "This must be an object with {parts}.", parts=", ".join(self.parts))
        return {"street": text}

    def read_part(self, name: str, raw: Any, coercion: Coercion) -> str:
        if name == "street":
            return read_lines(raw, coercion, self.parts[name][1]) or ""
        if name == "country":
            return _read_country(raw, coercion)
        return super().read_part(name, raw, coercion)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else one_line(value, display)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return ", ".join(getattr(value, part) for part in self.parts if getattr(value, part))

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        joined: sa.ColumnElement[Any] = sa.literal("", sa.Text())
        for column in columns:
            joined = joined.concat(sa.func.coalesce(sa.literal(", ", sa.Text()).concat(column), ""))
        return sa.func.nullif(sa.func.substr(joined, 3), "")


def one_line(address: Address, display: Display) -> str:
    """The address as its country writes it, the country's name in the reader's language."""
    street = ", ".join(address.street.split("\n"))
    country = _territories(display.locale).get(address.country, address.country)
    if address.country in _LARGE_FIRST:
        return " ".join(part for part in (address.postal_code, country, address.region, address.city, street) if part)
    if address.country in _CODE_LAST:
        region = " ".join(part for part in (address.region, address.postal_code) if part)
        return ", ".join(part for part in (street, address.city, region, country) if part)
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    return ", ".join(part for part in (street, town, address.region, country) if part)


def _read_country(raw: Any, coercion: Coercion) -> str:
    """ISO letters; in forms and files also the name in the person's language or in English."""
    text = read_line(raw, coercion, 100)
    if text is None:
        return ""
    if text.upper() in _territories("en"):
        return text.upper()
    if coercion.localized:
        for locale in (coercion.context.locale, "en"):
            code = _by_name(locale).get(text.casefold())
            if code is not None:
                return code
    raise Rejected("unknown_country", "{country} is no country code.", country=text[:60])


@lru_cache(maxsize=32)
def _territories(locale: str) -> Mapping[str, str]:
    names = babel_locale(locale).territories
    codes = (str(code) for code in names)
    return {code: str(names[code]) for code in codes if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES}


@lru_cache(maxsize=32)
def _by_name(locale: str) -> Mapping[str, str]:
    return {name.casefold(): code for code, name in _territories(locale).items()}
