"""PLT-35: an admin sets numbering schemes per module, or allows manual codes."""

from datetime import UTC, datetime

import pytest

from tessera.kernel.clock import MovableClock
from tests.api.service import Caller
from tests.features.workplace import Workplace, in_parallel


def order(caller: Caller, customer: str) -> dict[str, str]:
    return caller.made("/sales_order", {"customer": customer})


@pytest.mark.feature("PLT-35")
def test_parallel_orders_get_consecutive_numbers_that_begin_anew_next_month(
    work: Workplace, ann: Caller, clock: MovableClock
) -> None:
    """Scheme SO-{YYYYMM}-{0000}: 20 orders saved in parallel, 20 different consecutive numbers, 0001 again next month."""
    work.change({"op": "change", "path": "modules/sales_order/fields/number/scheme", "value": "SO-{YYYYMM}-{0000}"})
    customer = ann.made("/customer", {"name": "Acme"})["id"]
    made = in_parallel(lambda _: order(work.again(ann), customer)["number"], 20)
    assert sorted(made) == [f"SO-202601-{number:04}" for number in range(1, 21)]
    clock.set(datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC))
    assert order(ann, customer)["number"] == "SO-202602-0001"
    clock.set(datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    assert order(ann, customer)["number"] == "SO-202601-0021"


def test_a_changed_scheme_holds_for_the_next_number(work: Workplace, ann: Caller) -> None:
    customer = ann.made("/customer", {"name": "Acme"})["id"]
    assert order(ann, customer)["number"] == "SO-202601-0001"
    work.change({"op": "change", "path": "modules/sales_order/fields/number/scheme", "value": "A{YYYYMM}/{00}"})
    assert order(ann, customer)["number"] == "A202601/02"


def test_a_code_may_be_typed_by_hand_and_the_counter_steps_over_it(ann: Caller) -> None:
    assert ann.made("/customer", {"name": "Hand", "code": "C00001"})["code"] == "C00001"
    assert ann.made("/customer", {"name": "Drawn"})["code"] == "C00002"
    refused = ann.post("/customer", {"name": "Again", "code": "c00001"})
    assert [(error["pointer"], error["code"]) for error in refused.get_json()["errors"]] == [("/code", "taken")]


def test_where_manual_codes_are_not_allowed_they_are_refused(work: Workplace, ann: Caller) -> None:
    work.change({"op": "change", "path": "modules/customer/fields/code/manual", "value": False})
    refused = ann.post("/customer", {"name": "Hand", "code": "C00007"})
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "/code"
    assert ann.made("/customer", {"name": "Drawn"})["code"] == "C00001"
