"""Functions on numbers."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tessera.expressions import numbers
from tessera.expressions.functions.base import Function, Overload, listed, parameters, settled
from tessera.expressions.limits import SCALE
from tessera.expressions.types import INTEGER, NUMBER


def _round(value: Decimal, digits: Decimal) -> Decimal | None:
    places = int(max(Decimal(-24), min(Decimal(SCALE), digits)))
    return numbers.rounded(value, places)


def _floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR, numbers.CONTEXT) or numbers.ZERO


def _ceil(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING, numbers.CONTEXT) or numbers.ZERO


ADD = Overload(
    "add", parameters("number: number"), NUMBER, numbers.total, lambda n: settled(listed("", " + ", "")(n)), repeats=True
)
NEGATE = Overload("negate", parameters("number: number"), NUMBER, lambda v: -v or numbers.ZERO, "(- {0})")
MULTIPLY = Overload("multiply", parameters("left: number, right: number"), NUMBER, numbers.product, settled("{0} * {1}"))
#: 60 decimals decide every rounding rightly (see `numbers.CONTEXT`).
DIVIDE = Overload(
    "divide", parameters("left: number, right: number"), NUMBER, numbers.quotient, settled("ROUND({0}, 60) / NULLIF({1}, 0)")
)
MODULO = Overload(
    "modulo",
    parameters("number: number, divisor: number"),
    NUMBER,
    numbers.remainder,
    settled("MOD(MOD({0}, NULLIF({1}, 0)) + {1}, NULLIF({1}, 0))"),
)
POWER = Overload("power", parameters("number: number, exponent: number"), NUMBER, numbers.power, None)

_VALUE = parameters("number: number")

NUMERIC_FUNCTIONS = (
    Function(
        "abs", "Numbers", "The number without its sign.", (Overload("abs", _VALUE, NUMBER, abs, "ABS({0})"),), (("abs(-3)", "3"),)
    ),
    Function(
        "round",
        "Numbers",
        "Rounded to a number of digits after the point (0 if not given; negative: before the point), half away from zero.",
        (
            Overload("round", _VALUE, INTEGER, lambda v: numbers.rounded(v, 0), settled("ROUND({0}, 0)")),
            Overload(
                "round_to",
                parameters("number: number, digits: number"),
                NUMBER,
                _round,
                "CASE WHEN {1} IS NOT NULL THEN " + settled("ROUND({0}, LEAST(GREATEST(TRUNC({1}), -24), 12)::int)") + " END",
            ),
        ),
        (("round(2.345, 2)", "2.35"), ("round(1250, -2)", "1300"), ("round(-2.5)", "-3")),
    ),
    Function(
        "ceil",
        "Numbers",
        "The next whole number up.",
        (Overload("ceil", _VALUE, INTEGER, _ceil, "CEIL({0})"),),
        (("ceil(1.2)", "2"),),
        ("ceiling",),
    ),
    Function(
        "floor",
        "Numbers",
        "The next whole number down.",
        (Overload("floor", _VALUE, INTEGER, _floor, "FLOOR({0})"),),
        (("floor(-1.2)", "-2"),),
    ),
    Function(
        "mod",
        "Numbers",
        "The rest of a division, with the sign of the divisor; also written `a % b`.",
        (MODULO,),
        (("mod(7, 3)", "1"), ("-7 % 3", "2")),
    ),
    Function(
        "power", "Numbers", "A number to a power; also written `a ^ b`.", (POWER,), (("power(2, 10)", "1024"), ("2 ^ -1", "0.5"))
    ),
    Function(
        "sqrt",
        "Numbers",
        "The square root; nothing of a negative number.",
        (Overload("sqrt", _VALUE, NUMBER, numbers.root, None),),
        (("sqrt(2)", "1.414213562373"),),
    ),
)
