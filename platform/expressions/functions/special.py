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


def _special(
    name: str, group: str, summary: str, *usage: str, examples: tuple[tuple[str, str], ...] = (), aliases: tuple[str, ...] = ()
) -> Function:
    return Function(name, group, summary, (), examples, aliases, usage)


SPECIAL_FUNCTIONS = (
    _special(
        "if",
        "Logic",
        "The first value whose condition holds; the last, without a condition, otherwise.",
        "if(condition, value, otherwise)",
        "if(condition, value, condition, value, …, otherwise)",
        examples=(("if(2 > 1, 'yes', 'no')", "yes"), ("if(false, 1, true, 2, 3)", "2")),
    ),
    _special(
        "case",
        "Logic",
        "The value beside the first choice that the subject equals; the last, without a choice, otherwise.",
        "case(subject, choice, value, …, otherwise)",
        examples=(("case('b', 'a', 1, 'b', 2, 0)", "2"),),
        aliases=("switch",),
    ),
    _special(
        "coalesce",
        "Logic",
        "The first of the values that is there.",
        "coalesce(value, value, …)",
        examples=(("coalesce(null, 3)", "3"),),
        aliases=("ifempty",),
    ),
    _special(
        "is_empty",
        "Logic",
        "Whether there is no value; also written `value = null`.",
        "is_empty(value)",
        examples=(("is_empty(null)", "true"),),
        aliases=("isblank",),
    ),
    _special("has", "Logic", "Whether a key is among several choices; also written `'key' in field`.", "has(choices, key)"),
    _special(
        "text",
        "Texts",
        "A number, date, moment, time or yes/no as text.",
        "text(value)",
        examples=(("text(1.50)", "1.5"), ("text(date(2026, 5, 7))", "2026-05-07"), ("text(true)", "true")),
    ),
    _special("now", "Dates", "This moment.", "now()"),
    _special("today", "Dates", "This day, in the reader's time zone.", "today()"),
    _special("user", "People", "The user who is acting; also written `me`.", "user()"),
    _special("sum", "Rows", "The sum over rows; 0 over none.", "sum(rows.field)", "sum(rows, value, condition)"),
    _special(
        "avg",
        "Rows",
        "The mean over rows that have a value; nothing over none.",
        "avg(rows.field)",
        "avg(rows, value, condition)",
        aliases=("average",),
    ),
    _special(
        "min",
        "Rows",
        "The smallest over rows, or of the arguments; missing ones are left out.",
        "min(rows.field)",
        "min(rows, value, condition)",
        "min(value, value, …)",
        examples=(("min(3, 1, null)", "1"),),
    ),
    _special(
        "max",
        "Rows",
        "The greatest over rows, or of the arguments; missing ones are left out.",
        "max(rows.field)",
        "max(rows, value, condition)",
        "max(value, value, …)",
        examples=(("max(date(2026, 1, 1), date(2025, 1, 1))", "2026-01-01"),),
    ),
    _special(
        "count",
        "Rows",
        "How many rows there are, or how many have a value.",
        "count(rows)",
        "count(rows, condition)",
        "count(rows.field, condition)",
    ),
    _special("any", "Rows", "Whether a condition holds for at least one row.", "any(rows, condition)"),
    _special("all", "Rows", "Whether a condition holds for every row; true of none.", "all(rows, condition)"),
)
