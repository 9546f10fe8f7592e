"""Dates and times from outside: ISO 8601, and in forms and files a person's own notation ("15/1/2026 14:30", "2026年1月15日")."""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from babel.dates import get_date_format, get_month_names

from tessera.runtime.fields.base import Coercion, Rejected
from tessera.runtime.fields.number_input import babel_locale
from tessera.runtime.fields.periods import zone_of

EARLIEST, LATEST = date(1000, 1, 1), date(9999, 12, 30)  # a day less than the calendar: every time zone can show it
_LONGEST = 60
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_ISO_DATETIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?) ?(Z|z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h时](\d{2}))(?:[:.分](\d{2})(?:\.(\d{1,6}))?)?[秒分]?", re.ASCII)
_HALF_DAY = re.compile(r"(上午|下午|[ap]\.? ?m\b\.?)", re.IGNORECASE)
_PARTS = re.compile(r"\d+|[^\W\d_]+")


def read_date(raw: Any, coercion: Coercion) -> date | None:
    """`raw` as a day, or None when there is none. A moment counts as its day in the person's time zone."""
    if raw is None:
        return None
    if isinstance(raw, datetime):
        return _checked(raw.astimezone(zone_of(coercion.context)).date() if raw.tzinfo else raw.date())
    if isinstance(raw, date):
        return _checked(raw)
    text = _text(raw)
    if text is None:
        return None
    match = _ISO_DATE.fullmatch(text)
    try:
        if match:
            return _checked(date(*map(int, match.groups())))
        if coercion.localized:
            return _checked(_notated_date(text, coercion))
    except ValueError:
        raise _no_date() from None
    raise _no_date()


def read_datetime(raw: Any, coercion: Coercion) -> datetime | None:
    """`raw` as a moment in UTC, or None when there is none. Without an offset it is in the person's time zone."""
    if raw is None:
        return None
    if isinstance(raw, datetime):
        return _as_utc(raw, coercion)
    if isinstance(raw, date):
        return _as_utc(datetime.combine(raw, time()), coercion)
    text = _text(raw)
    if text is None:
        return None
    try:
        moment = _moment(text, coercion)
    except ValueError:
        moment = None
    if moment is None:
        raise _no_datetime()
    return _as_utc(moment, coercion)


def _moment(text: str, coercion: Coercion) -> datetime | None:
    match = _ISO_DATETIME.fullmatch(text)
    if match:
        day, clock, offset = match.groups()
        return datetime.fromisoformat(f"{day}T{clock}{(offset or '').upper()}")
    if _ISO_DATE.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time())
    return _notated_datetime(text, coercion) if coercion.localized else None


def read_time(raw: Any, coercion: Coercion) -> time | None:
    """`raw` as a time of day, or None when there is none."""
    if raw is None:
        return None
    if isinstance(raw, datetime):
        raw = raw.time()
    if isinstance(raw, time):
        if raw.tzinfo is not None:
            raise _no_time()
        return raw
    text = _text(raw)
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", text, re.ASCII):
            return time.fromisoformat(text)
        if coercion.localized:
            found = _split_clock(text)
            if found is not None and not found[0]:
                return found[1]
    except ValueError:
        raise _no_time() from None
    raise _no_time()


def _text(raw: Any) -> str | None:
    if not isinstance(raw, str) or len(raw) > _LONGEST:
        raise _no_date()
    return raw.strip() or None


def _checked(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise Rejected("out_of_range", "This date lies outside the calendar.")
    return day


def _as_utc(moment: datetime, coercion: Coercion) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(coercion.context))
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Rejected("out_of_range", "This date lies outside the calendar.") from None
    _checked(moment.date())
    return moment


def _notated_datetime(text: str, coercion: Coercion) -> datetime:
    text = unicodedata.normalize("NFKC", text)
    found = _split_clock(text)
    if found is None:
        return datetime.combine(_notated_date(text, coercion), time())
    rest, clock = found
    iso = _ISO_DATE.fullmatch(rest)
    day = date(*map(int, iso.groups())) if iso else _notated_date(rest, coercion)
    return datetime.combine(day, clock)


def _split_clock(text: str) -> tuple[str, time] | None:
    """The time of day at the end of `text` (or after 上午/下午), and what stands before it."""
    text = unicodedata.normalize("NFKC", text)
    half = _HALF_DAY.search(text)
    afternoon = half is not None and half.group()[0] in "下pP"
    if half is not None:
        text = (text[: half.start()] + " " + text[half.end() :]).strip()
    last = None
    for match in _CLOCK.finditer(text):
        if match.end() == len(text):
            last = match
    if last is None or (last.start() and not text[last.start() - 1].isspace() and text[last.start() - 1] not in ",日"):
        return None
    hour, minute, second = int(last.group(1)), int(last.group(2)), int(last.group(3) or 0)
    if half is not None:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a half day")
        hour = hour % 12 + (12 if afternoon else 0)
    micro = int((last.group(4) or "0").ljust(6, "0"))
    return text[: last.start()].strip().rstrip(","), time(hour, minute, second, micro)


def _notated_date(text: str, coercion: Coercion) -> date:
    """A date in the order of the person's language. Raises ValueError."""
    text = unicodedata.normalize("NFKC", text).casefold()
    order, months = _date_notation(coercion.context.locale)
    numbers: list[str] = []
    month: int | None = None
    for part in _PARTS.findall(text):
        if part.isdecimal():
            numbers.append(part)
        elif part in months and month is None:
            month = months[part]
        elif part not in ("年", "月", "日", "de", "del", "of", "st", "nd", "rd", "th"):
            raise ValueError(f"{part!r} is no part of a date")
    if month is not None:
        order = tuple(o for o in order if o != "m")
    if len(numbers) != len(order):
        raise ValueError("a date has a day, a month and a year")
    if len(numbers[0]) == 4:
        order = ("y", "m", "d") if month is None else ("y", "d")
    elif order[0] == "y" and len(numbers[-1]) == 4:
        order = ("d", "m", "y") if month is None else ("d", "y")
    fields = dict(zip(order, numbers, strict=True))
    year = int(fields["y"])
    if len(fields["y"]) <= 2:
        year = _century(year, coercion.context.now().year)
    return date(year, month or int(fields["m"]), int(fields["d"]))


def _century(year: int, now: int) -> int:
    """Two digits → the year at most 20 years ahead."""
    guess = now - now % 100 + year
    return guess - 100 if guess > now + 20 else guess


@lru_cache(maxsize=64)
def _date_notation(locale: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The order of day, month and year in `locale`, and its month names (folded, without dots)."""
    at = babel_locale(locale)
    pattern = get_date_format("short", locale=at).pattern.lower()
    order = tuple(sorted("dmy", key=pattern.index))
    months: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for number, name in get_month_names(width, context, at).items():
                folded = name.casefold().strip(".")
                if folded.isalpha():
                    months[folded] = number
    return order, months


def _no_date() -> Rejected:
    return Rejected("not_a_date", "This must be a date, such as {example}.", example="2026-01-15")


def _no_datetime() -> Rejected:
    return Rejected("not_a_datetime", "This must be a date and time, such as {example}.", example="2026-01-15T09:30:00Z")


def _no_time() -> Rejected:
    return Rejected("not_a_time", "This must be a time of day, such as {example}.", example="09:30")


def is_plain_date(raw: Any) -> bool:
    """Whether an operand is a day rather than a moment."""
    if isinstance(raw, str):
        return _ISO_DATE.fullmatch(raw.strip()) is not None
    return isinstance(raw, date) and not isinstance(raw, datetime)
