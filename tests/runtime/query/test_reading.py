"""Rows as they come out: values, JSON, titles, expansions, lines and links, in a fixed number of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from tessera.kernel.errors import BadQuery, NotFound
from tessera.kernel.ids import uuid7
from tessera.runtime.query.aggregate import aggregate, aggregate_json
from tessera.runtime.query.listing import query, query_json
from tessera.runtime.query.options import options
from tessera.runtime.query.reading import get, get_json
from tessera.runtime.values import Aggregate, GroupKey, Measure, Query, Reference
from tests.runtime.query.conftest import Shop


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    north = shop.add("region", name="North", active=True)
    root = shop.add("customer", owner="ann", name="Root", region=north)
    for number in range(6):
        shop.add(
            "customer",
            owner="mel",
            name=f"No. {number}",
            parent=root if number % 2 else None,
            credit=Decimal("1234.50") * number,
            visits=number or None,
            since=date(2026, 1, 1 + number),
            seen=datetime(2026, 3, 29, 0, 30, 0, number * 1000, UTC) if number else None,
            vip=number % 2 == 0,
            level="gold" if number else None,
            tags=("a", "b") if number == 3 else None,
            partners=[root] if number == 2 else [],
        )
    nail = shop.add("product", name="Nail", price=Decimal("0.0125"))
    for number in range(3):
        lines = [{"product": nail, "quantity": Decimal(n + 1), "cost": Decimal("2.50")} for n in range(number)]
        shop.add("order", owner="ann", number=f"O{number}", customer=root, total=Decimal(10 * number), lines=lines)
    return shop


@contextmanager
def statements(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are sent inside the block."""
    sent: list[str] = []
    fetch = shop.database.fetch_all

    def listen(statement: Any, values: Any) -> Any:
        sent.append(statement.sql)
        return fetch(statement, values)

    with monkeypatch.context() as patch:
        patch.setattr(shop.database, "fetch_all", listen)
        yield sent


def test_json_rows_are_the_values_in_json(stocked: Shop) -> None:
    for key in ("customer", "order", "product", "user"):
        module, eyes = stocked.module(key), stocked.eyes()
        values = query(eyes, module, Query(limit=100)).rows
        jsons = query_json(eyes, module, Query(limit=100)).rows
        assert len(values) == len(jsons) > 0
        for row, made in zip(values, jsons, strict=True):
            wanted = {k: None if v is None else module.fields[k].type.to_json(module.fields[k], v) for k, v in row.items()}
            assert orjson.loads(orjson.dumps(made)) == orjson.loads(orjson.dumps(wanted))


def test_values_are_those_of_the_field_types(stocked: Shop) -> None:
    row = query(stocked.eyes(), stocked.module("customer"), Query(filter={"field": "name", "op": "eq", "value": "No. 3"})).rows[0]
    assert (row["credit"], row["visits"], row["since"], row["vip"]) == (Decimal("3703.50"), 3, date(2026, 1, 4), False)
    assert row["seen"] == datetime(2026, 3, 29, 0, 30, 0, 3000, UTC)
    assert row["tags"] == ("a", "b")
    assert isinstance(row["parent"], UUID)


def test_titles_and_expansions(stocked: Shop) -> None:
    rows = query(
        stocked.eyes(),
        stocked.module("customer"),
        Query(sort=("name",), fields=("name", "parent.name"), expand=("parent.region.name", "parent.owner", "parent.level")),
    ).rows
    child = next(row for row in rows if row["name"] == "No. 1")
    assert child["parent.name"] == "Root"
    assert child["parent"].title == "Root"
    assert child["parent"].fields["region"].title == "North"
    assert child["parent"].fields["region"].fields == {"name": "North"}
    assert child["parent"].fields["owner"].title == "Ann"
    assert child["parent"].fields["level"] is None
    assert next(row for row in rows if row["name"] == "No. 2")["parent"] is None


def test_a_record_comes_with_lines_and_links(stocked: Shop) -> None:
    eyes = stocked.eyes()
    order = query(eyes, stocked.module("order"), Query(sort=("-number",), limit=1)).rows[0]["id"]
    whole = get(eyes, stocked.module("order"), order)
    assert [line["quantity"] for line in whole["lines"]] == [1, 2]
    assert set(whole["lines"][0]) == {"id", "product", "quantity", "cost"}
    titled = get_json(eyes, stocked.module("order"), order, fields=("number",), expand=("lines.product.price",))
    assert [line["product"]["title"] for line in titled["lines"]] == ["Nail", "Nail"]
    assert titled["lines"][0]["product"]["fields"] == {"price": "0.0125"}
    assert list(get(eyes, stocked.module("order"), order, fields=("number",))) == ["number"]
    linked = query(eyes, stocked.module("customer"), Query(fields=("name", "partners"), sort=("name",), limit=10)).rows
    assert [len(row["partners"]) for row in linked] == [0, 0, 1, 0, 0, 0, 0]


