"""Names and values that mean harm get the plain answer that they mean nothing; none reaches the database as text."""

from typing import Any

import pytest

from tessera.kernel.errors import BadQuery
from tessera.runtime.query.aggregate import aggregate
from tessera.runtime.query.listing import query
from tessera.runtime.query.options import options
from tessera.runtime.query.reading import get
from tessera.runtime.query.tree import MAX_CONDITIONS, MAX_DEPTH, parse_filter
from tessera.runtime.values import Aggregate, GroupKey, Measure, Query
from tests.runtime.query.conftest import Shop

NAMES = (
    'name"; DROP TABLE customer; --',
    "name) OR 1=1 --",
    "t0.name",
    "search_text",
    "deleted_at",
    "__class__",
    "name.__class__.__mro__",
    "*",
    "name\0",
    "parent.parent.parent.parent.parent.name",
    "orders",
    "parent.",
    ".name",
    "n" * 249,
    "имя",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_an_unknown_name(shop: Shop, name: str) -> None:
    eyes, customer = shop.eyes(), shop.module("customer")
    attempts: list[Any] = [
        lambda: query(eyes, customer, Query(filter={"field": name, "op": "is_empty"})),
        lambda: query(eyes, customer, Query(sort=(name,))),
        lambda: query(eyes, customer, Query(sort=("-" + name,))),
        lambda: query(eyes, customer, Query(fields=(name,))),
        lambda: query(eyes, customer, Query(expand=(name,))),
        lambda: get(eyes, customer, shop.people["ann"].id, fields=(name,)),
        lambda: aggregate(eyes, customer, Aggregate(measures=(Measure("count"),), group_by=(GroupKey(name),))),
        lambda: aggregate(eyes, customer, Aggregate(measures=(Measure("sum", name),))),
        lambda: aggregate(eyes, customer, Aggregate(measures=(Measure(name, "credit"),))),
        lambda: aggregate(eyes, customer, Aggregate(measures=(Measure("count"),), group_by=(GroupKey("since", name),))),
        lambda: aggregate(eyes, customer, Aggregate(measures=(Measure("count"),), sort=(name,))),
        lambda: options(eyes, customer, name),
    ]
    for attempt in attempts:
        with pytest.raises(BadQuery):
            attempt()


@pytest.mark.parametrize("name", ["partners", "orders.total", "partners.name", "partners.partners"])
def test_many_values_are_no_key_of_an_order_or_a_group(shop: Shop, name: str) -> None:
    eyes, customer = shop.eyes(), shop.module("customer")
    with pytest.raises(BadQuery):
        query(eyes, customer, Query(sort=(name,)))
    with pytest.raises(BadQuery):
        aggregate(eyes, customer, Aggregate(measures=(Measure("count"),), group_by=(GroupKey(name),)))


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        ({"field": "name", "op": "eq'--", "value": 1}, "/filter/op"),
        ({"field": "name", "op": None, "value": 1}, "/filter/op"),
        ({"field": "name", "op": "eq"}, "/filter/value"),
        ({"field": "name", "op": "during", "value": "today"}, "/filter/op"),
        ({"field": "credit", "op": "contains", "value": "1"}, "/filter/op"),
        ({"field": "name", "op": "eq", "value": "a\0b"}, "/filter/value"),
        ({"field": "name", "op": "eq", "value": "\ud800"}, "/filter/value"),
        ({"field": "name", "op": "in", "value": ["a", "\0"]}, "/filter/value/1"),
        ({"field": "name", "op": "in", "value": "a"}, "/filter/value"),
        ({"field": "name", "op": "in", "value": ["a"] * 1001}, "/filter/value"),
        ({"field": "credit", "op": "gt", "value": "NaN"}, "/filter/value"),
        ({"field": "credit", "op": "gt", "value": "1e400"}, "/filter/value"),
        ({"field": "visits", "op": "gt", "value": 10**30}, "/filter/value"),
        ({"field": "visits", "op": "gt", "value": [1]}, "/filter/value"),
        ({"field": "credit", "op": "between", "value": [1]}, "/filter/value"),
        ({"field": "since", "op": "eq", "value": "2026-02-30"}, "/filter/value"),
        ({"field": "since", "op": "during", "value": {"last": 10**9, "unit": "years"}}, "/filter/value"),
        ({"field": "seen", "op": "during", "value": {"last": "x"}}, "/filter/value"),
        ({"field": "owner", "op": "eq", "value": "' OR 1=1"}, "/filter/value"),
        ({"field": "partners", "op": "has_any", "value": ["x"]}, "/filter/value"),
        ({"field": "name", "op": "is_empty", "value": {"a": 1}}, "/filter/value"),
        ({"field": "name", "op": "eq", "value": 1, "sql": "x"}, "/filter"),
        ({"field": ["name"], "op": "eq", "value": 1}, "/filter/field"),
        ({"and": [], "or": []}, "/filter"),
        ({"and": {}}, "/filter/and"),
        ({"not": []}, "/filter/not"),
        ({"xor": []}, "/filter"),
        ([], "/filter"),
        ("name = 1", "/filter"),
        ({"and": [{"or": [{"not": {"field": "nope", "op": "is_empty"}}]}]}, "/filter/and/0/or/0/not/field"),
    ],
)
def test_a_wrong_filter_says_where(shop: Shop, tree: Any, pointer: str) -> None:
    with pytest.raises(BadQuery) as error:
        query(shop.eyes(), shop.module("customer"), Query(filter=tree))
    assert error.value.pointer == pointer
    assert error.value.text()


def test_a_filter_has_bounds() -> None:
    deep: Any = {"field": "name", "op": "is_empty"}
    for _ in range(MAX_DEPTH):
        deep = {"not": deep}
    with pytest.raises(BadQuery):
        parse_filter(deep)
    wide = {"and": [{"or": [{"field": "name", "op": "is_empty"}] * 60}] * 2}
    assert MAX_CONDITIONS < 120
    with pytest.raises(BadQuery):
        parse_filter(wide)


def test_braces_in_what_was_sent_are_only_text(shop: Shop) -> None:
    with pytest.raises(BadQuery) as error:
        query(shop.eyes(), shop.module("customer"), Query(filter={"field": "{0.__class__}", "op": "is_empty"}))
    assert "{0.__class__}" in error.value.text()


@pytest.mark.parametrize(
    "text", ["'", '"', "%", "_", "\\", "a\\", '" OR "', "*", "NEAR(a b)", "a* OR b", "‹", "--", "a b c d e f g h i j k l m n"]
)
def test_a_search_for_signs_is_a_search_for_text(shop: Shop, text: str) -> None:
    shop.add("customer", name="plain name")
    found = query(shop.eyes(), shop.module("customer"), Query(search=text)).rows
    assert found == [] or text == "‹"


@pytest.mark.parametrize("text", ["a\0b", "x" * 201, "\udfff"])
def test_a_search_has_bounds(shop: Shop, text: str) -> None:
    with pytest.raises(BadQuery):
        query(shop.eyes(), shop.module("customer"), Query(search=text))
    with pytest.raises(BadQuery):
        options(shop.eyes(), shop.module("customer"), "region", text)


def test_hostile_variety_does_not_fill_the_memory(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.runtime.query.plans.MAX_PLANS", 5)
    for limit in range(1, 20):
        query(shop.eyes(), shop.module("region"), Query(limit=limit))
    assert len(shop.catalog.extras["query.plans"]) <= 5
