"""Exact decimal arithmetic, the same in Python and in both databases.

Every result is rounded to `limits.SCALE` digits after the point, half away from zero; a result as large as
`limits.NUMBER_LIMIT` and division by zero have no value (None). The context is our own, never the process-wide one.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

from tessera.expressions.limits import MAX_EXPONENT, NUMBER_LIMIT, SCALE

#: Wide enough that products and quotients of any two numbers of the language round once, and rightly:
#: a quotient that is not a tie differs from one by at least 5e-49, and has at most 36 digits before the point.
CONTEXT = Context(prec=110, rounding=ROUND_HALF_UP, Emin=-9999, Emax=9999, traps=[])
_QUANTUM = Decimal(1).scaleb(-SCALE)
_FAR = SCALE + len(NUMBER_LIMIT.as_tuple().digits) + 10
ZERO = Decimal(0)


def settle(value: Decimal) -> Decimal | None:
    """`value` as a result: rounded, and None where it is too large or not a number."""
    if not value.is_finite() or value.adjusted() > _FAR:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -SCALE:
        value = value.quantize(_QUANTUM, context=CONTEXT)
    if value.copy_abs() >= NUMBER_LIMIT:
        return None
    return value or ZERO


def exact(value: Decimal | int) -> Decimal:
    """A number from a record as a Decimal."""
    return value if isinstance(value, Decimal) else Decimal(value)


def plain(value: Decimal) -> str:
    """The one way a number is written: no exponent, no trailing zeros, no minus zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def total(*values: Decimal) -> Decimal | None:
    """The sum."""
    result = ZERO
    for value in values:
        result = CONTEXT.add(result, value)
    return settle(result)


def product(left: Decimal, right: Decimal) -> Decimal | None:
    """`left × right`."""
    return settle(CONTEXT.multiply(left, right))


def quotient(left: Decimal, right: Decimal) -> Decimal | None:
    """`left ÷ right`; None when dividing by zero."""
    return settle(CONTEXT.divide(left, right)) if right else None


def remainder(left: Decimal, right: Decimal) -> Decimal | None:
    """What is left of `left` after whole multiples of `right`, with the sign of `right`; None when that is zero."""
    if not right:
        return None
    rest = CONTEXT.remainder(left, right)
    if rest and rest.is_signed() != right.is_signed():
        rest = CONTEXT.add(rest, right)
    return settle(rest)


def rounded(value: Decimal, digits: int) -> Decimal | None:
    """`value` to `digits` after the point (before it when negative), half away from zero."""
    if digits >= SCALE:
        return settle(value)
    places = value.quantize(Decimal(1).scaleb(-digits), context=CONTEXT)
    return settle(places if digits >= 0 else places.quantize(Decimal(1), context=CONTEXT))


def power(base: Decimal, exponent: Decimal) -> Decimal | None:
    """`base` to the `exponent`; None where that is not a real number or out of bounds."""
    if exponent.copy_abs() > MAX_EXPONENT or (not base and exponent < 0):
        return None
    if not exponent:
        return Decimal(1)
    return settle(CONTEXT.power(base, exponent))


def root(value: Decimal) -> Decimal | None:
    """The square root; None of a negative number."""
    return settle(CONTEXT.sqrt(value)) if value >= 0 else None
