"""What is refused when definitions are compiled, and in which order fields are worked out."""

from collections.abc import Callable

import pytest

from tessera.metadata.definitions import Definitions
from tessera.runtime.compile import CompileErrors, compile_catalog
from tessera.runtime.computed.errors import CycleError
from tessera.runtime.computed.graph import order_computed
from tests.runtime.computed.workshop import WORKSHOP, definitions, field, formula, lines, module, rollup


def places(made: Definitions) -> dict[str, str]:
    with pytest.raises(CompileErrors) as error:
        compile_catalog(made, 1)
    return {problem.place: problem.message for problem in error.value.problems}


def test_each_field_stands_after_what_it_needs() -> None:
    groups = compile_catalog(WORKSHOP, 1).computed.groups
    order = [computed.name for group in groups for computed in group.fields]
    wanted = ["sales_order.lines.amount", "sales_order.total", "customer.ordered", "region.ordered"]
    assert sorted(wanted, key=order.index) == wanted


def test_a_circle_in_a_record_is_named() -> None:
    made = definitions(module("thing", formula("a", "b + 1"), formula("b", "c + 1"), formula("c", "a + 1")))
    assert places(made) == {"thing.fields.a": "thing.a → thing.b → thing.c → thing.a"}


def test_a_circle_through_lookups_and_lines_is_named() -> None:
    made = definitions(
        module("customer", field("name", "text"), rollup("ordered", "sum", module="sales_order", via="customer", field="total")),
        module(
            "sales_order",
            field("customer", "lookup", module="customer"),
            lines("lines", formula("amount", "parent.customer.ordered * 2")),
            rollup("total", "sum", lines="lines", field="amount"),
        ),
    )
    (message,) = places(made).values()
    assert message == "customer.ordered → sales_order.total → sales_order.lines.amount → customer.ordered"


def test_a_tree_that_sums_itself_is_a_circle() -> None:
    made = definitions(
        module(
            "part", field("whole", "lookup", module="part"), rollup("weight", "sum", module="part", via="whole", field="weight")
        )
    )
    assert list(places(made).values()) == ["part.weight → part.weight"]


def test_a_chain_that_is_too_long_is_refused() -> None:
    chain = [formula("f0", "1")] + [formula(f"f{n}", f"f{n - 1} + 1") for n in range(1, 20)]
    (message,) = places(definitions(module("thing", *chain))).values()
    assert message == "needs a chain of 19 computed fields; 16 are allowed"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: formula("x", "nmae & 1", "text"), "There is no field 'nmae'. Did you mean 'name'?"),
        (lambda: formula("x", "name", "decimal"), "This is a text, where a number is needed."),
        (lambda: formula("x", "owner = user()", "boolean"), "a stored value cannot depend on who is looking"),
        (
            lambda: rollup("x", "sum", module="visit", via="thing", field="nots"),
            "There is no field 'nots'. Did you mean 'notes'?",
        ),
        (lambda: rollup("x", "sum", module="visit", via="thing", field="notes"), "sum() works on numbers, not on this."),
        (lambda: rollup("x", "count", module="visit", via="notes"), "'notes' of 'visit' is no lookup that points to 'thing'"),
        (
            lambda: rollup("x", "count", module="visit", via="thing", where="length"),
            "This is a number, where yes or no is needed.",
        ),
        (
            lambda: rollup("x", "max", module="visit", via="thing", field="on", result="decimal"),
            "max gives a date, which is no decimal",
        ),
    ],
)
def test_every_wrong_field_is_named_with_what_is_wrong(wrong: Callable[[], object], message: str) -> None:
    visit = module(
        "visit", field("thing", "lookup", module="thing"), field("notes", "text"), field("length", "integer"), field("on", "date")
    )
    found = places(definitions(module("thing", field("name", "text"), wrong()), visit))  # type: ignore[arg-type]
    assert list(found) == ["thing.fields.x"]
    assert message in found["thing.fields.x"]


def test_all_problems_come_at_once() -> None:
    assert set(places(definitions(module("thing", formula("a", "1 +"), formula("b", "nothing_such"))))) == {
        "thing.fields.a",
        "thing.fields.b",
    }


def test_the_order_is_worked_out_and_a_circle_raises() -> None:
    assert order_computed({"c": ["b"], "b": ["a"], "a": []}) == {"a": 0, "b": 1, "c": 2}
    with pytest.raises(CycleError) as error:
        order_computed({"x": ["y"], "y": ["z"], "z": ["y"]})
    assert error.value.cycle == ("y", "z", "y")


def test_rows_are_locked_from_what_leads_to_what_follows() -> None:
    order = compile_catalog(WORKSHOP, 1).computed.lock_order
    wanted = ["product", "customer", "sales_order", "sales_order.lines", "region"]
    assert sorted(wanted, key=order.__getitem__) == wanted
