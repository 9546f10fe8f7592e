"""What formulas give: exact numbers, and the rules for what is missing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

import pytest

from tests.expressions.shop import ENVIRONMENT, formula, value

SOME = {"total": Decimal(10), "note": "n", "status": "won", "urgent": True, "day": date(2026, 1, 31), "tags": ["x"]}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("total + 1", None),
        ("total * 0", None),
        ("-total", None),
        ("1 / 0", None),
        ("5 % 0", None),
        ("abs(total)", None),
        ("note & 'a' & null", "a"),
        ("note & null", None),
        ("'' & ''", None),
        ("upper(note)", None),
        ("len(note)", 0),
        ("total = null", True),
        ("total = 0", False),
        ("total != 0", True),
        ("total = discount", True),
        ("status != 'won'", True),
        ("total < 1", False),
        ("total >= 1", False),
        ("not total < 1", True),
        ("total in (1, 2)", False),
        ("total not in (1, 2)", True),
        ("urgent and true", False),
        ("urgent or true", True),
        ("not urgent", True),
        ("urgent = false", False),
        ("urgent", None),
        ("if(urgent, 1, 2)", 2),
        ("if(urgent, 1)", None),
        ("contains(note, 'a')", False),
        ("contains('a', note)", False),
        ("has(tags, 'x')", False),
        ("sum(lines.price)", 0),
        ("count(lines)", 0),
        ("avg(lines.price)", None),
        ("max(lines.price)", None),
        ("all(lines, price > 1)", True),
        ("any(lines, true)", False),
        ("min(total, 3)", 3),
        ("coalesce(total, discount, 4)", 4),
        ("coalesce(total, discount)", None),
        ("is_empty(tags)", True),
        ("is_empty(note)", True),
        ("customer.owner.name", None),
        ("day + 1", None),
        ("case(status, 'won', 1, 2)", 2),
        ("note = ''", True),
        ("trim('  ')", None),
        ("replace('a', 'a', '')", None),
        ("left('abc', 0)", None),
    ],
)
def test_of_an_empty_record(text: str, result: Any) -> None:
    assert value(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.333333333333"),
        ("2 / 3", "0.666666666667"),
        ("-2 / 3", "-0.666666666667"),
        ("1 / 3 * 3", "0.999999999999"),
        ("0.0000005 * 0.000001", "0.000000000001"),
        ("0.0000004 * 0.000001", "0"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(0.125, 2)", "0.13"),
        ("round(1234, -2)", "1200"),
        ("round(5.5, 0.9)", "6"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("5.5 % 2", "1.5"),
        ("-2 ^ 2", "-4"),
        ("2 ^ 0.5", "1.414213562373"),
        ("0 ^ 0", "1"),
        ("999999999999999999999999 - 0.000000000001", "999999999999999999999998.999999999999"),
    ],
)
def test_numbers_are_exact(text: str, result: str) -> None:
    assert value(text) == Decimal(result)


@pytest.mark.parametrize(
    "text", ["999999999999999999999999 + 1", "10 ^ 24", "10 ^ 1001", "0 ^ -1", "(-8) ^ 0.5", "sqrt(-1)", "9 ^ 999", "0.5 ^ -1000"]
)
def test_what_has_no_result_has_no_value(text: str) -> None:
    assert value(text) is None


def test_the_process_wide_decimal_context_does_not_matter() -> None:
    with localcontext() as context:
        context.prec = 3
        assert value("123456.789 * total", total=Decimal("1.001")) == Decimal("123580.245789")


def test_texts_stay_within_bounds() -> None:
    grown = value("replace(replace(note, 'a', note), 'a', note)", note="a" * 500)
    assert len(grown) == 20_000


def test_rows_see_themselves_first_then_the_record() -> None:
    lines = [
        {"quantity": Decimal(2), "price": Decimal(5), "kind": "won", "status": "x"},
        {"quantity": Decimal(1), "price": None, "kind": "b"},
    ]
    record = {**SOME, "lines": lines}
    found = {
        text: value(text, **record)
        for text in (
            "sum(lines, quantity * price)",
            "sum(lines, quantity, kind = record.status)",
            "count(lines, is_empty(status))",
            "sum(lines, quantity * total)",
            "count(lines.price)",
            "avg(lines.price)",
            "any(lines, price > 4)",
            "all(lines, price > 4)",
        )
    }
    assert list(found.values()) == [Decimal(10), Decimal(2), 1, Decimal(30), 1, Decimal(5), True, False]


def test_records_are_compared_by_id_loaded_or_not() -> None:
    eva = UUID(int=1)
    assert value("owner = customer.owner", owner=eva, customer={"owner": {"id": eva, "name": "Eva"}}) is True
    assert formula("owner = me").evaluate({"owner": {"id": eva}}, ENVIRONMENT) is False


def test_moments_are_days_where_the_reader_is() -> None:
    late = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
    assert value("date(made_at)", made_at=late) == date(2026, 1, 16)
    assert value("made_at = day", made_at=late, day=date(2026, 1, 16)) is True
    assert value("today()") == date(2026, 1, 16)
    assert value("made_at - now()", made_at=late) == timedelta(0)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("day + 1", date(2026, 2, 1)),
        ("1 + day", date(2026, 2, 1)),
        ("day - date(2026, 1, 1)", 30),
        ("add_months(day, 1)", date(2026, 2, 28)),
        ("add_months(day, -1)", date(2025, 12, 31)),
        ("add_days(date(9999, 12, 31), 1)", None),
        ("date(0, 1, 1)", None),
        ("date_diff(day, date(2026, 3, 30), 'months')", 1),
        ("date_diff(date(2026, 3, 30), day, 'months')", -1),
        ("date_diff(date(2026, 1, 1), date(2026, 1, 14), 'weeks')", 1),
        ("start_of(day, 'week')", date(2026, 1, 26)),
        ("end_of(day, 'quarter')", date(2026, 3, 31)),
        ("text(day) & '!'", "2026-01-31!"),
    ],
)
def test_calendar(text: str, result: Any) -> None:
    assert value(text, **SOME) == result
