"""Whole numbers, decimals, percentages, ratings, durations: what people type, what is refused, what is shown."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.runtime.fields.building import coerce, compiled, refusal, text


@pytest.mark.parametrize(
    ("locale", "typed", "value"),
    [
        ("en", "1,234.5", "1234.5"),
        ("en", " 1234.50 ", "1234.5"),
        ("es", "1.234,5", "1234.5"),
        ("es", "1234,5", "1234.5"),
        ("es", "-0,5", "-0.5"),
        ("de", "1.234.567,89", "1234567.89"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1\u202f234,5", "1234.5"),
        ("de_CH", "1’234.5", "1234.5"),
        ("de_CH", "1'234.5", "1234.5"),
        ("en_IN", "12,34,567.5", "1234567.5"),
        ("zh", "１２３４．５", "1234.5"),
        ("es", "−7", "-7"),
        ("en", ".5", "0.5"),
        ("en", "5.", "5"),
    ],
)
def test_reads_the_notation_of_the_language(locale: str, typed: str, value: str) -> None:
    assert coerce(compiled("decimal", scale=4), typed, locale=locale) == Decimal(value)


@pytest.mark.parametrize(
    ("locale", "typed"),
    [
        ("en", "1,5"),
        ("en", "1.234,5"),
        ("es", "1.5"),
        ("es", "1,234.5"),
        ("en", "1,23,4"),
        ("en", "1e5"),
        ("en", "12 kg"),
        ("en", "1 2 3"),
    ],
)
def test_never_guesses_what_a_sign_means(locale: str, typed: str) -> None:
    assert refusal(compiled("decimal", scale=4), typed, locale=locale) == "not_a_number"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1,5", "not_a_number"),
        (True, "not_a_number"),
        (float("nan"), "not_a_number"),
        ("1.005", "too_many_decimals"),
        (Decimal("0.001"), "too_many_decimals"),
        (0.1 + 0.2, "inexact"),
        (10**16, "out_of_range"),
        ("9999999999999999.99", ""),
        (-(10**16), "out_of_range"),
        ("1.500", ""),
        (1.5, ""),
    ],
)
def test_json_numbers_are_exact_or_refused(raw: Any, code: str) -> None:
    assert refusal(compiled("decimal"), raw) == code


def test_negative_zero_is_zero() -> None:
    assert str(coerce(compiled("decimal"), "-0.00")) == "0.00"


@pytest.mark.parametrize(("raw", "code"), [(0, "too_small"), ("0.5", "too_small"), (1, ""), (10, ""), ("10.01", "too_large")])
def test_limits_are_included(raw: Any, code: str) -> None:
    assert refusal(compiled("decimal", min=1, max=10), raw) == code


@pytest.mark.parametrize(("raw", "code"), [("12345.6", "out_of_range"), ("1234.5", ""), ("1234.56", "too_many_decimals")])
def test_precision_counts_all_digits(raw: str, code: str) -> None:
    assert refusal(compiled("decimal", precision=5, scale=1), raw) == code


@pytest.mark.parametrize(
    ("options", "locale", "shown"),
    [
        ({"scale": 3}, "en", "1,234.5"),
        ({"scale": 3}, "es", "1.234,5"),
        ({"scale": 3, "padded": True}, "de", "1.234,500"),
        ({"scale": 1, "unit": "kg"}, "en", "1,234.5 kg"),
    ],
)
def test_decimals_are_shown_in_the_notation_of_the_language(options: dict[str, Any], locale: str, shown: str) -> None:
    field = compiled("decimal", **options)
    assert text(field, coerce(field, "1234.5"), locale) == shown


@pytest.mark.parametrize(
    ("raw", "code"),
    [(1.5, "not_whole"), ("1.0", ""), (2**53, "out_of_range"), (1e300, "out_of_range"), (7, ""), (8, "too_large")],
)
def test_whole_numbers(raw: Any, code: str) -> None:
    assert refusal(compiled("integer", max=7), raw) == code


def test_years_are_shown_without_grouping() -> None:
    assert text(compiled("integer", grouping=False), 2026) == "2026"
    assert text(compiled("integer"), 2026) == "2,026"


@pytest.mark.parametrize(("locale", "typed"), [("en", "12.5%"), ("en", "12.5"), ("es", "12,5 %"), ("zh", "12.5％")])
def test_percentages_are_stored_as_people_say_them(locale: str, typed: str) -> None:
    field = compiled("percent")
    value = coerce(field, typed, locale=locale)
    assert value == Decimal("12.5")
    assert field.type.to_expression(field, value) == Decimal("0.125")
    assert field.type.from_expression(field, Decimal("0.12505")) == Decimal("12.51")


@pytest.mark.parametrize(("raw", "code"), [(0, "too_small"), (1, ""), (5, ""), (6, "too_large"), (2.5, "not_whole")])
def test_ratings_are_within_their_stars(raw: Any, code: str) -> None:
    assert refusal(compiled("rating"), raw) == code


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("1:30", 5400),
        ("0:00:05", 5),
        ("90 min", 5400),
        ("2 h 15 m", 8100),
        ("1,5 horas", 5400),
        ("1 天", 86_400),
        ("PT1H30M", 5400),
        ("P1DT1S", 86_401),
        ("5400", 5400),
        (5400, 5400),
        (timedelta(hours=1.5), 5400),
        (time(1, 30), 5400),
    ],
)
def test_durations_are_read_as_people_write_them(typed: Any, seconds: int) -> None:
    assert coerce(compiled("duration"), typed, locale="es") == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-1:30", "too_small"),
        ("1:75", "not_a_number"),
        ("5 parsecs", "not_a_number"),
        (10**10, "out_of_range"),
        (1.5, "not_a_duration"),
    ],
)
def test_durations_that_are_none(typed: Any, code: str) -> None:
    assert refusal(compiled("duration"), typed) == code


@pytest.mark.parametrize(("seconds", "shown"), [(5400, "1:30"), (5, "0:00:05"), (-5400, "-1:30"), (360_000, "100:00")])
def test_durations_are_shown_as_a_clock_does(seconds: int, shown: str) -> None:
    assert text(compiled("duration", negative=True), timedelta(seconds=seconds)) == shown
