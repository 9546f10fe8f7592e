"""Names, types and choices are checked before anything runs, and everything wrong is told at once."""

import pytest

from tessera.expressions.errors import FormulaError
from tessera.expressions.types import BOOLEAN, DATE, NUMBER, TEXT, Type
from tests.expressions.shop import formula


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("totl + 1", 1, "There is no field 'totl'. Did you mean 'total'?"),
        ("customer.nmae", 10, "There is no field 'nmae' in 'customer'. Did you mean 'name'?"),
        ("total.x", 1, "'total' is a number and has no fields."),
        ("roun(total)", 1, "There is no function 'roun'. Did you mean 'round'?"),
        ("today", 1, "'today' is a function: put brackets after it."),
        ("round()", 1, "round() takes 1 or 2 arguments, not 0."),
        ("upper(total)", 7, "This is a number, where a text is needed."),
        ("total + note", 7, "A number + a text has no meaning. Join texts with '&'."),
        ("day * 2", 1, "This is a date, where a number is needed."),
        ("day + due", 5, "A date + a date has no meaning."),
        ("status = 'wn'", 10, "'status' has no choice 'wn'. Did you mean 'won'?"),
        ("status in ('won', 'lots')", 19, "'status' has no choice 'lots'. Did you mean 'lost'?"),
        ("case(status, 'opne', 1, 2)", 14, "'status' has no choice 'opne'. Did you mean 'open'?"),
        ("'lost' = status and total = 'a'", 27, "The types differ: a number and a text."),
        ("total and urgent", 1, "This is a number, where yes or no is needed."),
        ("if(urgent, 1, 'a')", 1, "The types differ: a number and a text."),
        ("if(urgent)", 1, "if() takes 2 or 3 arguments, not 1."),
        ("urgent < true", 1, "Yes or no cannot be less or more than something."),
        ("customer = owner", 10, "These are records of different modules."),
        ("tags = 'x'", 6, "The types differ: several choices and a text."),
        ("'x' in note", 8, "A list in brackets or a field with several choices must follow 'in'."),
        ("total in (1, null)", 14, "Nothing is in no list; use is_empty()."),
        ("lines", 1, "Rows can only stand in sum(), count() and the like."),
        ("lines.price > 1", 1, "Rows can only stand in sum(), count() and the like."),
        ("sum(total)", 5, "sum() needs rows first: a line table or a related list."),
        ("sum(lines)", 1, "sum() needs to know what to take from each row."),
        ("sum(lines.kind)", 1, "sum() works on numbers, not on this."),
        ("min(lines, kind)", 1, "min() works on numbers and dates, not on this."),
        ("sum(lines.total)", 11, "There is no field 'total' in 'order.lines'."),
        ("any(lines)", 1, "any() needs a condition after the rows."),
        ("any(lines.price, true)", 11, "any() takes rows and a condition."),
        ("sum(customer.orders.lines.price)", 21, "These are rows of rows: nest one function in another instead."),
        ("start_of(day, 'mont')", 15, "One of 'day', 'week', 'month', 'quarter', 'year' is needed here. Did you mean 'month'?"),
        ("customer & 'x'", 1, "A record cannot be written as text."),
        ("min(note, 'a')", 1, "A text has no smallest or greatest."),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(FormulaError) as error:
        formula(text)
    assert [(error.value.column, issue.text()) for issue in error.value.issues] == [(column, message)]


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(FormulaError) as error:
        formula("if(totl > 1, upper(total), custmer.name) & sum(lines.amont)")
    assert [issue.offset for issue in error.value.issues] == [3, 19, 27, 53]


@pytest.mark.parametrize(("text", "wanted"), [("total", TEXT), ("note", NUMBER), ("total", BOOLEAN), ("customer", TEXT)])
def test_the_result_must_be_what_is_wanted(text: str, wanted: Type) -> None:
    with pytest.raises(FormulaError, match="is needed"):
        formula(text, wanted)


def test_nothing_and_a_moment_fit_where_a_date_is_wanted() -> None:
    assert formula("made_at", DATE).type == DATE
    assert formula("null", DATE).type == DATE


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("total + 1", {"total"}),
        ("customer.owner.name", {"customer.owner.name"}),
        ("count(lines)", {"lines"}),
        (
            "sum(lines, quantity * parent.total, kind = record.status)",
            {"lines", "lines.quantity", "lines.parent.total", "lines.kind", "status"},
        ),
        ("sum(lines, price + discount)", {"lines", "lines.price", "discount"}),
        ("sum(customer.orders, sum(lines.price))", {"customer.orders", "customer.orders.lines", "customer.orders.lines.price"}),
        ("today()", set()),
    ],
)
def test_what_a_formula_reads_is_known(text: str, paths: set[str]) -> None:
    assert {".".join(path) for path in formula(text).dependencies} == paths


def test_what_a_formula_needs_of_its_surroundings_is_known() -> None:
    assert formula("owner = me and total > 1").circumstances == {"user"}
    assert formula("date(made_at)").circumstances == {"timezone"}
    assert formula("day < today()").stale_by_time
    assert not formula("date(made_at) = day").stale_by_time
