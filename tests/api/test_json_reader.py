"""The one reader of JSON from outside: what it takes exactly, and what it refuses."""

from decimal import Decimal
from typing import Any

import pytest

from tessera.api.json_reader import MAX_DEPTH, NotJson, read_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, true, null, "\xc3\xa9"]}', {"a": [1, True, None, "é"]}),
        (b"0.1", 0.1),
        (b"12345678901234.123456789", Decimal("12345678901234.123456789")),
        (b"-1e3", -1000.0),
        (b"0.30000000000000004", 0.30000000000000004),
        (b"0.300000000000000044", Decimal("0.300000000000000044")),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        ('{"a": "text"}', {"a": "text"}),
    ],
)
def test_json_is_read_exactly(body: bytes | str, value: Any) -> None:
    read = read_json(body)
    if value is not None:
        assert read == value
        assert type(read) is type(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e400",
        b"1" * 500,
        b"1e-400000000000000",
        b"1." + b"0" * 30 + b"e999",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "b": 2, "a": 3}}',
        b'"\\ud800"',
        b'"\xff"',
        b'"\\u0000"',
        b'{"\\u0000": 1}',
        b'["\x00"]',
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"1 2",
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_plain_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


def test_many_objects_beside_each_other_are_not_deep() -> None:
    assert len(read_json(b"[" + b",".join([b"{}"] * 1_000) + b"]")) == 1_000
