"""SQL for the filter operators that mean the same for every type with one ordered column.

An empty field is different from every value: `ne`, `not_in` and `not_contains` include empty ones.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from tessera.runtime.fields.base import Rejected

#: The most values an `in` may list.
MOST_VALUES = 1000

Column = sa.ColumnElement[Any]
Clause = sa.ColumnElement[bool]
Parse = Callable[[Any], Any]

EQUALITY = ("eq", "ne", "in", "not_in", "is_empty", "is_not_empty")
ORDERED = ("eq", "ne", "lt", "lte", "gt", "gte", "between", "in", "not_in", "is_empty", "is_not_empty")


def compare(column: Column, operator: str, raw: Any, parse: Parse) -> Clause:
    """The clause of `operator`; `parse` turns one raw operand into a bindable value. Raises `Rejected`."""
    if operator in ("is_empty", "is_not_empty"):
        return emptiness(column, operator, raw)
    if operator in ("eq", "ne"):
        value = parse(raw)
        if value is None:
            return emptiness(column, "is_empty" if operator == "eq" else "is_not_empty", None)
        return column == value if operator == "eq" else column.is_distinct_from(value)
    if operator in ("in", "not_in"):
        values = parse_list(raw, parse)
        return column.in_(values) if operator == "in" else sa.or_(column.is_(None), column.not_in(values))
    if operator == "between":
        low, high = parse_pair(raw, parse)
        return column.between(low, high)
    value = parse_one(raw, parse)
    ordered: dict[str, Callable[[], Clause]] = {
        "lt": lambda: column < value,
        "lte": lambda: column <= value,
        "gt": lambda: column > value,
        "gte": lambda: column >= value,
    }
    if operator not in ordered:
        raise unknown_operator(operator)
    return ordered[operator]()


def emptiness(column: Column, operator: str, raw: Any) -> Clause:
    """`is_empty` or `is_not_empty`; an operand of false turns it round."""
    empty = (operator == "is_empty") != (raw is False)
    return column.is_(None) if empty else column.is_not(None)


def parse_one(raw: Any, parse: Parse) -> Any:
    """One operand that must be there."""
    value = parse(raw)
    if value is None:
        raise Rejected("operand_missing", "This comparison needs a value.")
    return value


def parse_list(raw: Any, parse: Parse) -> list[Any]:
    """The operands of `in`: a list of at least one value and at most `MOST_VALUES`."""
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray):
        raise Rejected("not_a_list", "This comparison needs a list of values.")
    if not 1 <= len(raw) <= MOST_VALUES:
        raise Rejected("list_size", "The list takes from 1 to {most} values.", most=MOST_VALUES)
    return [parse_one(one, parse) for one in raw]


def parse_pair(raw: Any, parse: Parse) -> tuple[Any, Any]:
    """The two operands of `between`, both included."""
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray) or len(raw) != 2:
        raise Rejected("not_a_pair", "This comparison needs two values: from and to.")
    return parse_one(raw[0], parse), parse_one(raw[1], parse)


def unknown_operator(operator: str) -> Rejected:
    """The refusal of an operator that the field does not know."""
    return Rejected("unknown_operator", "This field cannot be compared by {operator}.", operator=str(operator)[:40])
