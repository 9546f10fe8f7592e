"""The money of documents: exact to the last decimal of a line, summed without rounding, margin and currency included."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tessera.expressions.environment import Environment
from tessera.runtime.model import Catalog

ENVIRONMENT = Environment.at(datetime(2024, 5, 6, tzinfo=UTC))


def evaluated(catalog: Catalog, table: str, field: str, record: dict[str, Any]) -> Any:
    """The value of a computed field for a record."""
    computed = next(one for one in catalog.computed.of_module(table) if one.key == field)
    return computed.formula.evaluate(record, ENVIRONMENT)


@pytest.mark.parametrize("document", ["quote", "sales_order", "delivery_note", "purchase_order"])
@pytest.mark.parametrize(
    ("quantity", "price", "discount", "net"),
    [
        ("12", "14", "0", "168"),
        ("10", "9.8", "0.15", "83.3"),
        ("35", "42.4", "0.05", "1409.8"),
        ("3", "2.5", "0.03", "7.275"),
        ("7", "1.25", "0.01", "8.6625"),
        ("0.5", "0.0001", "0", "0.00005"),
    ],
)
def test_a_line_is_quantity_by_price_less_discount(
    catalog: Catalog, document: str, quantity: str, price: str, discount: str, net: str
) -> None:
    line = {"quantity": Decimal(quantity), "unit_price": Decimal(price), "discount": Decimal(discount)}
    assert evaluated(catalog, f"{document}.lines", "net", line) == Decimal(net)


@pytest.mark.parametrize("document", ["quote", "sales_order", "delivery_note", "purchase_order"])
def test_amounts_keep_four_decimals_so_that_totals_are_exact(catalog: Catalog, document: str) -> None:
    """Two decimals of price by two of discount need four: no line is rounded before the total is."""
    lines = catalog.table_of(f"{document}.lines")
    assert {lines.fields[name].definition.options["scale"] for name in ("net", "tax", "total", "unit_price")} == {4}
    module = catalog.module(document)
    assert {
        module.fields[name].definition.options["scale"] for name in ("net_total", "tax_total", "grand_total", "base_net")
    } == {4}


def test_an_order_adds_up(catalog: Catalog) -> None:
    lines = [
        {"net": Decimal("83.3"), "tax": Decimal("17.493"), "quantity": Decimal(10)},
        {"net": Decimal("168"), "tax": Decimal(0), "quantity": Decimal(12)},
    ]
    assert evaluated(catalog, "sales_order", "net_total", {"lines": lines}) == Decimal("251.3")
    totals = {"net_total": Decimal("251.3"), "tax_total": Decimal("17.493"), "freight": None}
    assert evaluated(catalog, "sales_order", "grand_total", totals) == Decimal("268.793")
    assert evaluated(catalog, "sales_order", "grand_total", {**totals, "freight": Decimal("32.38")}) == Decimal("301.173")
    foreign = {"net_total": Decimal("100"), "exchange_rate": Decimal("0.9137")}
    assert evaluated(catalog, "sales_order", "base_net", foreign) == Decimal("91.37")


def test_margin_is_counted_in_the_base_currency(catalog: Catalog) -> None:
    line = {"net": Decimal(200), "base_net": Decimal(180), "quantity": Decimal(10), "cost": Decimal(12)}
    assert evaluated(catalog, "sales_order.lines", "margin", line) == Decimal(60)
    assert evaluated(catalog, "sales_order.lines", "margin", {**line, "cost": None}) == Decimal(180)
    assert evaluated(catalog, "sales_order", "margin_rate", {"base_net": Decimal(240), "margin": Decimal(60)}) == Decimal("0.25")


def test_the_share_of_nothing_is_nothing(catalog: Catalog) -> None:
    for field, values in (
        ("margin_rate", {"base_net": Decimal(0), "margin": Decimal(0)}),
        ("delivered_share", {"ordered_quantity": Decimal(0), "delivered_quantity": Decimal(0)}),
    ):
        assert evaluated(catalog, "sales_order", field, values) is None
