"""Functions that the checker knows by name, because their types or their way of evaluation follow no fixed list.

What they mean stands in `checker`, `evaluate` and `sql`; here are their texts, for the reference and for suggestions.
"""

from typing import Any

from tessera.expressions.functions.base import Function, Overload, Parameter, listed
from tessera.expressions.types import DATE, DATETIME, DURATION, NUMBER, TIME, Type

#: The kinds that have an order, with their types.
ORDERED: dict[str, Type] = {"number": NUMBER, "date": DATE, "datetime": DATETIME, "time": TIME, "duration": DURATION}


def _least(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


LEAST = {
    kind: Overload(
        f"least_{kind}", (Parameter("value", type.kind),), type, _least, listed("LEAST(", ", ", ")"), strict=False, repeats=True
    )
    for kind, type in ORDERED.items()
}
GREATEST = {
    kind: Overload(
        f"greatest_{kind}",
        (Parameter("value", type.kind),),
        type,
        _greatest,
        listed("GREATEST(", ", ", ")"),
        strict=False,
        repeats=True,
    )
    for kind, type in ORDERED.items()
}

SPECIAL_FUNCTIONS = (
    Function(
        "if",
        "Logic",
        "The first value whose condition holds; the last one, without a condition, otherwise.",
        (),
        (("if(2 > 1, 'yes', 'no')", "yes"), ("if(false, 1, true, 2, 3)", "2")),
    ),
    Function(
        "case",
        "Logic",
        "The value beside the first choice that equals the subject; the last one, without a choice, otherwise.",
        (),
        (("case('b', 'a', 1, 'b', 2, 0)", "2"),),
        ("switch",),
    ),
    Function("coalesce", "Logic", "The first of the values that is there.", (), (("coalesce(null, 3)", "3"),), ("ifempty",)),
    Function("is_empty", "Logic", "Whether there is no value.", (), (("is_empty(null)", "true"),), ("isblank",)),
    Function("has", "Logic", "Whether a choice is among several; also written `'key' in field`.", ()),
    Function(
        "text",
        "Texts",
        "A number, date, moment, time or yes/no as text.",
        (),
        (("text(1.50)", "1.5"), ("text(date(2026, 5, 7))", "2026-05-07"), ("text(true)", "true")),
    ),
    Function("now", "Dates", "This moment.", ()),
    Function("today", "Dates", "This day, in the reader's time zone.", ()),
    Function("user", "People", "The user who is acting; also written `me`.", ()),
    Function("sum", "Rows", "The sum over rows; 0 over none.", ()),
    Function("avg", "Rows", "The mean over rows that have a value; nothing over none.", (), (), ("average",)),
    Function(
        "min", "Rows", "The smallest over rows, or of the arguments; missing ones are left out.", (), (("min(3, 1, null)", "1"),)
    ),
    Function(
        "max",
        "Rows",
        "The greatest over rows, or of the arguments; missing ones are left out.",
        (),
        (("max(date(2026, 1, 1), date(2025, 1, 1))", "2026-01-01"),),
    ),
    Function("count", "Rows", "How many rows there are, or how many have a value.", ()),
    Function("any", "Rows", "Whether a condition holds for at least one row.", ()),
    Function("all", "Rows", "Whether a condition holds for every row; true of none.", ()),
)
