"""One case a field type for the conformance suite: a usual definition, values that must be taken, and what makes them differ.

Whoever adds a field type adds its case here; the suite fails for a registered type without one.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tessera.runtime.fields.barcode import check_digit
from tessera.runtime.fields.colour import TONES
from tessera.runtime.fields.duration import LONGEST as LONGEST_DURATION
from tessera.runtime.fields.number_input import SAFE_INTEGER
from tests.runtime.fields.building import definition

#: Letters whose case folds one to one, wildcards of LIKE, quotes, signs of several scripts.
LETTERS = string.ascii_letters + string.digits + " .-_%'\"\\éÉñÑüÜ中文я€😀"

texts = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
uuids = st.uuids(version=4)


def decimals(scale: int, limit: int = 10**9) -> st.SearchStrategy[str]:
    """Exact numbers as the API writes them."""
    whole = st.integers(-limit * 10**scale, limit * 10**scale)
    return whole.map(lambda units: format(Decimal(units).scaleb(-scale), "f"))


dates = st.dates(date(1000, 1, 1), date(9999, 12, 30))
moments = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 29), timezones=st.just(UTC))


def ean13(digits: int) -> str:
    code = f"{digits:012}"
    return code + str(check_digit(code))


@dataclass(frozen=True)
class Case:
    """`raw`: valid JSON input. `order`: what values sort by in Python (None: unsortable). `reads_its_text`: typed text is
    understood in every language. `folds`: equality ignores case."""

    options: Mapping[str, Any]
    raw: st.SearchStrategy[Any]
    order: Callable[[Any], Any] | None = lambda value: value
    reads_its_text: bool = False
    folds: bool = False
    siblings: tuple[Any, ...] = ()
    common: Mapping[str, Any] = field(default_factory=dict)
    #: `(operator, raw operand, model)`: operators with a meaning of their own, and when they hold for a value that is there.
    special: tuple[tuple[str, Any, Callable[[Any], bool]], ...] = ()


def lower(value: str) -> str:
    return value.lower()


def _has(fragment: str) -> Callable[[Any], bool]:
    return lambda value: fragment.lower() in str(value).lower()


TEXT_OPERATORS = tuple(
    entry
    for fragment in ("a", "É", "%", "_", "\\", "中", "'")
    for entry in (
        ("contains", fragment, _has(fragment)),
        ("not_contains", fragment, lambda value, f=fragment: f.lower() not in value.lower()),
        ("starts_with", fragment, lambda value, f=fragment: value.lower().startswith(f.lower())),
        ("ends_with", fragment, lambda value, f=fragment: value.lower().endswith(f.lower())),
    )
)
LONG_TEXT_OPERATORS = tuple(entry for entry in TEXT_OPERATORS if entry[0] in ("contains", "not_contains"))
#: Today is 2026-01-15 on the tests' clock.
DATE_OPERATORS = (
    ("during", "this_month", lambda v: (v.year, v.month) == (2026, 1)),
    ("during", "last_year", lambda v: v.year == 2025),
    ("during", {"last": 7, "unit": "days"}, lambda v: date(2026, 1, 9) <= v <= date(2026, 1, 15)),
    ("lt", "today", lambda v: v < date(2026, 1, 15)),
    ("gte", "next_week", lambda v: v >= date(2026, 1, 19)),
    ("gt", "this_quarter", lambda v: v > date(2026, 3, 31)),
    ("lte", "this_year", lambda v: v <= date(2026, 12, 31)),
)
MOMENT_OPERATORS = (
    *((operator, operand, lambda v, m=model: m(v.date())) for operator, operand, model in DATE_OPERATORS),
    ("eq", "2026-01-15", lambda v: v.date() == date(2026, 1, 15)),
    ("ne", "2026-01-15", lambda v: v.date() != date(2026, 1, 15)),
    ("gt", "2026-01-15", lambda v: v.date() > date(2026, 1, 15)),
    ("lt", "now", lambda v: v < datetime(2026, 1, 15, 12, tzinfo=UTC)),
)
REGION_KEYS = ("europe", "spain", "galicia", "asia")

near_dates = st.one_of(dates, st.dates(date(2025, 12, 1), date(2026, 4, 30)))
near_moments = st.one_of(moments, st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 31), timezones=st.just(UTC)))
tag_words = st.text(LETTERS.replace(" ", ""), min_size=1, max_size=6)
strokes = st.fixed_dictionaries(
    {
        "width": st.just(300),
        "height": st.just(100),
        "strokes": st.lists(
            st.lists(st.tuples(st.integers(0, 300), st.floats(0, 100)).map(list), min_size=1, max_size=4), min_size=1, max_size=3
        ),
    }
)
json_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-SAFE_INTEGER, SAFE_INTEGER), st.floats(-1e9, 1e9), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
).filter(lambda value: value not in ("", None))

CASES: Mapping[str, Case] = {
    "text": Case({"max_length": 60}, texts, lower, folds=True, special=TEXT_OPERATORS),
    "long_text": Case({}, st.lists(texts, min_size=1, max_size=3).map("\n".join), None, special=LONG_TEXT_OPERATORS),
    "rich_text": Case(
        {},
        st.lists(texts, min_size=1, max_size=3).map(lambda lines: "".join(f"<p>{line.replace('<', '')}</p>" for line in lines)),
        None,
    ),
    "email": Case(
        {}, st.sampled_from(["ana@example.com", "B.C+d@example.org", "ñandú@ejemplo.es", "x@büro.de"]), lower, folds=True
    ),
    "phone": Case(
        {"region": "ES"},
        st.sampled_from(["912 345 678", "+34 612345678", "+1 650-253-0000 ext 5", "extension 12", "+86 10 6552 9988"]),
        lower,
        reads_its_text=True,
        folds=True,
        special=(("contains", "912 345", lambda v: "912345" in v), ("eq", "(912) 345-678", lambda v: v == "+34912345678")),
    ),
    "url": Case(
        {},
        st.sampled_from(["https://example.com/a?b=c#d", "example.org", "http://localhost:8080/x", "mailto:ana@example.com"]),
        lower,
        reads_its_text=True,
        folds=True,
    ),
    "address": Case(
        {},
        st.fixed_dictionaries(
            {},
            optional={
                "street": texts,
                "postal_code": texts,
                "city": texts,
                "region": texts,
                "country": st.sampled_from(["ES", "us", "CN"]),
            },
        ).filter(bool),
        None,
    ),
    "person_name": Case(
        {},
        st.fixed_dictionaries({"family": texts}, optional={"given": texts, "prefix": texts, "suffix": texts}),
        lambda value: f"{value.family} {value.given}".strip().lower(),
    ),
    "barcode": Case({"symbology": "ean13"}, st.integers(0, 10**12 - 1).map(ean13), lower, reads_its_text=True, folds=True),
    "integer": Case({}, st.integers(-SAFE_INTEGER, SAFE_INTEGER), reads_its_text=True),
    "decimal": Case({"scale": 4}, st.one_of(decimals(4), st.integers(-1000, 1000)), reads_its_text=True),
    "money": Case({}, decimals(2), reads_its_text=True),
    "percent": Case({}, decimals(2, 1000), reads_its_text=True),
    "rating": Case({"max": 5}, st.integers(1, 5)),
    "boolean": Case(
        {},
        st.booleans(),
        reads_its_text=True,
        special=(("is_true", None, lambda v: v), ("is_true", False, lambda v: not v)),
    ),
    "date": Case({}, near_dates.map(date.isoformat), reads_its_text=True, special=DATE_OPERATORS),
    "datetime": Case({}, near_moments.map(datetime.isoformat), special=MOMENT_OPERATORS),
    "time": Case({}, st.times(time(0), time(23, 59, 59)).map(lambda t: t.replace(microsecond=0).isoformat())),
    "duration": Case({"negative": True}, st.integers(-LONGEST_DURATION, LONGEST_DURATION), reads_its_text=True),
    "picklist": Case(
        {"picklist": "regions"},
        st.sampled_from(REGION_KEYS),
        REGION_KEYS.index,
        reads_its_text=True,
        special=(("under", "europe", lambda v: v != "asia"), ("under", "galicia", lambda v: v == "galicia")),
    ),
    "multi_picklist": Case(
        {"picklist": "regions"},
        st.lists(st.sampled_from(REGION_KEYS), min_size=1, unique=True),
        None,
        reads_its_text=True,
        special=(
            ("has_any", ["asia", "spain"], lambda v: bool({"asia", "spain"} & set(v))),
            ("has_all", ["asia", "spain"], lambda v: {"asia", "spain"} <= set(v)),
            ("contains", "asia", lambda v: "asia" in v),
            ("not_contains", "asia", lambda v: "asia" not in v),
            ("eq", ["asia"], lambda v: v == ("asia",)),
            ("ne", ["asia"], lambda v: v != ("asia",)),
        ),
    ),
    "tags": Case(
        {},
        st.lists(tag_words, min_size=1, max_size=4),
        None,
        special=(
            ("contains", "a", lambda v: "a" in map(lower, v)),
            ("not_contains", "%", lambda v: "%" not in v),
            ("has_any", ["É", "_"], lambda v: bool({"é", "_"} & set(map(lower, v)))),
        ),
    ),
    "colour": Case(
        {}, st.one_of(st.sampled_from(list(TONES)), st.integers(0, 0xFFFFFF).map("#{:06x}".format)), reads_its_text=True
    ),
    "lookup": Case({"module": "customer"}, uuids.map(str), str),
    "multi_lookup": Case({"module": "customer"}, st.lists(uuids.map(str), min_size=1, max_size=4), None),
    "any_lookup": Case(
        {"modules": ["customer", "product"]},
        st.fixed_dictionaries({"module": st.sampled_from(["customer", "product"]), "id": uuids.map(str)}),
        None,
        special=(
            ("eq", {"module": "product"}, lambda v: v.module == "product"),
            ("ne", {"module": "product"}, lambda v: v.module != "product"),
        ),
    ),
    "user": Case({}, uuids.map(str), str),
    "file": Case({"max": 3}, st.lists(uuids.map(str), min_size=1, max_size=3), None),
    "image": Case({}, uuids.map(str), None),
    "signature": Case({}, strokes, None),
    "geo_point": Case(
        {},
        st.fixed_dictionaries({"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}),
        None,
    ),
    "json": Case({}, json_values, None),
    "sequence": Case(
        {"scheme": "SO-{YYYYMM}-{0000}", "manual": True}, texts, lower, folds=True, reads_its_text=True, common={"unique": True}
    ),
    "formula": Case({"formula": "1 + 1", "result": "decimal", "scale": 3}, decimals(3), reads_its_text=True),
    "rollup": Case({"module": "order.lines", "via": "product", "function": "count"}, st.integers(0, 10**6), reads_its_text=True),
    "lines": Case(
        {},
        st.lists(st.fixed_dictionaries({"note": texts}), min_size=1, max_size=3),
        None,
        common={"fields": {"note": definition("note", "text")}},
    ),
}

#: What nobody should send: each must be refused or understood, never break anything.
HOSTILE: tuple[Any, ...] = (
    True,
    False,
    0,
    -1,
    10**30,
    10**400,
    -(10**400),
    1.5,
    1e308,
    5e-324,
    float("nan"),
    float("inf"),
    float("-inf"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("1E+999999"),
    Decimal("1E-999999"),
    Decimal("-0"),
    "x",
    "x" * 2_000_000,
    "0" * 5000,
    "9" * 100_000,
    "1e999999999",
    "١٢٣",
    "１２３",
    "²",
    "0x10",
    "1_000",
    "--1",
    "NaN",
    "Infinity",
    "\x00",
    "a\x00b",
    "\ud800",
    "a\udfffb",
    "\uffff",
    "\x1b[31m",
    "\u202eabc",
    "😀" * 500,
    "a\u0300" * 300,
    "'; DROP TABLE sample; --",
    "=1+1",
    "@SUM(A1)",
    "{{7*7}}",
    "%s%n",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "../../../etc/passwd",
    "0000-00-00",
    "2026-02-30",
    "2026-13-01",
    "99999-01-01",
    "2026-01-15T25:00:00",
    "24:00",
    "00:60",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01",
    "P99999999999D",
    "today",
    "{}",
    "[]",
    "null",
    b"bytes",
    bytearray(b"x"),
    [],
    {},
    (),
    set(),
    [[]],
    [None],
    {"": ""},
    {"id": None},
    {"id": "x"},
    {"module": None, "id": None},
    {"amount": "x"},
    {"amount": 1, "currency": "XXQ"},
    {"latitude": "x", "longitude": []},
    {"latitude": float("nan"), "longitude": 0},
    [["a"] * 10] * 10,
    ["x"] * 5000,
    {str(n): n for n in range(3000)},
    [1, "a", None, {}],
    object(),
    object,
    print,
    1j,
    iter(()),
    date(1, 1, 1),
    date.max,
    datetime.min,
    datetime.max,
    datetime.max.replace(tzinfo=UTC),
    time.max,
    timedelta.max,
    timedelta.min,
    UUID(int=0),
    range(10**9),
    {"width": 10, "height": 10, "strokes": [[[1e308, 2]]]},
    {"width": True, "height": 1, "strokes": []},
)


def nested(depth: int) -> Any:
    """A list in a list in a list …"""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value
