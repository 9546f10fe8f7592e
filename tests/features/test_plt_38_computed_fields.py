"""PLT-38: an admin defines computed fields (formulas and roll-ups over lines or related records)."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tessera.kernel.clock import MovableClock
from tessera.runtime.computed.recompute import recompute_stale
from tests.api.service import Caller
from tests.features.workplace import Workplace

ORDERS_THIS_YEAR = {
    "type": "rollup",
    "label": "Orders this year",
    "module": "sales_order",
    "via": "customer",
    "function": "sum",
    "field": "grand_total",
    "where": "status != 'cancelled' and year(order_date) = year(today())",
    "result": "money",
    "scale": 4,
}


def order(caller: Caller, customer: str, product: str, quantity: str, day: str) -> dict[str, str]:
    line = {"product": product, "quantity": quantity, "unit_price": "10.10"}
    return caller.made("/sales_order", {"customer": customer, "order_date": day, "lines": [line]})


@pytest.mark.feature("PLT-38")
def test_orders_this_year_is_the_sum_of_the_orders_and_follows_a_cancellation(
    work: Workplace, ann: Caller, clock: MovableClock
) -> None:
    """Roll-up 'Orders this year' on Customer equals the sum of its orders and changes when one is cancelled."""
    product = ann.made("/product", {"code": "P", "name": "Pen"})["id"]
    customer, other = (ann.made("/customer", {"name": name})["id"] for name in ("Acme", "Bolt"))
    orders = [order(ann, customer, product, quantity, "2026-01-10") for quantity in ("1", "2.5", "0.0001")]
    order(ann, customer, product, "7", "2025-12-31")
    order(ann, other, product, "11", "2026-01-11")

    work.change({"op": "add", "path": "modules/customer/fields/x_orders_this_year", "value": ORDERS_THIS_YEAR})

    def figure() -> Decimal:
        return Decimal(ann.get(f"/customer/{customer}").get_json()["x_orders_this_year"])

    expected = sum((Decimal(made["grand_total"]) for made in orders), Decimal(0))
    assert expected > 0
    assert figure() == expected
    orders.append(order(ann, customer, product, "4", "2026-01-15"))
    expected += Decimal(orders[-1]["grand_total"])
    assert figure() == expected

    cancelled = {"status": "cancelled", "cancel_reason": "No longer wanted"}
    assert ann.patch(f"/sales_order/{orders[1]['id']}", cancelled).status_code == 200
    expected -= Decimal(orders[1]["grand_total"])
    assert figure() == expected
    over = json.dumps({"field": "x_orders_this_year", "op": "gte", "value": str(expected)})
    found = ann.get(f"/customer?filter={over}&sort=-x_orders_this_year").get_json()["items"]
    assert [row["name"] for row in found] == ["Bolt", "Acme"]

    assert ann.delete(f"/sales_order/{orders[0]['id']}").status_code == 204
    assert figure() == expected - Decimal(orders[0]["grand_total"])
    assert ann.post(f"/sales_order/{orders[0]['id']}/restore").status_code == 200
    assert figure() == expected
    assert ann.patch(f"/sales_order/{orders[1]['id']}", {"status": "approved"}).status_code == 200
    assert figure() == expected + Decimal(orders[1]["grand_total"])
    assert ann.patch(f"/sales_order/{orders[2]['id']}", {"customer": other}).status_code == 200
    assert figure() == expected + Decimal(orders[1]["grand_total"]) - Decimal(orders[2]["grand_total"])


def test_a_formula_over_related_records_and_lines_is_a_field_like_any_other(work: Workplace, ann: Caller) -> None:
    formula = {"type": "formula", "label": "Order value per unit", "formula": "net_total / ordered_quantity", "result": "decimal"}
    work.change({"op": "add", "path": "modules/sales_order/fields/x_per_unit", "value": {**formula, "scale": 3}})
    product = ann.made("/product", {"code": "P", "name": "Pen"})["id"]
    customer = ann.made("/customer", {"name": "Acme"})["id"]
    made = order(ann, customer, product, "3", "2026-01-10")
    assert made["x_per_unit"] == "10.100"
    assert ann.patch(f"/sales_order/{made['id']}", {"lines": []}).get_json()["x_per_unit"] is None
    refused = ann.post("/sales_order", {"customer": customer, "x_per_unit": "1"})
    assert refused.get_json()["errors"][0]["pointer"] == "/x_per_unit"


def test_a_new_year_begins_with_nothing_once_the_night_has_rebuilt_it(work: Workplace, ann: Caller, clock: MovableClock) -> None:
    work.change({"op": "add", "path": "modules/customer/fields/x_orders_this_year", "value": ORDERS_THIS_YEAR})
    product = ann.made("/product", {"code": "P", "name": "Pen"})["id"]
    customer = ann.made("/customer", {"name": "Acme"})["id"]
    order(ann, customer, product, "3", "2026-01-10")
    clock.set(datetime(2027, 1, 1, 0, 1, tzinfo=UTC))
    report = recompute_stale(work.tenant.database, work.tenant.catalog, now=clock.now())
    assert {difference.field for difference in report.differences} == {"x_orders_this_year", "sales_this_year"}
    assert Decimal(ann.get(f"/customer/{customer}").get_json()["x_orders_this_year"]) == 0
    order(ann, customer, product, "1", "2027-01-01")
    assert Decimal(ann.get(f"/customer/{customer}").get_json()["x_orders_this_year"]) == Decimal("10.1")