def test_a_page_costs_one_statement_and_one_for_each_kind_of_rows_beside(stocked: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    eyes, customer, order = stocked.eyes("mel"), stocked.module("customer"), stocked.module("order")
    for limit in (1, 5):
        with statements(stocked, monkeypatch) as sent:
            query(
                eyes, customer, Query(titles=True, limit=limit, filter={"field": "parent.region.name", "op": "ne", "value": "x"})
            )
        assert len(sent) == 1
        with statements(stocked, monkeypatch) as sent:
            query(eyes, customer, Query(titles=True, limit=limit, count="bounded"))
        assert len(sent) == 2
        with statements(stocked, monkeypatch) as sent:
            query(stocked.eyes(), order, Query(fields=("number", "lines"), limit=limit))
        assert len(sent) == 2
    with statements(stocked, monkeypatch) as sent:
        query(stocked.eyes(), order, Query(limit=100, count="exact"))
    assert len(sent) == 1  # the page is the whole list
    some = query(stocked.eyes(), order, Query(limit=1)).rows[0]["id"]
    with statements(stocked, monkeypatch) as sent:
        get(stocked.eyes(), order, some, titles=True)
    assert len(sent) == 2
    with statements(stocked, monkeypatch) as sent:
        options(eyes, order, "customer", "no")
    assert len(sent) == 1


def test_a_member_is_compared_by_a_plain_equality(stocked: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with statements(stocked, monkeypatch) as sent:
        query(stocked.eyes("mel"), stocked.module("customer"), Query(sort=("name",)))
    placeholder = "%s::UUID" if stocked.database.dialect == "postgresql" else "?"
    assert f"owner = {placeholder}" in sent[0]


def test_what_is_not_there_is_not_found(stocked: Shop) -> None:
    with pytest.raises(NotFound):
        get(stocked.eyes(), stocked.module("customer"), uuid7())


def test_figures_are_exact(stocked: Shop) -> None:
    request = Aggregate(
        measures=(Measure("count"), Measure("sum", "credit"), Measure("avg", "credit"), Measure("min", "since"),
                  Measure("max", "seen"), Measure("count_distinct", "parent"), Measure("avg", "visits", "mean"),
                  Measure("sum", "visits")),
        filter={"field": "name", "op": "starts_with", "value": "no."},
    )  # fmt: skip
    (row,) = aggregate(stocked.eyes(), stocked.module("customer"), request)
    assert row == {
        "count": 6, "sum_credit": Decimal("18517.50"), "avg_credit": Decimal("3086.250000"), "min_since": date(2026, 1, 1),
        "max_seen": datetime(2026, 3, 29, 0, 30, 0, 5000, UTC), "count_distinct_parent": 1,
        "mean": Decimal("3.0000"), "sum_visits": 15,
    }  # fmt: skip
    (made,) = aggregate_json(stocked.eyes(), stocked.module("customer"), request)
    assert (made["sum_credit"], made["mean"], made["sum_visits"]) == ("18517.50", "3.0000", 15)
    assert orjson.loads(orjson.dumps(made))["max_seen"] == "2026-03-29T00:30:00.005000+00:00"


def test_a_sum_beyond_the_database_is_refused_or_right(stocked: Shop) -> None:
    huge = Decimal("9000000000000000.00")
    stocked.add_many("customer", [{"name": "huge", "credit": huge} for _ in range(12)])
    request = Aggregate(measures=(Measure("sum", "credit"),), filter={"field": "name", "op": "eq", "value": "huge"})
    if stocked.database.dialect == "postgresql":
        assert aggregate(stocked.eyes(), stocked.module("customer"), request) == [{"sum_credit": 12 * huge}]
        return
    with pytest.raises(BadQuery):
        aggregate(stocked.eyes(), stocked.module("customer"), request)


def test_figures_of_nothing(stocked: Shop) -> None:
    request = Aggregate(measures=(Measure("count"), Measure("sum", "credit"), Measure("avg", "credit")), filter={"or": []})
    assert aggregate(stocked.eyes(), stocked.module("customer"), request) == [
        {"count": 0, "sum_credit": Decimal("0.00"), "avg_credit": None}
    ]


def test_groups_are_ordered_by_names(stocked: Shop) -> None:
    request = Aggregate(measures=(Measure("count"),), group_by=(GroupKey("level"), GroupKey("vip")), sort=("-count", "vip"))
    rows = aggregate(stocked.eyes(), stocked.module("customer"), request)
    assert [(row["level"], row["vip"], row["count"]) for row in rows] == [
        ("gold", False, 3),
        ("gold", True, 2),
        (None, True, 1),
        (None, None, 1),
    ]


def test_lines_are_summed_and_orders_without_lines_count(stocked: Shop) -> None:
    eyes, order = stocked.eyes(), stocked.module("order")
    measures = (Measure("count"), Measure("sum", "lines.quantity"), Measure("count", "lines.id", "lines"))
    assert aggregate(eyes, order, Aggregate(measures=measures)) == [{"count": 3, "sum_lines_quantity": 4, "lines": 3}]
    grouped = aggregate(eyes, order, Aggregate(measures=measures, group_by=(GroupKey("lines.product.name", name="what"),)))
    assert grouped == [{"what": "Nail", "count": 2, "sum_lines_quantity": 4, "lines": 3}]
    with pytest.raises(BadQuery):  # the total of an order would count once for each line
        aggregate(eyes, order, Aggregate(measures=(Measure("sum", "total"), Measure("sum", "lines.quantity"))))


@pytest.mark.parametrize(
    ("zone", "unit", "expected"),
    [
        ("UTC", "day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25)]),
        ("Europe/Madrid", "day", [date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25)]),
        ("America/New_York", "day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24)]),
        ("Europe/Madrid", "week", [date(2026, 3, 23), date(2026, 3, 30), date(2026, 10, 19)]),
        ("Europe/Madrid", "month", [date(2026, 3, 1), date(2026, 10, 1)]),
        ("Asia/Shanghai", "quarter", [date(2026, 1, 1), date(2026, 10, 1)]),
        ("UTC", "year", [date(2026, 1, 1)]),
    ],
)
def test_moments_fall_into_days_of_the_readers_zone(shop: Shop, zone: str, unit: str, expected: list[date]) -> None:
    for moment in (
        datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 22, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ):
        shop.add("customer", seen=moment)
    request = Aggregate(measures=(Measure("count"),), group_by=(GroupKey("seen", unit),))
    rows = aggregate(shop.eyes(timezone=zone), shop.module("customer"), request)
    assert [row["seen"] for row in rows] == expected
    assert sum(row["count"] for row in rows) == 3


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_dates_fall_into_buckets(shop: Shop, unit: str) -> None:
    days = [date(2024, 2, 29), date(2024, 12, 30), date(2025, 1, 5), date(2025, 6, 30), date(2025, 7, 1)]
    shop.add_many("customer", [{"since": day} for day in days])
    rows = aggregate(
        shop.eyes(), shop.module("customer"), Aggregate(measures=(Measure("count"),), group_by=(GroupKey("since", unit),))
    )
    starts = {
        "day": lambda d: d,
        "week": lambda d: date.fromisocalendar(*d.isocalendar()[:2], 1),
        "month": lambda d: d.replace(day=1),
        "quarter": lambda d: d.replace(month=(d.month - 1) // 3 * 3 + 1, day=1),
        "year": lambda d: d.replace(month=1, day=1),
    }
    assert [row["since"] for row in rows] == sorted({starts[unit](day) for day in days})


def test_options_offer_what_fits(stocked: Shop) -> None:
    stocked.add("region", name="Gone", active=False)
    customer, order = stocked.module("customer"), stocked.module("order")
    assert [r.title for r in options(stocked.eyes(), customer, "region")] == ["North"]
    stocked.add("customer", name="A number 1 firm")
    found = [r.title for r in options(stocked.eyes(), order, "customer", "no", limit=10)]
    assert found == sorted(t for t in found if t.startswith("No"))
    found = [r.title for r in options(stocked.eyes(), order, "customer", "1")]
    assert found == ["A number 1 firm", "No. 1"]
    root = options(stocked.eyes(), order, "customer", "root")[0]
    below = options(stocked.eyes(), order, "contact", record={"customer": Reference(root.id, "customer", "Root")})
    assert [r.title for r in below] == ["No. 5", "No. 3", "No. 1"]
    assert len(options(stocked.eyes(), order, "contact", record={"customer": None})) == 8
    assert [r.title for r in options(stocked.eyes(), order, "lines.product", "na")] == ["Nail"]


def test_a_filter_of_a_lookup_holds_for_people_who_do_not_see_its_fields(stocked: Shop) -> None:
    from tessera.security.policy import BasicPolicy

    stocked.add("region", name="Gone", active=False)
    eyes = stocked.eyes("mel", policy=BasicPolicy(hidden={"region": frozenset({"active"})}))
    assert [r.title for r in options(eyes, stocked.module("customer"), "region")] == ["North"]
