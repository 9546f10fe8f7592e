"""Amounts and their currencies."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tessera.runtime.fields.base import Display
from tessera.runtime.fields.money import Money
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.fields.building import coerce, compiled, context, definition, refusal, text
from tests.runtime.fields.test_conformance_in_databases import Rows


@pytest.mark.parametrize(
    ("locale", "typed"),
    [
        ("en", "€1,234.50"),
        ("es", "1.234,50 €"),
        ("es", "1234,5 EUR"),
        ("de", "EUR 1.234,50"),
        ("zh", "€1,234.50"),
        ("es", "1234,5"),
    ],
)
def test_reads_amounts_with_their_sign_or_code(locale: str, typed: str) -> None:
    assert coerce(compiled("money"), typed, locale=locale) == Decimal("1234.50")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"amount": "12.5", "currency": "usd"}, Money(Decimal("12.50"), "USD")),
        ({"amount": 12, "currency": None}, Money(Decimal("12.00"))),
        ("12.50", Money(Decimal("12.50"))),
        ({"amount": None, "currency": "USD"}, None),
    ],
)
def test_an_amount_may_have_a_currency_of_its_own(raw: Any, value: Any) -> None:
    assert coerce(compiled("money", own_currency=True), raw) == value


def test_a_typed_code_becomes_the_currency() -> None:
    field = compiled("money", own_currency=True)
    assert coerce(field, "12,50 USD", locale="es") == Money(Decimal("12.50"), "USD")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"amount": 1, "currency": "XQX"}, "unknown_currency"),
        ({"sum": 1}, "not_money"),
        ({"amount": 1, "currency": 5}, "unknown_currency"),
    ],
)
def test_refuses_what_is_no_money(raw: Any, code: str) -> None:
    assert refusal(compiled("money", own_currency=True), raw) == code


@pytest.mark.parametrize(
    ("value", "locale", "currency", "shown"),
    [
        (Decimal("1234.5"), "en", "EUR", "€1,234.50"),
        (Decimal("1234.5"), "es", "EUR", "1.234,50\xa0€"),
        (Decimal("1234"), "en", "JPY", "¥1,234"),
        (Decimal("0.1234"), "en", "USD", "$0.1234"),
        (Decimal("1234.5"), "en", "", "1,234.50"),
    ],
)
def test_amounts_are_shown_whole_and_in_their_currency(value: Decimal, locale: str, currency: str, shown: str) -> None:
    assert text(compiled("money", scale=4), value, locale, currency=currency) == shown


def test_a_currency_of_its_own_wins_over_the_base_currency() -> None:
    field = compiled("money", own_currency=True)
    assert field.type.to_text(field, Money(Decimal(5), "USD"), Display(currency="EUR")) == "$5.00"
    assert field.type.to_text(field, Money(Decimal(5)), Display(currency="EUR")) == "€5.00"


def test_names_the_field_that_holds_the_currency() -> None:
    field = compiled("money", definition("currency", "text"), currency="currency")
    assert field.options.currency_field == "currency"
    line = compiled("money", within="order.lines", currency="parent.currency")
    assert line.options.currency_field == "parent.currency"


def test_two_columns_keep_amount_and_currency(place: TenantDatabase) -> None:
    field = compiled("money", table="sample_own_currency", own_currency=True)
    table, values = Rows(place, field), [Money(Decimal("5.00"), "USD"), None, Money(Decimal("7.00"))]
    table.fill(values)
    assert table.stored() == values
    assert table.as_json() == [{"amount": "5.00", "currency": "USD"}, None, {"amount": "7.00", "currency": None}]
    assert table.where("gt", {"amount": "5.5"}) == {2}
    assert table.where("lt", 6) == {0}


def test_a_percentage_is_a_fraction_in_sql(place: TenantDatabase) -> None:
    field = compiled("percent", table="sample_fraction")
    table = Rows(place, field)
    table.fill([Decimal("12.5"), Decimal("0.01"), None, Decimal("-33.33")])
    fraction = field.type.expression_sql(field, field.columns)
    assert fraction is not None
    with place.reading() as connection:
        found = [row[0] for row in connection.execute(sa.select(fraction).order_by(table.table.c.id))]
    assert found == [Decimal("0.125"), Decimal("0.0001"), None, Decimal("-0.3333")]


def test_operands_are_read_as_json() -> None:
    field = compiled("money")
    assert field.type.operand(field, "12.5", context()) == Decimal("12.50")


def test_a_total_is_read_in_cents_and_kept_exactly() -> None:
    total = compiled("formula", formula="1", result="money", scale=4)
    assert total.type.to_text(total, Decimal("1330735.7295"), Display(locale="en", currency="USD")) == "$1,330,735.73"
    assert total.type.to_text(total, Decimal("0.5"), Display(locale="en", currency="JPY")) == "¥1"
    assert total.type.to_json(total, Decimal("1330735.7295")) == "1330735.7295"
