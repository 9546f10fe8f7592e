"""SQL for comparing a column with stretches of time: a day, a month, a moment are all [from, to)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tessera.runtime.fields.base import Rejected
from tessera.runtime.fields.comparison import Clause, Column, emptiness, parse_pair, unknown_operator

Parse = Callable[[Any], tuple[Any, Any] | None]


def compare_ranges(column: Column, operator: str, raw: Any, parse: Parse, operators: tuple[str, ...]) -> Clause:
    """`eq` and `during` mean "within", `lt` before its beginning, `gt` after its end. Raises `Rejected`."""
    if operator not in operators:
        raise unknown_operator(operator)
    if operator == "between":
        low, high = parse_pair(raw, parse)
        return sa.and_(column >= low[0], column < high[1])
    found = parse(raw)
    if found is None:
        if operator in ("eq", "ne"):
            return emptiness(column, "is_empty" if operator == "eq" else "is_not_empty", None)
        raise Rejected("operand_missing", "This comparison needs a value.")
    start, end = found
    clauses: dict[str, Callable[[], Clause]] = {
        "eq": lambda: sa.and_(column >= start, column < end),
        "during": lambda: sa.and_(column >= start, column < end),
        "ne": lambda: sa.or_(column.is_(None), column < start, column >= end),
        "lt": lambda: column < start,
        "lte": lambda: column < end,
        "gt": lambda: column >= end,
        "gte": lambda: column >= start,
    }
    if operator not in clauses:
        raise unknown_operator(operator)
    return clauses[operator]()
