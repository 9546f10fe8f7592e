"""The functions of the language, one list a file; this is their table of contents."""

from tessera.expressions.functions.base import Function, Overload
from tessera.expressions.functions.dates import (
    DATE_FUNCTIONS,
    DATE_MINUS,
    DATE_PLUS,
    DAYS_BETWEEN,
    LOCAL_DATE,
    MOMENT_MINUS,
    MOMENT_PLUS,
    SPAN_BETWEEN,
    TEXT_OF_DATE,
    TEXT_OF_MOMENT,
    TEXT_OF_TIME,
)
from tessera.expressions.functions.numeric import ADD, DIVIDE, MODULO, MULTIPLY, NEGATE, NUMERIC_FUNCTIONS, POWER
from tessera.expressions.functions.special import GREATEST, LEAST, SPECIAL_FUNCTIONS
from tessera.expressions.functions.text import JOIN, TEXT_FUNCTIONS, TEXT_ITSELF, TEXT_OF_BOOLEAN, TEXT_OF_NUMBER

FUNCTIONS: tuple[Function, ...] = (*SPECIAL_FUNCTIONS, *NUMERIC_FUNCTIONS, *TEXT_FUNCTIONS, *DATE_FUNCTIONS)

#: By every name and alias.
BY_NAME: dict[str, Function] = {name: function for function in FUNCTIONS for name in (function.name, *function.aliases)}

#: How a value of each kind becomes a text.
AS_TEXT: dict[str, Overload] = {
    "text": TEXT_ITSELF,
    "number": TEXT_OF_NUMBER,
    "boolean": TEXT_OF_BOOLEAN,
    "date": TEXT_OF_DATE,
    "datetime": TEXT_OF_MOMENT,
    "time": TEXT_OF_TIME,
}

OPERATORS: tuple[Overload, ...] = (
    ADD,
    NEGATE,
    MULTIPLY,
    DIVIDE,
    MODULO,
    POWER,
    DATE_PLUS,
    DATE_MINUS,
    DAYS_BETWEEN,
    MOMENT_PLUS,
    MOMENT_MINUS,
    SPAN_BETWEEN,
    LOCAL_DATE,
    JOIN,
    *LEAST.values(),
    *GREATEST.values(),
    *AS_TEXT.values(),
)

#: Every overload once, by key: what a database may have to call.
OVERLOADS: dict[str, Overload] = {
    overload.key: overload for overload in (*OPERATORS, *(overload for function in FUNCTIONS for overload in function.overloads))
}

__all__ = [
    "ADD", "AS_TEXT", "BY_NAME", "DATE_MINUS", "DATE_PLUS", "DAYS_BETWEEN", "DIVIDE", "FUNCTIONS", "GREATEST", "JOIN", "LEAST",
    "LOCAL_DATE", "MODULO", "MOMENT_MINUS", "MOMENT_PLUS", "MULTIPLY", "NEGATE", "OPERATORS", "OVERLOADS", "POWER",
    "SPAN_BETWEEN", "Function", "Overload",
]  # fmt: skip
