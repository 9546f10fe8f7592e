"""Reading and writing formulas: precedence, spellings, places of mistakes, limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessera.expressions.errors import FormulaError
from tessera.expressions.limits import MAX_DEPTH, MAX_NODES, MAX_TEXT
from tessera.expressions.parser import parse
from tessera.expressions.printer import print_formula
from tests.expressions.strategies import formulas


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("a - (b - c)", "a - (b - c)"),
        ("a - b - c", "a - b - c"),
        ("-2^2", "-2 ^ 2"),
        ("(-2)^2", "(-2) ^ 2"),
        ("2^3^2", "2 ^ 3 ^ 2"),
        ("(2^3)^2", "(2 ^ 3) ^ 2"),
        ("2^-1", "2 ^ -1"),
        ("not a = b", "not a = b"),
        ("(not a) = b", "(not a) = b"),
        ("a or b and not c", "a or b and not c"),
        ("(a or b) and c", "(a or b) and c"),
        ("AND(a, OR(b, c), NOT(d))", "a and (b or c) and not d"),
        ("a==1 && b<>2 || !c", "a = 1 and b != 2 or not c"),
        ("a & b & 'x'", "a & b & 'x'"),
        ("x NOT IN [1, 2]", "x not in (1, 2)"),
        ("'k' in tags", "'k' in tags"),
        ("IF(a,1,2)", "if(a, 1, 2)"),
        ("'it''s'", r"'it\'s'"),
        (r'"a\"b\n"', r"""'a"b\n'"""),
        ("TRUE = null", "true = null"),
        ("a\n + b", "a + b"),
        (".5", "0.5"),
    ],
)
def test_a_formula_has_one_spelling(text: str, printed: str) -> None:
    assert print_formula(parse(text)) == printed


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "The formula is empty."),
        ("  ", 3, "The formula is empty."),
        ("1 +", 4, "The formula ends too early."),
        ("(1 + 2", 1, "The bracket '(' is never closed."),
        ("1 + 2)", 6, "')' is not expected here."),
        ("a b", 3, "An operator is missing before 'b'."),
        ("1 < 2 < 3", 7, "Comparisons cannot follow each other; join them with 'and'."),
        ("'abc", 1, "This text has no closing quote."),
        ("1 ; 2", 3, "The character ';' means nothing here."),
        ("sum(a).b", 7, "Only fields can be followed with a dot."),
        ("a.", 3, "A field name must follow the dot."),
        ("x in ()", 7, "The list after 'in' is empty."),
        (r"'\q'", 2, "There is no escape \\q; write \\\\ for a backslash."),
        ("1.0000000000001", 1, "Numbers have at most 24 digits before the point and 12 after it."),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(FormulaError) as error:
        parse(text)
    assert (error.value.column, error.value.issues[0].text()) == (column, message)


def test_the_place_is_marked_in_its_line() -> None:
    with pytest.raises(FormulaError) as error:
        parse("a +\n  b $ c")
    assert (error.value.line, error.value.column) == (2, 5)
    assert error.value.explain() == "2:5: The character '$' means nothing here.\n    b $ c\n      ^"


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "not " * 200 + "a",
        "-" * 1000 + "1",
        "abs(" * 100 + "1" + ")" * 100,
        "^".join("2" * 100),
        "*".join("2" * 100),
        "+".join(["1"] * (MAX_NODES + 1)),
        "a" * (MAX_TEXT + 1),
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse(text)


def test_long_sums_and_conditions_are_not_deep() -> None:
    assert parse(" + ".join(["a"] * 400))
    assert parse(" and ".join(["a"] * 400))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("()[]'\"+-*/^<>=!&|., \n01aifnot", max_size=80)))
def test_nothing_but_a_formula_error_ever_comes_out(text: str) -> None:
    try:
        tree = parse(text)
    except FormulaError as error:
        assert error.issues[0].offset <= len(text)  # noqa: PT017
        assert error.explain()  # noqa: PT017
    else:
        assert parse(print_formula(tree)) == tree


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["number", "text", "boolean", "date"]).flatmap(lambda kind: formulas(kind, 2)))
def test_what_is_printed_reads_the_same(text: str) -> None:
    try:
        tree = parse(text)
    except FormulaError:
        return
    assert parse(print_formula(tree)) == tree
