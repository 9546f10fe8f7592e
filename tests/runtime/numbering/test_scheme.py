"""How numbers are written, and which schemes are refused because their numbers would repeat."""

from datetime import date

import pytest

from tessera.runtime.numbering.scheme import parse_scheme

DAY = date(2026, 3, 7)


@pytest.mark.parametrize(
    ("scheme", "number", "written"),
    [
        ("SO-{YYYYMM}-{0000}", 1, "SO-202603-0001"),
        ("{YY}{MM}{DD}/{00}", 42, "260307/42"),
        ("{0000}", 12345, "12345"),
        ("INV {YYYY} {000000}", 7, "INV 2026 000007"),
        ("{field:branch}-{000}", 5, "MAD-005"),
    ],
)
def test_writes_numbers(scheme: str, number: int, written: str) -> None:
    assert parse_scheme(scheme).write(number, DAY, {"branch": "MAD"}) == written


@pytest.mark.parametrize(
    ("scheme", "reset", "period"),
    [
        ("{0000}", None, ""),
        ("{YYYY}-{0000}", None, "2026"),
        ("{YYYYMM}-{0000}", None, "2026-03"),
        ("{YYYYMMDD}-{0000}", None, "2026-03-07"),
        ("{YYYYMMDD}-{0000}", "year", "2026"),
        ("{YYYYMM}-{0000}", "never", ""),
    ],
)
def test_begins_anew_with_its_finest_date_part_unless_told(scheme: str, reset: str | None, period: str) -> None:
    assert parse_scheme(scheme, reset).period(DAY) == period


@pytest.mark.parametrize(
    ("scheme", "reset", "reason"),
    [
        ("SO", None, "exactly one counter"),
        ("{0}-{0}", None, "exactly one counter"),
        ("SO-{0000", None, "brace"),
        ("SO-}0000", None, "brace"),
        ("{YYYX}{00}", None, "no part of a number"),
        ("{}{00}", None, "no part of a number"),
        ("{MM}-{0000}", None, "would repeat"),
        ("{YYYY}{DD}-{0000}", None, "would repeat"),
        ("{YYYY}-{0000}", "month", "would repeat"),
        ("{0000}", "weekly", "reset is one of"),
        ("{0000000000000}", None, "at most 12 digits"),
    ],
)
def test_refuses_schemes_whose_numbers_would_not_do(scheme: str, reset: str | None, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_scheme(scheme, reset)
