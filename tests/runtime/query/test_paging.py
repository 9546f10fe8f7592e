"""Paging visits every row exactly once, in one order, on both databases."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tessera.kernel.errors import BadQuery
from tessera.runtime.query.listing import query
from tessera.runtime.values import Query
from tests.runtime.query.conftest import Shop

SORTS = (
    (),
    ("-id",),
    ("name",),
    ("-name",),
    ("-credit", "name"),
    ("credit", "-name"),
    ("-vip", "level", "-credit"),
    ("level",),
    ("parent.name", "-credit"),
    ("-parent.credit",),
    ("seen", "-since"),
    ("created_at", "version"),
    ("-created_at", "version"),
)


@pytest.fixture
def crowd(shop: Shop) -> Shop:
    """Thirty customers full of ties and gaps."""
    pick = random.Random(11)
    ids: list[Any] = []
    for number in range(30):
        ids.append(
            shop.add(
                "customer",
                name=pick.choice(("a", "b", "c", None)),
                credit=pick.choice((None, Decimal("1.00"), Decimal("-2.50"))),
                vip=pick.choice((True, False, None)),
                level=pick.choice(("gold", "bronze", None)),
                seen=pick.choice((None, datetime(2026, 1, 1, 3, 4, 5, 678, UTC), datetime(2025, 1, 1, tzinfo=UTC))),
                parent=pick.choice(ids) if number % 3 == 1 else None,
            )
        )
    return shop


def walk(shop: Shop, sort: tuple[str, ...], limit: int) -> list[Any]:
    eyes, customer = shop.eyes(), shop.module("customer")
    found, cursor = [], None
    for _ in range(40):
        page = query(eyes, customer, Query(sort=sort, limit=limit, cursor=cursor, fields=("id",)))
        assert len(page.rows) <= limit
        found += [row["id"] for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: ",".join(sort) or "none")
def test_pages_join_to_the_whole_list(crowd: Shop, sort: tuple[str, ...]) -> None:
    whole = walk(crowd, sort, 500)
    assert len(whole) == len(set(whole)) == 30
    assert walk(crowd, sort, 1) == whole
    assert walk(crowd, sort, 7) == whole


@pytest.mark.parametrize("sort", [("credit",), ("-credit",), ("parent.credit",)])
def test_empty_values_come_last_in_both_directions(crowd: Shop, sort: tuple[str, ...]) -> None:
    rows = query(crowd.eyes(), crowd.module("customer"), Query(sort=sort, fields=("credit", "parent.credit"), limit=500)).rows
    values = [row[sort[0].removeprefix("-")] for row in rows]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    assert known == sorted(known, reverse=sort[0].startswith("-"))


def test_choices_are_sorted_in_the_order_of_their_dictionary(crowd: Shop) -> None:
    rows = query(crowd.eyes(), crowd.module("customer"), Query(sort=("level",), limit=500)).rows
    levels = [row["level"] for row in rows]
    assert list(dict.fromkeys(levels)) == ["gold", "bronze", None]


def test_rows_that_come_between_two_pages_do_not_move_the_next(crowd: Shop) -> None:
    eyes, customer = crowd.eyes(), crowd.module("customer")
    first = query(eyes, customer, Query(sort=("name",), limit=10))
    whole = walk(crowd, ("name",), 500)
    crowd.add("customer", name="0")
    second = query(eyes, customer, Query(sort=("name",), limit=10, cursor=first.next_cursor))
    assert [row["id"] for row in second.rows] == whole[10:20]


@pytest.mark.parametrize("cursor", ["", "x", "é", "e30", "WyJ4Il0", "W10", "bnVsbA", "A" * 5000])
def test_foreign_cursors_are_refused(crowd: Shop, cursor: str) -> None:
    with pytest.raises(BadQuery) as error:
        query(crowd.eyes(), crowd.module("customer"), Query(sort=("name",), cursor=cursor))
    assert error.value.pointer == "/cursor"


def test_a_cursor_fits_its_own_order_only(crowd: Shop) -> None:
    eyes, customer = crowd.eyes(), crowd.module("customer")
    cursor = query(eyes, customer, Query(sort=("name",), limit=1)).next_cursor
    with pytest.raises(BadQuery):
        query(eyes, customer, Query(sort=("-name",), limit=1, cursor=cursor))


def test_forged_values_in_a_cursor_never_reach_the_database(crowd: Shop) -> None:
    from base64 import urlsafe_b64encode

    import orjson

    from tessera.runtime.query.keyset import fingerprint

    eyes, customer = crowd.eyes(), crowd.module("customer")
    mark = fingerprint("customer", ("credit",))
    for values in (
        [{"n": "NaN"}, {"u": "x"}],
        ["1; DROP", "y"],
        [1e400, 2],
        [{"n": "1"}, None],
        [None],
        [[], {}],
        [{"d": "x"}, 1],
        [True, True],
    ):
        forged = urlsafe_b64encode(orjson.dumps([mark, *values])).decode()
        with pytest.raises(BadQuery):
            query(eyes, customer, Query(sort=("credit",), cursor=forged))


@pytest.mark.parametrize(("number", "shown", "bounded"), [(0, 0, False), (3, 3, False), (1000, 1000, False), (1001, 1000, True)])
def test_a_bounded_count_stops_at_a_thousand(shop: Shop, number: int, shown: int, bounded: bool) -> None:
    if number:
        shop.add_many("product", [{"name": str(n)} for n in range(number)])
    page = query(shop.eyes(), shop.module("product"), Query(limit=2, count="bounded"))
    assert (page.count, page.count_bounded) == (shown, bounded)
    assert query(shop.eyes(), shop.module("product"), Query(limit=2, count="exact")).count == number
    assert query(shop.eyes(), shop.module("product"), Query(limit=2)).count is None


@pytest.mark.parametrize("limit", [0, -1, 501, 10**30])
def test_a_page_has_a_size(shop: Shop, limit: int) -> None:
    with pytest.raises(BadQuery):
        query(shop.eyes(), shop.module("customer"), Query(limit=limit))
