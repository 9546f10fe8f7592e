"""Numbers from outside, exact: JSON numbers, plain text, and text in a person's own notation ("1.234,50")."""

import re
import unicodedata
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol, get_group_symbol

from tessera.runtime.fields.base import Coercion, Rejected

#: Digits enough for any sum of stored numbers; never the process-wide context.
EXACT = Context(prec=60)
#: A float carries this many decimal digits faithfully.
_FLOAT_DIGITS = 15
_LONGEST = 64
_PLAIN = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})", re.ASCII)
#: The largest whole number that every JSON reader takes exactly (2^53 - 1).
SAFE_INTEGER = 9_007_199_254_740_991


def read_decimal(raw: Any, coercion: Coercion) -> Decimal | None:
    """`raw` as an exact finite number, or None when there is none. Raises `Rejected`."""
    if raw is None:
        return None
    if isinstance(raw, bool):
        raise _not_a_number()
    if isinstance(raw, int):
        if raw.bit_length() > 128:
            raise Rejected("out_of_range", "This number is too large.")
        return Decimal(raw)
    if isinstance(raw, float):
        return _from_float(raw)
    if isinstance(raw, Decimal):
        if not raw.is_finite():
            raise _not_a_number()
        return raw
    if isinstance(raw, str):
        return _from_text(raw, coercion)
    raise _not_a_number()


def fit(value: Decimal, precision: int, scale: int) -> Decimal:
    """`value` with exactly `scale` decimals; `Rejected` when it has more, or more digits than `precision` leaves room for."""
    if value.adjusted() >= precision - scale and value:
        raise Rejected("out_of_range", "This number is too large.")
    if value.adjusted() < -40 and value:
        raise Rejected("too_many_decimals", "This takes at most {scale} decimals.", scale=scale)
    with localcontext(EXACT):
        fitted = value.quantize(Decimal(1).scaleb(-scale))
        if fitted != value:
            raise Rejected("too_many_decimals", "This takes at most {scale} decimals.", scale=scale)
        return abs(fitted) if fitted.is_zero() else fitted


def check_range(value: Any, least: Any, most: Any) -> None:
    """`Rejected` when `value` is less than `least` or more than `most` (None: no limit)."""
    if least is not None and value < least:
        raise Rejected("too_small", "This must be at least {least}.", least=str(least))
    if most is not None and value > most:
        raise Rejected("too_large", "This must be at most {most}.", most=str(most))


def plain(value: Decimal) -> str:
    """`value` in plain digits, never with an exponent."""
    return format(value, "f")


def babel_locale(locale: str) -> Locale:
    """Babel's locale of a tag such as `zh-CN`, its language alone where the territory is unknown, else English."""
    return _babel_locale(locale)


@lru_cache(maxsize=64)
def _babel_locale(locale: str) -> Locale:
    for tag in (locale.replace("-", "_"), locale.replace("-", "_").partition("_")[0], "en"):
        try:
            return Locale.parse(tag)
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("Babel knows English")


def _from_float(raw: float) -> Decimal:
    value = Decimal(repr(raw))
    if not value.is_finite():
        raise _not_a_number()
    if len(value.normalize(EXACT).as_tuple().digits) > _FLOAT_DIGITS:
        raise Rejected("inexact", "This number is not exact in floating point. Round it, or send it as text.")
    return value


def _from_text(raw: str, coercion: Coercion) -> Decimal | None:
    if len(raw) > _LONGEST * 4:
        raise _not_a_number()
    text = raw.strip()
    if not text:
        return None
    if coercion.localized:
        text = _from_notation(text, coercion.context.locale)
    if len(text) > _LONGEST or not _PLAIN.fullmatch(text):
        raise _not_a_number()
    return Decimal(text)


def _from_notation(text: str, locale: str) -> str:
    """A number as people of `locale` write it → plain digits. Wide digits and any kind of space are understood."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("’", "'")
    pattern, group, point = _notation(locale)
    text = re.sub(r"\s", " ", text)
    if not pattern.fullmatch(text):
        raise _not_a_number()
    return text.replace(group, "").replace(" ", "").replace(point, ".")


@lru_cache(maxsize=64)
def _notation(locale: str) -> tuple[re.Pattern[str], str, str]:
    at = _babel_locale(locale)
    group, point = get_group_symbol(at), get_decimal_symbol(at)
    group = " " if group.isspace() else group.replace("’", "'")
    g, p = re.escape(group), re.escape(point)
    # groups are of three digits, in India also of two; a space always groups
    whole = rf"(?:\d{{1,3}}(?:(?:{g}| )\d{{2,3}})*(?:{g}| )\d{{3}}|\d+)"
    return re.compile(rf"[+-]? ?(?:{whole}(?:{p}\d*)?|{p}\d+)", re.ASCII), group, point


def _not_a_number() -> Rejected:
    return Rejected("not_a_number", "This must be a number.")
