"""Days, moments and times of day: notation, time zones, periods."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import Context
from tessera.runtime.fields.base import Display, Rejected
from tessera.runtime.fields.periods import parse_period
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.fields.building import coerce, compiled, context, refusal, text
from tests.runtime.fields.test_conformance_in_databases import Rows


@pytest.mark.parametrize(
    ("locale", "typed"),
    [
        ("en", "1/15/2026"),
        ("en", "1/15/26"),
        ("en", "Jan 15, 2026"),
        ("en", "January 15 2026"),
        ("en", "2026-01-15"),
        ("es", "15/1/2026"),
        ("es", "15-01-26"),
        ("es", "15 ene 2026"),
        ("es", "15 de enero de 2026"),
        ("de", "15.1.2026"),
        ("zh", "2026年1月15日"),
        ("zh", "2026/1/15"),
        ("zh", "２０２６/１/１５"),
    ],
)
def test_reads_dates_in_the_order_of_the_language(locale: str, typed: str) -> None:
    assert coerce(compiled("date"), typed, locale=locale) == date(2026, 1, 15)


@pytest.mark.parametrize("typed", ["15/1/2026", "30/2/2026", "1/15", "2026-02-30", "someday", "1/15/2026/3", "15.Foo.2026"])
def test_refuses_what_is_no_date(typed: str) -> None:
    assert refusal(compiled("date"), typed, locale="en") == "not_a_date"


@pytest.mark.parametrize(("typed", "year"), [("1/1/46", 2046), ("1/1/47", 1947), ("1/1/99", 1999), ("1/1/00", 2000)])
def test_two_digits_mean_the_year_at_most_twenty_years_ahead(typed: str, year: int) -> None:
    assert coerce(compiled("date"), typed, locale="en").year == year


def test_the_api_speaks_iso_only() -> None:
    assert refusal(compiled("date"), "15/1/2026") == "not_a_date"
    assert refusal(compiled("datetime"), "2026-01-15 9:30") == "not_a_datetime"


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-01-15T09:30:00Z", datetime(2026, 1, 15, 9, 30, tzinfo=UTC)),
        ("2026-01-15T09:30:00+02:00", datetime(2026, 1, 15, 7, 30, tzinfo=UTC)),
        ("2026-01-15T09:30", datetime(2026, 1, 15, 8, 30, tzinfo=UTC)),  # Madrid
        ("2026-07-15T09:30", datetime(2026, 7, 15, 7, 30, tzinfo=UTC)),  # in summer
        ("2026-01-15", datetime(2026, 1, 14, 23, 0, tzinfo=UTC)),
        ("2026-01-15T09:30:00.25Z", datetime(2026, 1, 15, 9, 30, 0, 250_000, tzinfo=UTC)),
        (datetime(2026, 1, 15, 9, 30), datetime(2026, 1, 15, 8, 30, tzinfo=UTC)),
    ],
)
def test_moments_without_an_offset_are_the_persons(raw: Any, moment: datetime) -> None:
    assert coerce(compiled("datetime"), raw, timezone="Europe/Madrid") == moment


@pytest.mark.parametrize(
    ("locale", "typed"),
    [
        ("en", "1/15/2026 2:30 PM"),
        ("en", "1/15/2026, 14:30"),
        ("es", "15/1/2026 14:30"),
        ("es", "15/1/2026 14:30:00"),
        ("de", "15.01.2026, 14:30"),
        ("zh", "2026年1月15日 下午2:30"),
        ("zh", "2026-01-15 14:30"),
    ],
)
def test_reads_moments_in_the_notation_of_the_language(locale: str, typed: str) -> None:
    found = coerce(compiled("datetime"), typed, locale=locale, timezone="Asia/Shanghai")
    assert found == datetime(2026, 1, 15, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(("locale", "typed"), [("en", "2:30 pm"), ("en", "14:30"), ("es", "14:30:00"), ("zh", "下午2:30")])
def test_reads_times_of_day(locale: str, typed: str) -> None:
    assert coerce(compiled("time"), typed, locale=locale) == time(14, 30)


@pytest.mark.parametrize("typed", ["25:00", "13:00 pm", "14:60", "noon"])
def test_refuses_what_is_no_time_of_day(typed: str) -> None:
    assert refusal(compiled("time"), typed, locale="en") == "not_a_time"


@pytest.mark.parametrize(
    ("locale", "shown"), [("en", "7/15/26, 2:30\u202fPM"), ("es", "15/7/26, 14:30"), ("zh", "2026/7/15 14:30")]
)
def test_moments_are_shown_in_the_readers_time_zone(locale: str, shown: str) -> None:
    moment = datetime(2026, 7, 15, 12, 30, tzinfo=UTC)
    assert text(compiled("datetime"), moment, locale, "Europe/Madrid") == shown
    field = compiled("datetime")
    assert field.type.to_cell(field, moment, Display(locale, "Europe/Madrid")) == datetime(2026, 7, 15, 14, 30)


PERIODS = [
    ("today", date(2026, 1, 15), date(2026, 1, 16)),
    ("yesterday", date(2026, 1, 14), date(2026, 1, 15)),
    ("tomorrow", date(2026, 1, 16), date(2026, 1, 17)),
    ("this_week", date(2026, 1, 12), date(2026, 1, 19)),
    ("last_week", date(2026, 1, 5), date(2026, 1, 12)),
    ("next_week", date(2026, 1, 19), date(2026, 1, 26)),
    ("this_month", date(2026, 1, 1), date(2026, 2, 1)),
    ("last_month", date(2025, 12, 1), date(2026, 1, 1)),
    ("next_month", date(2026, 2, 1), date(2026, 3, 1)),
    ("this_quarter", date(2026, 1, 1), date(2026, 4, 1)),
    ("last_quarter", date(2025, 10, 1), date(2026, 1, 1)),
    ("next_quarter", date(2026, 4, 1), date(2026, 7, 1)),
    ("this_year", date(2026, 1, 1), date(2027, 1, 1)),
    ("last_year", date(2025, 1, 1), date(2026, 1, 1)),
    ("next_year", date(2027, 1, 1), date(2028, 1, 1)),
    ({"last": 7, "unit": "days"}, date(2026, 1, 9), date(2026, 1, 16)),
    ({"last": 7}, date(2026, 1, 9), date(2026, 1, 16)),
    ({"last": 1, "unit": "months"}, date(2025, 12, 16), date(2026, 1, 16)),
    ({"next": 2, "unit": "weeks"}, date(2026, 1, 15), date(2026, 1, 29)),
    ({"next": 1, "unit": "years"}, date(2026, 1, 15), date(2027, 1, 15)),
]


@pytest.mark.parametrize(("name", "start", "end"), PERIODS, ids=[str(name) for name, *_ in PERIODS])
def test_periods_seen_from_a_thursday(name: Any, start: date, end: date) -> None:
    period = parse_period(name, context())
    assert (period.start, period.end) == (start, end)


def test_months_end_where_they_end() -> None:
    clock = MovableClock(datetime(2026, 3, 30, 12, tzinfo=UTC))
    period = parse_period({"last": 1, "unit": "months"}, Context("test", clock=clock))
    assert (period.start, period.end) == (date(2026, 2, 28), date(2026, 3, 31))


@pytest.mark.parametrize(
    "raw",
    [
        "next_century",
        {"last": 0},
        {"last": True},
        {"last": 5, "unit": "hours"},
        {"next": 5, "extra": 1},
        {},
        [],
        None,
        {"last": 10**9, "unit": "years"},
    ],
)
def test_refuses_what_is_no_period(raw: Any) -> None:
    with pytest.raises(Rejected) as refused:
        parse_period(raw, context())
    assert "{{" not in str(refused.value)


def test_today_begins_at_the_persons_midnight() -> None:
    clock = MovableClock(datetime(2026, 1, 15, 23, 30, tzinfo=UTC))
    assert parse_period("today", Context("test", timezone="Asia/Shanghai", clock=clock)).start == date(2026, 1, 16)
    assert parse_period("today", Context("test", timezone="America/New_York", clock=clock)).start == date(2026, 1, 15)


def test_a_day_of_a_clock_change_has_its_own_length() -> None:
    start, end = parse_period("today", Context("test", clock=MovableClock(datetime(2026, 3, 29, 12, tzinfo=UTC)))).moments(
        ZoneInfo("Europe/Madrid")
    )
    assert (end - start).total_seconds() == 23 * 3600


def test_moments_are_filtered_by_days_of_the_persons_time_zone(place: TenantDatabase) -> None:
    field = compiled("datetime", table="sample_zones")
    table = Rows(place, field)
    table.fill(
        [
            datetime(2026, 1, 14, 22, 59, tzinfo=UTC),
            datetime(2026, 1, 14, 23, 0, tzinfo=UTC),
            datetime(2026, 1, 15, 22, 59, 59, 999_999, tzinfo=UTC),
        ]
    )
    clause = field.type.filter(field, field.columns, "during", "today", context(timezone="Europe/Madrid"))
    with place.reading() as connection:
        found = {row[0] for row in connection.execute(sa.select(table.table.c.id).where(clause))}
    assert found == {1, 2}


def test_defaults_may_move_with_the_clock() -> None:
    assert coerce(compiled("date"), "today") == date(2026, 1, 15)
    assert coerce(compiled("datetime"), "now") == datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_", "raw", "cell"), [("date", "1850-05-17", "1850-05-17"), ("datetime", "1850-05-17T10:00Z", "1850-05-17 10:00:00")]
)
def test_what_excel_has_no_day_for_is_text_in_a_cell(type_: str, raw: str, cell: str) -> None:
    field = compiled(type_)
    assert field.type.to_cell(field, coerce(field, raw), Display()) == cell
