"""What somebody may not see cannot be selected, filtered, sorted, grouped, counted, searched, expanded, or guessed."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tessera.kernel.errors import BadQuery, Forbidden, NotFound
from tessera.metadata.definitions import DefaultAccess
from tessera.runtime.query.aggregate import aggregate
from tessera.runtime.query.listing import query, query_json
from tessera.runtime.query.options import options
from tessera.runtime.query.reading import get
from tessera.runtime.values import Aggregate, GroupKey, Measure, Query
from tessera.security.policy import BasicPolicy, ModuleAccess
from tests.runtime.query.conftest import Shop

HIDDEN = BasicPolicy(
    hidden={
        "customer": frozenset({"credit", "nickname", "parent"}),
        "user": frozenset({"secret"}),
        "order": frozenset({"lines.cost"}),
    }
)


@dataclass(frozen=True)
class Without:
    """A policy under which one module may not be read at all."""

    module: str
    under: BasicPolicy = field(default_factory=BasicPolicy)

    def access(self, principal: Any, module: str, default: DefaultAccess) -> ModuleAccess:
        return ModuleAccess() if module == self.module else self.under.access(principal, module, default)


@pytest.fixture
def town(shop: Shop) -> Shop:
    """`mel` has two customers, one below a customer of `moe`; `moe` has an order with the one and the other."""
    moes = shop.add("customer", owner="moe", name="Moe's", credit=900, nickname="zebra")
    below = shop.add("customer", owner="mel", name="Below", credit=100, parent=moes, nickname="heron", partners=[moes])
    shop.add("customer", owner="mel", name="Alone", credit=200)
    cheap = shop.add("product", name="Nail", price=1)
    shop.add("order", owner="moe", number="M1", customer=below, total=50, lines=[{"product": cheap, "quantity": 1, "cost": 3}])
    shop.add("order", owner="mel", number="L1", customer=below, total=70, lines=[{"product": cheap, "quantity": 2, "cost": 4}])
    return shop


def names(shop: Shop, who: str, **given: Any) -> list[str]:
    return [row["name"] for row in query(shop.eyes(who), shop.module("customer"), Query(**given)).rows]


def test_members_list_and_count_their_own(town: Shop) -> None:
    assert names(town, "mel") == ["Below", "Alone"]
    assert names(town, "moe") == ["Moe's"]
    assert len(names(town, "ann")) == 3
    for kind in ("bounded", "exact"):
        assert query(town.eyes("mel"), town.module("customer"), Query(limit=1, count=kind)).count == 2


def test_a_record_of_another_is_not_there(town: Shop) -> None:
    theirs = query(town.eyes("moe"), town.module("customer"), Query()).rows[0]["id"]
    with pytest.raises(NotFound):
        get(town.eyes("mel"), town.module("customer"), theirs)
    assert get(town.eyes("moe"), town.module("customer"), theirs)["name"] == "Moe's"


def test_what_lies_behind_an_invisible_record_is_empty(town: Shop) -> None:
    behind = {"field": "parent.name", "op": "eq", "value": "Moe's"}
    assert names(town, "ann", filter=behind) == ["Below"]
    assert names(town, "mel", filter=behind) == []
    assert names(town, "mel", filter={"field": "parent.credit", "op": "gt", "value": "0"}) == []
    assert names(town, "mel", filter={"field": "parent.name", "op": "is_empty"}) == ["Below", "Alone"]
    assert names(town, "mel", sort=("parent.credit", "name")) == ["Alone", "Below"]


def test_the_title_of_an_invisible_record_is_not_told(town: Shop) -> None:
    row = query(town.eyes("mel"), town.module("customer"), Query(titles=True, expand=("parent.name", "partners"))).rows[0]
    assert row["parent"].title is None
    assert row["parent"].fields == {"name": None}
    assert [reference.title for reference in row["partners"]] == [None]
    assert row["owner"].title == "Mel"
    row = query_json(town.eyes("mel"), town.module("customer"), Query(titles=True, expand=("parent.name",))).rows[0]
    assert (row["parent"]["title"], row["parent"]["fields"]) == (None, {"name": None})


def test_related_rows_of_others_do_not_match(town: Shop) -> None:
    assert names(town, "ann", filter={"field": "orders.number", "op": "eq", "value": "M1"}) == ["Below"]
    assert names(town, "mel", filter={"field": "orders.number", "op": "eq", "value": "M1"}) == []
    assert names(town, "mel", filter={"field": "orders.number", "op": "eq", "value": "L1"}) == ["Below"]
    assert names(town, "mel", filter={"field": "partners.name", "op": "eq", "value": "Moe's"}) == []


def test_figures_are_over_visible_rows_and_groups(town: Shop) -> None:
    mine = Aggregate(measures=(Measure("count"), Measure("sum", "total")), group_by=(GroupKey("customer.parent.name"),))
    everything = aggregate(town.eyes("ann"), town.module("order"), mine)
    assert [(row["customer.parent.name"], row["count"], row["sum_total"]) for row in everything] == [("Moe's", 2, 120)]
    own = aggregate(town.eyes("mel"), town.module("order"), mine)
    assert [(row["customer.parent.name"], row["count"], row["sum_total"]) for row in own] == [(None, 1, 70)]


def test_options_are_visible_records(town: Shop) -> None:
    assert [r.title for r in options(town.eyes("mel"), town.module("order"), "customer")] == ["Alone", "Below"]
    assert [r.title for r in options(town.eyes("mel"), town.module("order"), "customer", "moe")] == []


@pytest.mark.parametrize(
    "given",
    [
        {"fields": ("credit",)},
        {"fields": ("id", "parent.name")},
        {"filter": {"field": "credit", "op": "gt", "value": "1"}},
        {"filter": {"or": [{"not": {"field": "credit", "op": "is_empty"}}]}},
        {"filter": {"field": "parent.name", "op": "eq", "value": "Moe's"}},
        {"filter": {"field": "partners.credit", "op": "gt", "value": "1"}},
        {"filter": {"field": "owner.secret", "op": "is_empty"}},
        {"filter": {"field": "orders.lines.cost", "op": "gt", "value": "1"}},
        {"sort": ("-credit",)},
        {"sort": ("owner.secret",)},
        {"sort": ("parent.name",)},
        {"expand": ("parent",)},
        {"expand": ("owner.secret",)},
    ],
)
def test_a_hidden_field_looks_unknown(town: Shop, given: dict[str, Any]) -> None:
    unknown = {key: _renamed(value) for key, value in given.items()}
    customer, eyes = town.module("customer"), town.eyes("mel", policy=HIDDEN)
    query(town.eyes("ann"), customer, Query(**given))  # a plan of somebody who may must not serve
    with pytest.raises(BadQuery) as hidden:
        query(eyes, customer, Query(**given))
    with pytest.raises(BadQuery) as missing:
        query(eyes, customer, Query(**unknown))
    assert hidden.value.text() == _back(missing.value.text())
    assert hidden.value.pointer == missing.value.pointer


def _renamed(value: Any) -> Any:
    """The same with names that no field has."""
    if isinstance(value, str):
        return value.replace("credit", "kredit").replace("parent", "barent").replace("secret", "zecret").replace("cost", "kost")
    if isinstance(value, dict):
        return {key: _renamed(inner) if key != "value" else inner for key, inner in value.items()}
    return type(value)(_renamed(inner) for inner in value)


def _back(text: str) -> str:
    return text.replace("kredit", "credit").replace("barent", "parent").replace("zecret", "secret").replace("kost", "cost")


@pytest.mark.parametrize(
    "request_",
    [
        Aggregate(measures=(Measure("sum", "credit"),)),
        Aggregate(measures=(Measure("count"),), group_by=(GroupKey("credit"),)),
        Aggregate(measures=(Measure("count"),), group_by=(GroupKey("parent.name"),)),
        Aggregate(measures=(Measure("count"),), group_by=(GroupKey("owner.secret"),)),
        Aggregate(measures=(Measure("count"),), filter={"field": "credit", "op": "gt", "value": "1"}),
    ],
)
def test_no_figures_of_hidden_fields(town: Shop, request_: Aggregate) -> None:
    aggregate(town.eyes("ann"), town.module("customer"), request_)
    with pytest.raises(BadQuery):
        aggregate(town.eyes("mel", policy=HIDDEN), town.module("customer"), request_)


def test_no_figures_of_hidden_line_fields(town: Shop) -> None:
    request = Aggregate(measures=(Measure("sum", "lines.cost"),))
    assert aggregate(town.eyes("ann"), town.module("order"), request) == [{"sum_lines_cost": 7}]
    with pytest.raises(BadQuery):
        aggregate(town.eyes("mel", policy=HIDDEN), town.module("order"), request)


def test_hidden_fields_are_left_out_of_rows(town: Shop) -> None:
    row = query(town.eyes("mel", policy=HIDDEN), town.module("customer"), Query()).rows[0]
    assert not {"credit", "nickname", "parent"} & set(row)
    order = query(town.eyes("mel"), town.module("order"), Query()).rows[0]["id"]
    assert "cost" in get(town.eyes("mel"), town.module("order"), order)["lines"][0]
    assert "cost" not in get(town.eyes("mel", policy=HIDDEN), town.module("order"), order)["lines"][0]


def test_a_hidden_searchable_field_is_not_found_by(town: Shop) -> None:
    assert names(town, "mel", search="heron") == ["Below"]
    eyes = town.eyes("mel", policy=HIDDEN)
    assert query(eyes, town.module("customer"), Query(search="heron")).rows == []
    assert [row["name"] for row in query(eyes, town.module("customer"), Query(search="BELO")).rows] == ["Below"]
    assert query(eyes, town.module("customer"), Query(search="heron", count="exact", limit=1)).count == 0
    assert options(eyes, town.module("order"), "customer", "heron") == []


def test_search_finds_what_the_reader_may_see(town: Shop) -> None:
    assert names(town, "moe", search="heron") == []
    assert names(town, "ann", search="zeb") == ["Moe's"]
    assert names(town, "ann", search="e b") == names(town, "ann", search="b e")


def test_a_module_that_may_not_be_read_is_closed_on_every_way(town: Shop) -> None:
    closed = town.eyes("mel", policy=Without("user"))
    customer = town.module("customer")
    for given in (
        {"filter": {"field": "owner.name", "op": "eq", "value": "Mel"}},
        {"sort": ("owner.name",)},
        {"fields": ("owner.name",)},
        {"expand": ("owner.name",)},
    ):
        with pytest.raises(BadQuery):
            query(closed, customer, Query(**given))
    row = query(closed, customer, Query(titles=True)).rows[0]
    assert (row["owner"].id, row["owner"].title) == (town.people["mel"].id, None)
    with pytest.raises(Forbidden):
        query(closed, town.module("user"), Query())
    with pytest.raises(Forbidden):
        aggregate(closed, town.module("user"), Aggregate(measures=(Measure("count"),)))
    assert options(closed, customer, "owner") == []


def test_two_members_share_a_plan_and_not_their_rows(town: Shop) -> None:
    assert names(town, "mel", sort=("name",)) == ["Alone", "Below"]
    plans = len(town.catalog.extras["query.plans"])
    assert names(town, "moe", sort=("name",)) == ["Moe's"]
    assert len(town.catalog.extras["query.plans"]) == plans


def test_the_recycle_bin_is_apart(town: Shop) -> None:
    gone = town.add("customer", owner="mel", name="Gone", deleted_at=town.clock.now())
    town.add("customer", owner="moe", name="Gone too", deleted_at=town.clock.now())
    assert "Gone" not in names(town, "mel")
    assert names(town, "mel", deleted=True) == ["Gone"]
    with pytest.raises(NotFound):
        get(town.eyes("mel"), town.module("customer"), gone)
    assert get(town.eyes("mel"), town.module("customer"), gone, deleted=True)["name"] == "Gone"
