"""Computed fields follow what they are made of, in the same transaction and across modules."""

from datetime import date
from uuid import UUID

import pytest

from tessera.kernel.errors import ValidationFailed
from tessera.runtime.values import Query
from tests.runtime.computed.conftest import D, Workshop


@pytest.fixture
def acme(workshop: Workshop) -> UUID:
    return workshop.create("customer", name="ACME", floor="50")


def test_a_record_is_saved_with_its_own_figures(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    order = workshop.order(acme, number="S1", lines=[(tea, "2"), (tea, "3")])
    assert workshop.values("sales_order", order, "total", "title") == (D("50"), "ACME S1")


def test_a_formula_that_sql_cannot_say_is_stored_too(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    order = workshop.order(acme, lines=[(tea, "4"), (tea, "5")])
    assert workshop.values("sales_order", order, "root") == D("3")


def test_roll_ups_of_the_parent_follow_a_new_child(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    workshop.order(acme, status="won", ordered_on="2026-01-10", lines=[(tea, "4")])
    workshop.order(acme, status="open", ordered_on="2025-12-31", lines=[(tea, "6")])
    names = ("orders", "ordered", "won", "this_year", "large", "mean", "last_order")
    assert workshop.values("customer", acme, *names) == (2, D("100"), D("40"), D("40"), 1, D("50"), date(2026, 1, 10))


def test_a_new_parent_starts_with_nothing(workshop: Workshop, acme: UUID) -> None:
    assert workshop.values("customer", acme, "orders", "ordered", "mean", "last_order") == (0, D("0"), None, None)


def test_both_parents_follow_a_child_that_moves(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    other = workshop.create("customer", name="Other")
    order = workshop.order(acme, lines=[(tea, "1")])
    workshop.update("sales_order", order, customer=str(other))
    assert workshop.values("customer", acme, "orders", "ordered") == (0, D("0"))
    assert workshop.values("customer", other, "orders", "ordered") == (1, D("10"))


def test_changed_added_and_removed_lines_count(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    order = workshop.order(acme, lines=[(tea, "1"), (tea, "2")])
    with workshop.session(write=False) as session:
        kept = session.records.get("sales_order", order)["lines"][0]["id"]
    workshop.update("sales_order", order, lines=[{"id": str(kept), "quantity": "5"}, {"product": str(tea), "quantity": "7"}])
    assert workshop.values("sales_order", order, "total") == D("120")
    assert workshop.values("customer", acme, "ordered") == D("120")
    assert workshop.values("product", tea, "sold") == D("12")


def test_a_chain_runs_through_three_modules(workshop: Workshop, tea: UUID) -> None:
    north, south = (workshop.create("region", name=name) for name in ("North", "South"))
    customer = workshop.create("customer", name="ACME", region=str(north))
    workshop.order(customer, lines=[(tea, "3")])
    assert workshop.values("region", north, "ordered") == D("30")
    workshop.update("customer", customer, region=str(south))
    assert [workshop.values("region", region, "ordered") for region in (north, south)] == [D("0"), D("30")]


def test_a_change_behind_lookups_reaches_lines_totals_and_parents(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    order = workshop.order(acme, number="S1", lines=[(tea, "2")])
    workshop.update("product", tea, price="15")
    assert workshop.values("customer", acme, "ordered", "headline") == (D("30"), "ACME: 30")
    workshop.update("customer", acme, discount="50", name="Acme")
    assert workshop.values("sales_order", order, "total", "title") == (D("15"), "Acme S1")
    assert workshop.values("customer", acme, "ordered", "headline") == (D("15"), "Acme: 15")


def test_a_condition_may_compare_with_the_record_itself(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    workshop.order(acme, lines=[(tea, "4")])
    assert workshop.values("customer", acme, "large") == 0
    workshop.update("customer", acme, floor="40")
    assert workshop.values("customer", acme, "large") == 1


def test_only_live_rows_count(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    order = workshop.order(acme, lines=[(tea, "4")])
    workshop.delete("sales_order", order)
    assert workshop.values("customer", acme, "orders", "ordered") == (0, D("0"))
    assert workshop.values("product", tea, "sold") == D("0")
    workshop.restore("sales_order", order)
    assert workshop.values("customer", acme, "orders", "ordered") == (1, D("40"))
    assert workshop.values("product", tea, "sold") == D("4")


def test_a_record_comes_back_from_the_bin_with_what_happened_meanwhile(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    order = workshop.order(acme, number="S1", lines=[(tea, "4")])
    workshop.delete("sales_order", order)
    workshop.update("customer", acme, name="Renamed")
    workshop.update("product", tea, price="1")
    workshop.restore("sales_order", order)
    assert workshop.values("sales_order", order, "total", "title") == (D("4"), "Renamed S1")
    assert workshop.values("customer", acme, "ordered") == D("4")


def test_many_records_at_once(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    rows = [{"customer": str(acme), "lines": [{"product": str(tea), "quantity": str(n)}]} for n in range(1, 11)]
    with workshop.session() as session:
        made = session.records.create_many("sales_order", rows)
        assert session.records.get("customer", acme)["ordered"] == D("550")
        session.records.delete_many("sales_order", [row["id"] for row in made[:9]])
    assert workshop.values("customer", acme, "orders", "ordered") == (1, D("100"))


def test_nothing_stays_when_the_transaction_fails(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    wrong = {"customer": str(acme), "lines": [{"product": str(tea), "quantity": "nonsense"}]}
    right = {"customer": str(acme), "lines": [{"product": str(tea), "quantity": "1"}]}

    def both() -> None:
        with workshop.session() as session:
            session.records.create("sales_order", right)
            session.records.create("sales_order", wrong)

    with pytest.raises(ValidationFailed):
        both()
    assert workshop.values("customer", acme, "orders") == 0


def test_a_total_that_does_not_fit_refuses_the_change(workshop: Workshop, acme: UUID) -> None:
    gold = workshop.create("product", name="Gold", price="9999999999")
    workshop.order(acme, lines=[(gold, "5000")])
    with pytest.raises(ValidationFailed) as error:
        workshop.order(acme, lines=[(gold, "6000")])
    assert [problem.text() for problem in error.value.problems] == [
        "Ordered of customer has no room for what follows from this change."
    ]
    assert workshop.values("customer", acme, "ordered") == D("49999999995000")


def test_versions_are_not_raised_by_figures(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    workshop.order(acme, lines=[(tea, "1")])
    assert workshop.values("customer", acme, "version") == 1


def test_computed_values_are_found_and_sorted(workshop: Workshop, acme: UUID, tea: UUID) -> None:
    workshop.order(acme, lines=[(tea, "4.5")])
    with workshop.session(write=False) as session:
        query = Query(filter={"field": "ordered", "op": "gt", "value": "44"}, sort=("-ordered",))
        assert [row["id"] for row in session.records.query("customer", query).rows] == [acme]
        assert [row["id"] for row in session.records.query("customer", Query(search="ACME: 45")).rows] == [acme]


def test_figures_over_linked_records_follow_links_and_what_they_lead_to(workshop: Workshop, tea: UUID) -> None:
    milk = workshop.create("product", name="Milk", price="2")
    bundle = workshop.create("bundle", name="Breakfast", products=[str(tea), str(milk)], tags=["vip"])
    assert workshop.values("bundle", bundle, "worth", "vip", "power") == (D("12"), True, D("4"))
    workshop.update("product", tea, price="1")
    assert workshop.values("bundle", bundle, "worth", "vip") == (D("3"), False)
    workshop.update("bundle", bundle, products=[str(milk)])
    assert workshop.values("bundle", bundle, "worth", "power") == (D("2"), D("2"))
    workshop.delete("product", milk)
    assert workshop.values("bundle", bundle, "worth", "power") == (D("0"), D("1"))
    assert workshop.recompute().differences == ()
