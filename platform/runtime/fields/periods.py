"""Relative dates: names such as `this_month` and `{"last": 7, "unit": "days"}` as [from, to) in a person's time zone.

Computed in Python, so that SQL only ever compares with bound values. Weeks begin on Monday (ISO 8601).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tessera.kernel.context import Context
from tessera.runtime.fields.base import Rejected

#: The names that stand for one period, with their unit and how many units from now they begin.
NAMED: Mapping[str, tuple[str, int]] = {
    "today": ("days", 0), "yesterday": ("days", -1), "tomorrow": ("days", 1),
    "this_week": ("weeks", 0), "last_week": ("weeks", -1), "next_week": ("weeks", 1),
    "this_month": ("months", 0), "last_month": ("months", -1), "next_month": ("months", 1),
    "this_quarter": ("quarters", 0), "last_quarter": ("quarters", -1), "next_quarter": ("quarters", 1),
    "this_year": ("years", 0), "last_year": ("years", -1), "next_year": ("years", 1),
}  # fmt: skip
UNITS = ("days", "weeks", "months", "quarters", "years")
#: The most units that a `last` or `next` may count.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days: `start` belongs to it, `end` is the first day after it."""

    start: date
    end: date

    @classmethod
    def of_day(cls, day: date) -> "Period":
        """One day."""
        return cls(day, day + timedelta(days=1))

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The same period as moments in UTC, [from, to), of days in `zone`."""
        return midnight(self.start, zone), midnight(self.end, zone)


def zone_of(context: Context) -> ZoneInfo:
    """The context's time zone; UTC when its name is unknown."""
    return zone_named(context.timezone)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of `name`; UTC when it is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def today(context: Context) -> date:
    """The day it is for the person, by the context's clock."""
    return context.now().astimezone(zone_of(context)).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of `day` in `zone`, as UTC (where a clock change skips midnight: the moment it skips to)."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def parse_period(raw: Any, context: Context) -> Period:
    """The period an operand names, seen from now. Raises `Rejected` when it names none.

    `{"last": n, "unit": u}` is n units that end with today; `next` begins with today.
    """
    now = today(context)
    try:
        if isinstance(raw, str) and raw in NAMED:
            unit, offset = NAMED[raw]
            first = _first_day(now, unit)
            return Period(_shift(first, unit, offset), _shift(first, unit, offset + 1))
        if isinstance(raw, Mapping):
            return _counted(raw, now)
    except (OverflowError, ValueError):
        raise Rejected("bad_period", "This period lies outside the calendar.") from None
    raise Rejected("bad_period", "This is no period. Known are {known}.", known=", ".join(NAMED))


def _counted(raw: Mapping[Any, Any], now: date) -> Period:
    direction = next((d for d in ("last", "next") if d in raw), None)
    unit = raw.get("unit", "days")
    count = raw.get(direction)
    if direction is None or unit not in UNITS or set(raw) - {direction, "unit"}:
        raise Rejected(
            "bad_period", "A counted period is {last} or {next}.", last='{"last": 7, "unit": "days"}', next='{"next": …}'
        )
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise Rejected("bad_period", "A period counts from 1 to {most} units.", most=MOST)
    tomorrow = now + timedelta(days=1)
    if direction == "last":
        return Period(_shift(tomorrow, unit, -count), tomorrow)
    return Period(now, _shift(now, unit, count))


def _first_day(day: date, unit: str) -> date:
    if unit == "weeks":
        return day - timedelta(days=day.weekday())
    if unit == "months":
        return day.replace(day=1)
    if unit == "quarters":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    if unit == "years":
        return day.replace(month=1, day=1)
    return day


def _shift(day: date, unit: str, count: int) -> date:
    """`day` moved by `count` units; the 31st becomes the last day of a shorter month."""
    if unit == "days":
        return day + timedelta(days=count)
    if unit == "weeks":
        return day + timedelta(weeks=count)
    months = day.year * 12 + day.month - 1 + count * {"months": 1, "quarters": 3, "years": 12}[unit]
    year, month = divmod(months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
