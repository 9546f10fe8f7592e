"""Whatever the filter: the database finds the rows that a plain reading of the filter finds."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tessera.runtime.query.listing import query
from tessera.runtime.values import Query
from tests.runtime.query.conftest import Shop

NAMES = ("Anna", "anna", "Ben 50%", "b_n", "Öl", "中文", "O'Hara", None)
LEVELS = ("gold", "silver", None)
AMOUNTS = (Decimal("-1.50"), Decimal("0.00"), Decimal("0.01"), Decimal("99.99"), None)
DAYS = (*[date(2025, 12, 30) + timedelta(days=n) for n in range(4)], None)
COUNTS = (0, 1, 2, None)


def rows_of(seed: int) -> list[dict[str, Any]]:
    """Twenty-four customers; some hang below others, some have orders."""
    pick = random.Random(seed)
    return [
        {
            "name": pick.choice(NAMES), "level": pick.choice(LEVELS), "credit": pick.choice(AMOUNTS), "since": pick.choice(DAYS),
            "visits": pick.choice(COUNTS), "vip": pick.choice((True, False, None)),
            "up": pick.choice((None, *range(n))) if n else None,
            "orders": [pick.choice(AMOUNTS) for _ in range(pick.choice((0, 0, 1, 2)))],
        }
        for n in range(24)
    ]  # fmt: skip


def plain(value: Any) -> Any:
    return None if value is None else str(value) if isinstance(value, Decimal | date) else value


def leaf(path: str, values: tuple[Any, ...], ordered: bool) -> st.SearchStrategy[dict[str, Any]]:
    some = st.sampled_from([value for value in values if value is not None])
    operators = ["eq", "ne"] + (["lt", "lte", "gt", "gte"] if ordered else [])
    return st.one_of(
        st.builds(lambda op, value: {"field": path, "op": op, "value": plain(value)}, st.sampled_from(operators), some),
        st.builds(lambda op: {"field": path, "op": op}, st.sampled_from(("is_empty", "is_not_empty"))),
        st.builds(
            lambda op, chosen: {"field": path, "op": op, "value": [plain(v) for v in chosen]},
            st.sampled_from(("in", "not_in")),
            st.lists(some, min_size=1, max_size=3),
        ),
    )


TEXTS = st.builds(
    lambda path, op, value: {"field": path, "op": op, "value": value},
    st.sampled_from(("name", "parent.name")),
    st.sampled_from(("contains", "not_contains", "starts_with", "ends_with")),
    st.sampled_from(("a", "AN", "50%", "_", "ö", "文", "'")),
)
LEAVES = st.one_of(
    TEXTS,
    *[leaf(path, NAMES, ordered=False) for path in ("name", "parent.name")],
    *[leaf(path, LEVELS, ordered=False) for path in ("level", "parent.level", "parent.parent.level")],
    *[leaf(path, AMOUNTS, ordered=True) for path in ("credit", "parent.credit", "orders.total")],
    leaf("since", DAYS, ordered=True),
    leaf("visits", COUNTS, ordered=True),
    st.builds(lambda op: {"field": "vip", "op": op}, st.sampled_from(("is_true", "is_false", "is_empty"))),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda nodes: {"and": nodes}),
        st.lists(inner, max_size=3).map(lambda nodes: {"or": nodes}),
        inner.map(lambda node: {"not": node}),
    ),
    max_leaves=6,
)


def holds(tree: dict[str, Any], row: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """The filter read plainly. An empty value is different from every value."""
    if "and" in tree:
        return all(holds(node, row, rows) for node in tree["and"])
    if "or" in tree:
        return any(holds(node, row, rows) for node in tree["or"])
    if "not" in tree:
        return not holds(tree["not"], row, rows)
    *relations, key = tree["field"].split(".")
    if relations == ["orders"]:
        return any(matches(tree, total) for total in row["orders"])
    here: dict[str, Any] | None = row
    for _ in relations:
        here = None if here is None or here["up"] is None else rows[here["up"]]
    return matches(tree, None if here is None else here[key])


def matches(condition: dict[str, Any], value: Any) -> bool:
    operator, operand = condition["op"], condition.get("value")
    mine, wanted = fold(value), [fold(typed(o, value)) for o in (operand if isinstance(operand, list) else [operand])]
    match operator:
        case "is_empty":
            return value is None
        case "is_not_empty":
            return value is not None
        case "is_true":
            return value is True
        case "is_false":
            return value is not True
        case "eq" | "in":
            return value is not None and mine in wanted
        case "ne" | "not_in":
            return value is None or mine not in wanted
        case "not_contains":
            return value is None or wanted[0] not in mine
    if value is None:
        return False
    return {
        "contains": lambda: wanted[0] in mine,
        "starts_with": lambda: mine.startswith(wanted[0]),
        "ends_with": lambda: mine.endswith(wanted[0]),
        "lt": lambda: mine < wanted[0],
        "lte": lambda: mine <= wanted[0],
        "gt": lambda: mine > wanted[0],
        "gte": lambda: mine >= wanted[0],
    }[operator]()


def typed(operand: Any, value: Any) -> Any:
    if isinstance(value, Decimal) and operand is not None:
        return Decimal(operand)
    return date.fromisoformat(operand) if isinstance(value, date) and operand is not None else operand


def fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def fill(shop: Shop, rows: list[dict[str, Any]]) -> list[Any]:
    """Write the rows; their ids in order."""
    ids: list[Any] = []
    for row in rows:
        values = {key: value for key, value in row.items() if key not in ("up", "orders")}
        ids.append(shop.add("customer", parent=None if row["up"] is None else ids[row["up"]], **values))
    orders = [{"customer": ids[n], "total": total} for n, row in enumerate(rows) for total in row["orders"]]
    shop.add_many("order", orders)
    return ids


def test_every_filter_finds_what_it_says(shop: Shop) -> None:
    rows = rows_of(7)
    ids = fill(shop, rows)
    eyes = shop.eyes()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(TREES)
    def check(tree: dict[str, Any]) -> None:
        found = query(eyes, shop.module("customer"), Query(filter=tree, fields=("id",), limit=500))
        wanted = [record_id for record_id, row in zip(ids, rows, strict=True) if holds(tree, row, rows)]
        assert [row["id"] for row in found.rows] == wanted
        count = query(eyes, shop.module("customer"), Query(filter=tree, fields=("id",), limit=1, count="exact")).count
        assert count == len(wanted)

    check()


def test_a_known_shape_binds_new_values_only(shop: Shop) -> None:
    fill(shop, rows_of(3))
    eyes, customer = shop.eyes(), shop.module("customer")

    def amounts(least: str) -> list[Any]:
        found = query(eyes, customer, Query(filter={"field": "credit", "op": "gte", "value": least}, fields=("credit",)))
        return [row["credit"] for row in found.rows]

    first = amounts("0")
    plans = len(shop.catalog.extras["query.plans"])
    second = amounts("99.99")
    assert len(shop.catalog.extras["query.plans"]) == plans
    assert set(second) == {Decimal("99.99")}
    assert len(first) > len(second)


def test_lists_of_different_length_are_told_apart(shop: Shop) -> None:
    for name in ("one", "two", "three"):
        shop.add("customer", name=name)
    eyes, customer = shop.eyes(), shop.module("customer")
    for names in (["one"], ["one", "two"], ["two", "three"], ["three"]):
        found = query(eyes, customer, Query(filter={"field": "name", "op": "in", "value": names}))
        assert sorted(row["name"] for row in found.rows) == sorted(names)
