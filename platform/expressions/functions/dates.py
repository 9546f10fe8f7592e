"""Functions on dates and moments. A moment where a date is wanted is the day in the reader's time zone."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tessera.expressions import numbers
from tessera.expressions.functions.base import Function, Overload, parameters, settled
from tessera.expressions.types import DATE, DATETIME, DURATION, INTEGER, NUMBER, TEXT

_MAX_DAYS, _MAX_MONTHS = 4_000_000, 120_000
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
PERIODS = ("day", "week", "month", "quarter", "year")
UNITS = ("days", "weeks", "months", "years")


def _plus_days(day: date, count: Decimal) -> date | None:
    number = day.toordinal() + int(max(Decimal(-_MAX_DAYS), min(Decimal(_MAX_DAYS), count)))
    return date.fromordinal(number) if date.min.toordinal() <= number <= date.max.toordinal() else None


def _minus_days(day: date, count: Decimal) -> date | None:
    return _plus_days(day, -count)


def _plus_months(day: date, count: Decimal, step: int = 1) -> date | None:
    months = int(max(Decimal(-_MAX_MONTHS), min(Decimal(_MAX_MONTHS), count))) * step
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _plus_years(day: date, count: Decimal) -> date | None:
    return _plus_months(day, Decimal(max(Decimal(-10_000), min(Decimal(10_000), count))), 12)


def _date(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


def _start(day: date, period: str) -> date | None:
    if period == "day":
        return day
    if period == "week":
        return _plus_days(day, Decimal(-day.weekday()))
    span = _MONTHS_OF[period]
    return day.replace(day=1, month=(day.month - 1) // span * span + 1)


def _end(day: date, period: str) -> date | None:
    first = _start(day, period)
    if period == "day" or first is None:
        return first
    if period == "week":
        return _plus_days(first, Decimal(6))
    last = first.month + _MONTHS_OF[period] - 1
    return date(first.year, last, monthrange(first.year, last)[1])


def _whole_months(start: date, end: date) -> int:
    if end < start:
        return -_whole_months(end, start)
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _difference(start: date, end: date, unit: str) -> Decimal:
    if unit in ("days", "weeks"):
        days = (end - start).days
        return Decimal(days if unit == "days" else int(Decimal(days) / 7))
    months = _whole_months(start, end)
    return Decimal(months if unit == "months" else int(Decimal(months) / 12))


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span.days * 86_400 + span.seconds) + Decimal(span.microseconds).scaleb(-6)


def _whole_seconds(span: timedelta) -> timedelta:
    return timedelta(days=span.days, seconds=span.seconds)


def _span(hours: Decimal) -> timedelta:
    bounded = max(Decimal(-100_000_000), min(Decimal(100_000_000), hours))
    return timedelta(seconds=int((bounded * 3600).to_integral_value("ROUND_FLOOR")))


def _plus_span(moment: datetime, span: timedelta) -> datetime | None:
    try:
        return moment + span
    except OverflowError:
        return None


def _minus_span(moment: datetime, span: timedelta) -> datetime | None:
    return _plus_span(moment, -span)


def _local(moment: datetime, timezone: str) -> datetime:
    return moment.astimezone(ZoneInfo(timezone))


def _local_date(moment: datetime, timezone: str) -> date | None:
    try:
        return _local(moment, timezone).date()
    except OverflowError:
        return None


def _local_text(moment: datetime, timezone: str) -> str | None:
    try:
        return _local(moment, timezone).replace(tzinfo=None).isoformat(" ", "minutes")
    except OverflowError:
        return None


def _hour(moment: datetime, timezone: str) -> Decimal | None:
    try:
        return Decimal(_local(moment, timezone).hour)
    except OverflowError:
        return None


def _within(template: str) -> str:
    """PostgreSQL: dates outside the years 1 to 9999 have no value; the argument is named only once."""
    early, late = "DATE '0001-12-31 BC'", "DATE '10000-01-01'"
    return f"NULLIF(LEAST(NULLIF(GREATEST({template}, {early}), {early}), {late}), {late})"


def _moved(sign: str) -> str:
    """PostgreSQL: a moment some seconds away; looked at first, as what its calendar cannot say is an error there."""
    reached = f"EXTRACT(epoch FROM {{0}}) {sign} {{1}}"
    first, behind = "-62135596800", "253402300800"  # the years 1 to 9999, in seconds from 1970
    return f"CASE WHEN {reached} >= {first} AND {reached} < {behind} THEN {{0}} {sign} {{1}} * INTERVAL '1 second' END"


def _days_away(sign: str) -> str:
    """PostgreSQL: a date some days away; looked at first, as what its calendar cannot say is an error there."""
    days = f"LEAST(GREATEST(TRUNC({{1}}), -{_MAX_DAYS}), {_MAX_DAYS})::int"
    reached = f"{{0}} - DATE '0001-01-01' {sign} {days}"
    last = date.max.toordinal() - 1
    return f"CASE WHEN {{1}} IS NOT NULL AND {reached} BETWEEN 0 AND {last} THEN {{0}} {sign} {days} END"


def _later(unit: str, limit: int) -> str:
    clamped = f"LEAST(GREATEST(TRUNC({{1}}), -{limit}), {limit})::int"
    # A time stamp far beyond the calendar is an error on PostgreSQL, so the year is looked at before the step.
    months = "12" if unit == "years" else "1"
    reached = f"(EXTRACT(year FROM {{0}}) * 12 + EXTRACT(month FROM {{0}}) - 1 + {clamped} * {months})"
    step = f"({{0}} + MAKE_INTERVAL({unit} => {clamped}))::date"
    return f"CASE WHEN {reached} BETWEEN 12 AND 119999 THEN {step} END"


_DATE_PARTS = parameters("year: number, month: number, day: number")
_MAKE_DATE = (
    "CASE WHEN TRUNC({0}) BETWEEN 1 AND 9999 AND TRUNC({1}) BETWEEN 1 AND 12 AND TRUNC({2}) BETWEEN 1 AND 31 THEN "
    "CASE WHEN TRUNC({2}) <= EXTRACT(day FROM MAKE_DATE(TRUNC({0})::int, TRUNC({1})::int, 1) + INTERVAL '1 month -1 day') "
    "THEN MAKE_DATE(TRUNC({0})::int, TRUNC({1})::int, TRUNC({2})::int) END END"
)
_AGE = "(EXTRACT(year FROM AGE({1}, {0})) * 12 + EXTRACT(month FROM AGE({1}, {0})))"
_DIFFERENCE = (
    "CASE {2} WHEN 'days' THEN ({1} - {0})::numeric WHEN 'weeks' THEN TRUNC(({1} - {0})::numeric / 7) "
    f"WHEN 'months' THEN {_AGE} ELSE TRUNC({_AGE} / 12) END"
)
_START = "DATE_TRUNC({1}, {0}::timestamp)::date"
_ONE_PERIOD = "CASE {1} WHEN 'quarter' THEN INTERVAL '3 months' ELSE ('1 ' || {1})::interval END"
_END = _within(f"(DATE_TRUNC({{1}}, {{0}}::timestamp) + {_ONE_PERIOD} - INTERVAL '1 day')::date")

DATE_PLUS = Overload("date_plus", parameters("date: date, days: number"), DATE, _plus_days, _days_away("+"))
DATE_MINUS = Overload("date_minus", parameters("date: date, days: number"), DATE, _minus_days, _days_away("-"))
DAYS_BETWEEN = Overload(
    "days_between",
    parameters("end: date, start: date"),
    INTEGER,
    lambda end, start: Decimal((end - start).days),
    "({0} - {1})::numeric",
)
MOMENT_PLUS = Overload(
    "moment_plus",
    parameters("moment: datetime, span: duration"),
    DATETIME,
    _plus_span,
    _moved("+"),
)
MOMENT_MINUS = Overload(
    "moment_minus",
    parameters("moment: datetime, span: duration"),
    DATETIME,
    _minus_span,
    _moved("-"),
)
SPAN_BETWEEN = Overload(
    "span_between",
    parameters("end: datetime, start: datetime"),
    DURATION,
    lambda end, start: _whole_seconds(end - start),
    "FLOOR(EXTRACT(epoch FROM {0} - {1}))::bigint",
)
LOCAL_DATE = Overload(
    "local_date",
    parameters("moment: datetime, timezone: text"),
    DATE,
    _local_date,
    _within("({0} AT TIME ZONE {1})::date"),
    local=True,
)
TEXT_OF_DATE = Overload("text_of_date", parameters("value: date"), TEXT, date.isoformat, "TO_CHAR({0}, 'YYYY-MM-DD')")
TEXT_OF_MOMENT = Overload(
    "text_of_moment",
    parameters("value: datetime, timezone: text"),
    TEXT,
    _local_text,
    "TO_CHAR({0} AT TIME ZONE {1}, 'YYYY-MM-DD HH24:MI')",
    local=True,
)
TEXT_OF_TIME = Overload(
    "text_of_time", parameters("value: time"), TEXT, lambda v: time.isoformat(v, "minutes"), "TO_CHAR({0}, 'HH24:MI')"
)
HOUR = Overload(
    "hour",
    parameters("moment: datetime, timezone: text"),
    INTEGER,
    _hour,
    "EXTRACT(hour FROM {0} AT TIME ZONE {1})::numeric",
    local=True,
)

_DAY = parameters("date: date")
_PERIOD = parameters("date: date, period: text")
_MOMENTS = parameters("start: datetime, end: datetime")


def _part(name: str, summary: str, sql: str, python: Callable[[date], Decimal], example: tuple[str, str]) -> Function:
    return Function(
        name, "Dates", summary, (Overload(name, _DAY, INTEGER, python, f"EXTRACT({sql} FROM {{0}})::numeric"),), (example,)
    )


def _elapsed(name: str, unit: str, seconds: int, example: tuple[str, str]) -> Function:
    """A function between two moments, in `unit`."""

    def python(start: datetime, end: datetime) -> Decimal | None:
        return numbers.quotient(_seconds(end - start), Decimal(seconds))

    sql = settled(f"ROUND(EXTRACT(epoch FROM {{1}} - {{0}}), 60) / {seconds}")
    return Function(
        name,
        "Dates",
        f"{unit} from one moment to another, with decimals.",
        (Overload(name, _MOMENTS, NUMBER, python, sql),),
        (example,),
    )


def _amount(name: str, seconds: int) -> Function:
    """A function that reads a duration in one unit."""

    def python(span: timedelta) -> Decimal | None:
        return numbers.quotient(_seconds(span), Decimal(seconds))

    overload = Overload(
        f"{name}_of", parameters("duration: duration"), NUMBER, python, settled(f"ROUND({{0}}::numeric, 60) / {seconds}")
    )
    return Function(name, "Dates", f"A duration in {name}, with decimals.", (overload,))


DATE_FUNCTIONS = (
    Function(
        "date",
        "Dates",
        "The date of a year, month and day; nothing if there is no such day. Of a moment: its day.",
        (Overload("date", _DATE_PARTS, DATE, _date, _MAKE_DATE), Overload("date_itself", _DAY, DATE, lambda v: v, "{0}", "{0}")),
        (("date(2026, 2, 28)", "2026-02-28"), ("date(2026, 2, 30)", "")),
    ),
    _part("year", "The year of a date.", "year", lambda d: Decimal(d.year), ("year(date(2026, 5, 17))", "2026")),
    _part(
        "quarter",
        "The quarter of a date, 1 to 4.",
        "quarter",
        lambda d: Decimal((d.month + 2) // 3),
        ("quarter(date(2026, 5, 17))", "2"),
    ),
    _part("month", "The month of a date, 1 to 12.", "month", lambda d: Decimal(d.month), ("month(date(2026, 5, 17))", "5")),
    _part(
        "week",
        "The ISO week of a date, 1 to 53.",
        "week",
        lambda d: Decimal(d.isocalendar()[1]),
        ("week(date(2026, 5, 17))", "20"),
    ),
    _part("day", "The day of the month.", "day", lambda d: Decimal(d.day), ("day(date(2026, 5, 17))", "17")),
    _part(
        "weekday",
        "The day of the week, 1 for Monday to 7 for Sunday.",
        "isodow",
        lambda d: Decimal(d.isoweekday()),
        ("weekday(date(2026, 5, 17))", "7"),
    ),
    Function(
        "add_days",
        "Dates",
        "So many days later (earlier if negative); also written `date + days`.",
        (DATE_PLUS,),
        (("add_days(date(2026, 2, 27), 2)", "2026-03-01"),),
    ),
    Function(
        "add_months",
        "Dates",
        "So many months later; a day the month does not have becomes its last.",
        (Overload("add_months", parameters("date: date, months: number"), DATE, _plus_months, _later("months", _MAX_MONTHS)),),
        (("add_months(date(2026, 1, 31), 1)", "2026-02-28"),),
    ),
    Function(
        "add_years",
        "Dates",
        "So many years later; 29 February becomes the 28th where it must.",
        (Overload("add_years", parameters("date: date, years: number"), DATE, _plus_years, _later("years", 10_000)),),
        (("add_years(date(2024, 2, 29), 1)", "2025-02-28"),),
    ),
    Function(
        "date_diff",
        "Dates",
        "From one date to another in whole 'days', 'weeks', 'months' or 'years'; negative when the second is earlier.",
        (
            Overload(
                "date_diff",
                parameters("start: date, end: date, unit: text"),
                INTEGER,
                _difference,
                _DIFFERENCE,
                words=UNITS,
                words_at=2,
            ),
        ),
        (("date_diff(date(2026, 1, 31), date(2026, 3, 30), 'months')", "1"),),
    ),
    Function(
        "start_of",
        "Dates",
        "The first day of the date's 'week' (Monday), 'month', 'quarter' or 'year'.",
        (Overload("start_of", _PERIOD, DATE, _start, _START, words=PERIODS, words_at=1),),
        (("start_of(date(2026, 5, 17), 'quarter')", "2026-04-01"),),
    ),
    Function(
        "end_of",
        "Dates",
        "The last day of the date's 'week' (Sunday), 'month', 'quarter' or 'year'.",
        (Overload("end_of", _PERIOD, DATE, _end, _END, words=PERIODS, words_at=1),),
        (("end_of(date(2026, 2, 1), 'month')", "2026-02-28"),),
    ),
    Function("hour", "Dates", "The hour of a moment, 0 to 23.", (HOUR,)),
    _elapsed("hours_between", "Hours", 3600, ("hours_between(now(), now())", "0")),
    _elapsed("minutes_between", "Minutes", 60, ("minutes_between(now(), now())", "0")),
    _amount("days", 86_400),
    _amount("hours", 3600),
    _amount("minutes", 60),
    Function(
        "duration",
        "Dates",
        "A duration of so many hours, to the second.",
        (
            Overload(
                "duration",
                parameters("hours: number"),
                DURATION,
                _span,
                "CASE WHEN {0} IS NOT NULL THEN FLOOR(LEAST(GREATEST({0}, -1e8), 1e8) * 3600)::bigint END",
            ),
        ),
        (),
    ),
)
