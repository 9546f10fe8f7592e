"""Rebuilding everything finds what is wrong, puts it right, and is done after one run."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.computed.recompute import recompute_stale, stale_by_time
from tests.runtime.computed.conftest import D, Workshop


def spoil(workshop: Workshop, module: str, **values: object) -> None:
    with workshop.database.writing() as connection:
        connection.execute(sa.update(workshop.catalog.table_of(module).table).values(values))


def test_what_was_kept_right_needs_nothing(workshop: Workshop, tea: UUID) -> None:
    customer = workshop.create("customer", name="ACME", discount="10")
    workshop.order(customer, number="S1", ordered_on="2026-01-02", status="won", lines=[(tea, "2"), (tea, "1.5")])
    report = workshop.recompute()
    assert (report.count, report.differences) == (0, ())
    assert report.rows > 0


def test_differences_are_told_and_put_right(workshop: Workshop, tea: UUID) -> None:
    customer = workshop.create("customer", name="ACME")
    order = workshop.order(customer, lines=[(tea, "2")])
    spoil(workshop, "customer", ordered=D("1"), headline=None)
    spoil(workshop, "sales_order.lines", amount=D("7"))
    found = {(d.module, d.field): (d.count, d.examples) for d in workshop.recompute().differences}
    assert found[("sales_order.lines", "amount")][0] == 1
    assert found[("customer", "ordered")] == (1, ((customer, D("1"), D("20")),))
    assert found[("customer", "headline")] == (1, ((customer, None, "ACME: 20"),))
    assert workshop.values("sales_order", order, "total") == D("20")
    assert workshop.recompute().count == 0


def test_one_module_with_what_hangs_on_it(workshop: Workshop, tea: UUID) -> None:
    customer = workshop.create("customer", name="ACME")
    workshop.order(customer, lines=[(tea, "2")])
    spoil(workshop, "sales_order.lines", amount=D("7"))
    spoil(workshop, "product", sold=D("99"))
    found = {f"{d.module}.{d.field}" for d in workshop.recompute("sales_order").differences}
    assert found == {"sales_order.lines.amount"}
    assert workshop.values("product", tea, "sold") == D("99")


def test_records_in_the_bin_are_rebuilt_too(workshop: Workshop, tea: UUID) -> None:
    order = workshop.order(lines=[(tea, "2")])
    workshop.delete("sales_order", order)
    spoil(workshop, "sales_order", total=D("0"))
    assert workshop.recompute().count == 1


def test_figures_of_this_year_are_renewed_when_the_year_ends(workshop: Workshop, tea: UUID) -> None:
    customer = workshop.create("customer", name="ACME")
    workshop.order(customer, ordered_on="2026-01-10", lines=[(tea, "2")])
    plan = workshop.catalog.computed
    assert [computed.name for computed in stale_by_time(plan)] == ["customer.this_year"]
    assert recompute_stale(workshop.database, workshop.catalog, now=workshop.clock.now()).count == 0
    report = recompute_stale(workshop.database, workshop.catalog, now=datetime(2027, 1, 1, 0, 5, tzinfo=UTC))
    assert [(d.field, d.examples) for d in report.differences] == [("this_year", ((customer, D("20"), D("0")),))]
