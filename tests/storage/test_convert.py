"""Values from one type to another: exactly, or not at all."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.storage.columns import ColumnKind, ColumnSpec
from tessera.storage.convert import converter

SOME_ID = UUID("0190163d-8694-739b-aea5-966c26f8ad90")


def spec(kind: ColumnKind) -> ColumnSpec:
    sizes: dict[str, Any] = {"decimal": {"precision": 6, "scale": 2}}
    return ColumnSpec("c", kind, **sizes.get(kind, {}))


@pytest.mark.parametrize(
    ("old", "new", "value", "converted"),
    [
        ("text", "integer", " -12 ", -12),
        ("text", "integer", "1e2", 100),
        ("text", "decimal", "1234.5", Decimal("1234.50")),
        ("text", "boolean", "Yes", True),
        ("integer", "boolean", 0, False),
        ("boolean", "integer", True, 1),
        ("text", "date", "2026-02-28", date(2026, 2, 28)),
        ("datetime", "date", datetime(2026, 2, 28, tzinfo=UTC), date(2026, 2, 28)),
        ("date", "datetime", date(2026, 2, 28), datetime(2026, 2, 28, tzinfo=UTC)),
        ("text", "datetime", "2026-02-28T10:00:00+01:00", datetime.fromisoformat("2026-02-28T09:00:00+00:00")),
        ("text", "time", "10:30", time(10, 30)),
        ("text", "uuid", str(SOME_ID), SOME_ID),
        ("uuid", "text", SOME_ID, str(SOME_ID)),
        ("decimal", "text", Decimal("1200.00"), "1200"),
        ("decimal", "text", Decimal("0.00"), "0"),
        ("decimal", "integer", Decimal("7.00"), 7),
        ("date", "text", date(2026, 2, 28), "2026-02-28"),
        ("boolean", "text", False, "false"),
        ("json", "text", {"b": "ü", "a": [1]}, '{"a": [1], "b": "ü"}'),
        ("decimal", "json", Decimal("1.10"), "1.10"),
        ("text", "bytes", "ü", b"\xc3\xbc"),
    ],
)
def test_values_that_fit(old: ColumnKind, new: ColumnKind, value: Any, converted: Any) -> None:
    result = converter(spec(old), spec(new))(value)
    assert (type(result), result) == (type(converted), converted)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("text", "integer", "12.5"),
        ("text", "integer", "twelve"),
        ("text", "integer", ""),
        ("text", "integer", str(2**63)),
        ("text", "decimal", "1.005"),
        ("text", "decimal", "12345.00"),
        ("text", "decimal", "NaN"),
        ("text", "decimal", "Infinity"),
        ("text", "boolean", "perhaps"),
        ("integer", "boolean", 2),
        ("text", "date", "28.02.2026"),
        ("text", "date", "2026-02-30"),
        ("datetime", "date", datetime(2026, 2, 28, 10, tzinfo=UTC)),
        ("text", "time", "25:00"),
        ("text", "uuid", "no id"),
        ("decimal", "integer", Decimal("7.5")),
        ("json", "integer", {"a": 1}),
        ("json", "integer", None),
        ("uuid", "date", SOME_ID),
        ("bytes", "text", b"\xff"),
    ],
)
def test_values_that_do_not(old: ColumnKind, new: ColumnKind, value: Any) -> None:
    with pytest.raises(ValueError, match="does not read as"):
        converter(spec(old), spec(new))(value)


def test_a_text_that_is_too_long_does_not_fit() -> None:
    shorter = ColumnSpec("c", "text", length=3)
    assert converter(spec("integer"), shorter)(123) == "123"
    with pytest.raises(ValueError):
        converter(spec("integer"), shorter)(1234)


@given(st.decimals(min_value=-9999, max_value=9999, places=2))
def test_numbers_survive_being_text(number: Decimal) -> None:
    there = converter(spec("decimal"), spec("text"))(number)
    assert converter(spec("text"), spec("decimal"))(there) == number
