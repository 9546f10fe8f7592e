"""The bounds of the language. Within them every formula ends quickly, whatever its text and its data."""

from decimal import Decimal

#: Characters of a formula's text.
MAX_TEXT = 4000
#: Nodes of the parsed formula (operators, calls, names and literals).
MAX_NODES = 500
#: Nesting: parentheses and calls within each other. `a + b + c` is one level, every factor of a product is one.
MAX_DEPTH = 40
#: Type errors reported at once.
MAX_ISSUES = 20
#: Digits after the point that every result of arithmetic is rounded to, half away from zero.
SCALE = 12
#: Numbers are smaller than this; a result that is not has no value.
NUMBER_LIMIT = Decimal(10) ** 24
#: Characters of a text that a function makes; the rest is cut off.
TEXT_RESULT = 20_000
#: Characters of the replacement in `replace`; the rest is cut off.
REPLACEMENT = 1000
#: The largest exponent of `power`, either way.
MAX_EXPONENT = 1000
#: Fragments an SQL expression may consist of; more is left to Python.
MAX_SQL_WEIGHT = 4000
