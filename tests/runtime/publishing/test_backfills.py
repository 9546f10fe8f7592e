"""What existing records get when definitions change."""

from decimal import Decimal
from typing import Any

import pytest

from tessera.metadata.operations import Operation
from tessera.runtime.publishing import backfills, publisher
from tests.runtime.publishing.conftest import Works
from tests.runtime.publishing.test_publishing import add


@pytest.fixture(params=["in the switch", "in batches after it"])
def items(request: pytest.FixtureRequest, shop: Works, monkeypatch: pytest.MonkeyPatch) -> Works:
    if request.param != "in the switch":
        monkeypatch.setattr(publisher, "BACKFILL_AT_ONCE", 0)
        monkeypatch.setattr(backfills, "BATCH", 3)
    shop.create("shop_item", *({"name": f"Item {n}", "amount": f"{n}.50"} for n in range(8)))
    return shop


def values(works: Works, key: str) -> list[Any]:
    return [row[key] for row in works.rows("shop_item")]


def test_stored_formulas_are_worked_out(items: Works) -> None:
    plan = items.publisher.apply_overlay(
        items.key, [add("x_double", type="formula", formula="amount * 2", result="decimal", scale=2)]
    )
    assert plan.backfills == ("Work out x_double of existing records of shop_item.",)
    assert values(items, "x_double") == [Decimal(n) * 2 + 1 for n in range(8)]
    changed = Operation(op="change", path="modules/shop_item/fields/x_double/formula", value="amount * 3")
    items.publisher.apply_overlay(items.key, [changed])
    assert values(items, "x_double")[0] == Decimal("1.5")


def test_formulas_that_read_a_changed_formula_follow(items: Works) -> None:
    first = add("x_double", type="formula", formula="amount * 2", result="decimal", scale=2)
    second = add("x_more", type="formula", formula="x_double + 1", result="decimal", scale=2)
    items.publisher.apply_overlay(items.key, [first, second])
    assert values(items, "x_more")[0] == 2
    changed = Operation(op="change", path="modules/shop_item/fields/x_double/formula", value="amount * 4")
    plan = items.publisher.apply_overlay(items.key, [changed])
    assert len(plan.backfills) >= 1
    assert values(items, "x_more")[0] == 3


def test_records_are_found_by_a_field_that_becomes_searchable(items: Works) -> None:
    items.publisher.apply_overlay(items.key, [add("x_code", type="text", required=True, default="Zebra")])
    assert items.rows("shop_item", search="zebra") == []
    searchable = Operation(op="change", path="modules/shop_item/fields/x_code/searchable", value=True)
    items.publisher.apply_overlay(items.key, [searchable])
    assert len(items.rows("shop_item", search="zebra item")) == 8
    items.publisher.apply_overlay(
        items.key, [Operation(op="change", path="modules/shop_item/fields/x_code/searchable", value=False)]
    )
    assert items.rows("shop_item", search="zebra") == []


def test_existing_records_get_numbers(items: Works) -> None:
    items.publisher.apply_overlay(items.key, [add("x_no", type="sequence", scheme="IT-{0000}")])
    numbers = values(items, "x_no")
    assert sorted(numbers) == sorted(set(numbers))
    assert all(number for number in numbers)
    [new] = items.create("shop_item", {"name": "New"})
    assert new["x_no"] not in numbers


def test_a_required_field_with_a_default_is_filled(items: Works) -> None:
    operations = [
        add("x_active", type="boolean", required=True, default=True),
        add("x_rate", type="decimal", scale=3, required=True, default="1.250"),
        add("x_day", type="date", required=True, default="2026-02-28"),
        add("x_free", type="text", default="for new ones only"),
    ]
    items.publisher.apply_overlay(items.key, operations)
    from datetime import date

    row = items.rows("shop_item")[0]
    assert (row["x_active"], row["x_rate"], row["x_day"], row["x_free"]) == (True, Decimal("1.250"), date(2026, 2, 28), None)
    assert items.publisher.publish(items.key).is_empty


def test_a_backfill_that_fails_is_said_and_tried_again(shop: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "BACKFILL_AT_ONCE", 0)
    shop.create("shop_item", {"name": "Chai", "amount": "2"})
    with monkeypatch.context() as broken:
        broken.setattr(backfills.Worker, "update", _fail)
        plan = shop.publisher.apply_overlay(shop.key, [add("x_double", type="formula", formula="amount * 2", result="decimal")])
        assert "computed" in plan.unfinished[0]
        assert "Not finished yet: computed: out of order" in list(plan.lines())
        assert values(shop, "x_double") == [None]
        # it keeps nobody from publishing
        assert shop.publisher.apply_overlay(shop.key, [add("x_note", type="text")]).version == 3
    shop.publisher.recover(shop.key)
    assert values(shop, "x_double") == [4]
    assert shop.publisher.publish(shop.key).unfinished == ()


def _fail(*_: Any) -> None:
    raise LookupError("out of order")
