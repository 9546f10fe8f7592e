"""Options that do not fit together are refused with a sentence that says what is wrong."""

from decimal import Decimal
from typing import Any

import pytest

from tessera.expressions.types import Type, record, rows
from tessera.runtime.fields.base import FieldType, Rejected
from tessera.runtime.fields.money import Money
from tessera.runtime.fields.registry import FIELD_TYPES
from tests.runtime.fields.building import compiled, definition
from tests.runtime.fields.test_conformance import sample


@pytest.mark.parametrize(
    ("type_", "given", "reason"),
    [
        ("integer", {"min": 5, "max": 1}, "min is greater than max"),
        ("decimal", {"min": 5, "max": 1}, "min is greater than max"),
        ("decimal", {"precision": 2, "scale": 4}, "scale is greater than precision"),
        ("money", {"currency": "nothing"}, "no other field"),
        ("money", {"currency": "parent.currency"}, "for lines only"),
        ("money", {"currency": "other", "own_currency": True}, "give either currency"),
        ("phone", {"region": "QQ"}, "no telephone region"),
        ("picklist", {}, "give either picklist"),
        ("picklist", {"picklist": "regions", "values": {"a": "A"}}, "give either picklist"),
        ("picklist", {"picklist": "planets"}, "no picklist 'planets'"),
        ("picklist", {"values": {"a": {"label": "A", "parent": "b"}}}, "not among the values"),
        ("picklist", {"values": {"a": {"label": "A", "parent": "b"}, "b": {"label": "B", "parent": "a"}}}, "below itself"),
        ("picklist", {"values": {"a": "A"}, "controlled_by": "f"}, "no other field"),
        ("picklist", {"values": {"a": "A"}, "controlled_by": "other"}, "must name a choice field"),
        ("lookup", {}, "module is missing"),
        ("lookup", {"module": "planet"}, "no module 'planet'"),
        ("lookup", {"module": "customer", "copies": {"nothing": "name"}}, "not a field beside"),
        ("multi_lookup", {"module": "planet"}, "no module 'planet'"),
        ("any_lookup", {}, "modules is missing"),
        ("any_lookup", {"modules": ["customer", "planet"]}, "no module 'planet'"),
        ("lines", {}, "needs fields"),
        ("lines", {"fields": {"x": definition("x", "text")}, "min": 5, "max": 2}, "min is greater than max"),
        ("sequence", {"scheme": "SO-{0000}", "manual": True}, "must be unique"),
        ("sequence", {"scheme": "{field:nothing}-{0000}"}, "not a field beside"),
        ("sequence", {}, "exactly one counter"),
        ("formula", {"result": "decimal"}, "formula is missing"),
        ("formula", {"formula": "1"}, "result is missing"),
        ("formula", {"formula": "1", "result": "lookup"}, "result is one of"),
        ("rollup", {"function": "count"}, "give either module"),
        ("rollup", {"module": "order", "function": "count"}, "via is missing"),
        ("rollup", {"module": "planet", "via": "x", "function": "count"}, "no module 'planet'"),
        ("rollup", {"module": "order", "via": "x", "function": "sum"}, "needs field"),
        ("rollup", {"module": "order", "via": "x", "function": "median"}, "function is one of"),
        ("rollup", {"lines": "other", "function": "count"}, "no line table"),
        ("json", {"schema": {"type": "thing"}}, "no JSON Schema"),
    ],
)
def test_wrong_options_are_explained(type_: str, given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        compiled(type_, definition("other", "text"), **given)


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("integer", {}, Type("number", scale=0)),
        ("decimal", {"scale": 3}, Type("number", scale=3)),
        ("percent", {"scale": 1}, Type("number", scale=3)),
        ("lookup", {"module": "customer"}, record("customer")),
        ("user", {}, record("user")),
        ("multi_lookup", {"module": "customer"}, rows("customer")),
        ("lines", {"fields": {"x": definition("x", "text")}}, rows("order.f")),
        ("formula", {"formula": "1", "result": "date"}, Type("date")),
        ("rollup", {"module": "order", "via": "customer", "function": "count"}, Type("number", scale=0)),
        ("rollup", {"module": "order", "via": "customer", "function": "sum", "field": "total"}, Type("number", scale=2)),
    ],
)
def test_formulas_know_the_type(type_: str, given: dict[str, Any], expected: Type) -> None:
    field = compiled(type_, **given)
    assert field.type.expression_type(field) == expected


def test_rollups_say_over_what() -> None:
    lines = definition("lines", "lines", fields={"amount": definition("amount", "money")})
    own = compiled("rollup", lines, lines="lines", function="sum", field="amount", result="money").options
    assert (own.source, own.via, own.field) == ("order.lines", None, "amount")
    other = compiled(
        "rollup", module="order.lines", via="product", function="max", field="sold_on", result="date", where="quantity > 0"
    ).options
    assert (other.source, other.via, other.where, other.result.key) == ("order.lines", "product", "quantity > 0", "date")


def test_people_cannot_set_what_the_product_works_out() -> None:
    computed = compiled("formula", formula="1", result="integer")
    drawn, typed = compiled("sequence", scheme="{000}"), compiled("sequence", scheme="{000}", manual=True, unique=True)
    assert not computed.type.accepts_input(computed)
    assert not drawn.type.accepts_input(drawn)
    assert typed.type.accepts_input(typed)
    assert computed.type.operators_of(computed) == compiled("integer").type.operators


@pytest.mark.parametrize(
    ("type_", "given", "result", "value"),
    [
        ("text", {"max_length": 5}, "abcdefgh", "abcde"),
        ("text", {}, " ", None),
        ("integer", {}, Decimal("2.5"), 3),
        ("decimal", {"scale": 1}, Decimal("-0.25"), Decimal("-0.3")),
        ("money", {"own_currency": True}, Decimal("1.005"), Money(Decimal("1.01"))),
        ("picklist", {"picklist": "regions"}, "spain", "spain"),
        ("tags", {}, frozenset({"b", "a"}), ("a", "b")),
    ],
)
def test_results_of_formulas_are_made_to_fit(type_: str, given: dict[str, Any], result: Any, value: Any) -> None:
    field = compiled(type_, **given)
    assert field.type.from_expression(field, result) == value


@pytest.mark.parametrize(
    ("type_", "given", "result"),
    [
        ("integer", {}, Decimal(2**53)),
        ("decimal", {"precision": 4}, Decimal(100)),
        ("decimal", {}, Decimal("1e300")),
        ("picklist", {"picklist": "regions"}, "mars"),
        ("multi_picklist", {"picklist": "regions"}, frozenset({"mars"})),
        ("email", {}, "nobody"),
    ],
)
def test_results_that_cannot_be_stored_are_refused(type_: str, given: dict[str, Any], result: Any) -> None:
    field = compiled(type_, **given)
    with pytest.raises(Rejected):
        field.type.from_expression(field, result)


INDEXABLE = [kind for kind in FIELD_TYPES if kind.may_be_indexed or kind.may_be_unique]


@pytest.mark.parametrize("kind", INDEXABLE, ids=[kind.key for kind in INDEXABLE])
def test_what_may_be_indexed_fits_an_index_entry(kind: FieldType) -> None:
    field = sample(kind.key)
    texts = [spec for spec in field.specs if spec.kind == "text"]
    assert all(spec.length is not None and 4 * spec.length < 2704 for spec in texts)
