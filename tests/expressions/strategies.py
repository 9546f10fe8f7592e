"""Random formulas of a wanted type, and random rows to try them on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.expressions.shop import STATUSES

Texts = SearchStrategy[str]

LETTERS = "aAbzZ0 -'éßÑİ汉\t%_\\"
PLAIN_TEXTS = st.text(LETTERS, min_size=1, max_size=6)
NUMBERS = st.one_of(
    st.integers(-20, 20).map(Decimal),
    st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [Decimal("0.000000000001"), Decimal(10) ** 13 - 1, Decimal("-123456789.123456"), Decimal("0.5"), Decimal("2.5")]
    ),
)
DATES = st.one_of(
    st.dates(date(2023, 12, 1), date(2026, 3, 31)),
    st.sampled_from([date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29), date(2025, 1, 31)]),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)).map(lambda m: m.replace(fold=0))
SPANS = st.integers(-100_000, 400_000).map(lambda seconds: timedelta(seconds=seconds))
KEYS = st.sampled_from(["x", "y", "z"])


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def spelled(number: Decimal) -> str:
    return format(number, "f") if number >= 0 else f"({number:f})"


def _call(name: str, *arguments: Texts) -> Texts:
    return st.tuples(*arguments).map(lambda parts: f"{name}({', '.join(parts)})")


def _binary(left: Texts, operators: list[str], right: Texts) -> Texts:
    return st.tuples(left, st.sampled_from(operators), right).map(lambda p: f"({p[0]} {p[1]} {p[2]})")


def formulas(kind: str, depth: int, *, inner: bool = False) -> Texts:
    """Texts of formulas of `kind`; `inner`: where the names of a line are known too."""
    leaf = _LEAVES[kind](inner)
    return leaf if depth <= 0 else st.one_of(leaf, _GROWN[kind](lambda k, i=inner: formulas(k, depth - 1, inner=i)))


_LEAVES: dict[str, Callable[[bool], Texts]] = {
    "number": lambda inner: st.one_of(
        NUMBERS.map(spelled),
        st.sampled_from(
            ["total", "discount", "pieces", "customer.limit", "null"] + (["quantity", "price", "parent.total"] if inner else [])
        ),
    ),
    "text": lambda inner: st.one_of(
        PLAIN_TEXTS.map(quoted),
        st.sampled_from(["note", "status", "customer.name", "customer.owner.name", "''"] + (["kind"] if inner else [])),
    ),
    "boolean": lambda _: st.sampled_from(["true", "false", "urgent", "null"]),
    "date": lambda inner: st.one_of(
        DATES.map(lambda d: f"date({d.year}, {d.month}, {d.day})"),
        st.sampled_from(["day", "due", "customer.since", "today()"] + (["shipped"] if inner else [])),
    ),
    "datetime": lambda _: st.sampled_from(["made_at", "now()"]),
    "duration": lambda _: st.sampled_from(["effort", "duration(1.5)"]),
}

Grow = Callable[..., Texts]


def _numbers(sub: Grow) -> Texts:
    n, d, t = sub("number"), sub("date"), sub("text")
    unit = st.sampled_from(["'days'", "'weeks'", "'months'", "'years'"])
    return st.one_of(
        _binary(n, ["+", "-", "*", "/", "%"], n),
        n.map(lambda x: f"(- {x})"),
        _call("abs", n),
        _call("floor", n),
        _call("ceil", n),
        _call("round", n),
        _call("round", n, st.integers(-3, 14).map(str)),
        _call("round", n, n),
        _call("mod", n, n),
        _call("min", n, n, n),
        _call("max", n, n),
        _call("if", sub("boolean"), n, n),
        _call("coalesce", n, n),
        _call("case", t, t, n, t, n, n),
        _call("case", n, n, n),
        _call("len", t),
        _call("number", t),
        _call("number", _call("text", n)),
        _call("year", d),
        _call("month", d),
        _call("day", d),
        _call("weekday", d),
        _call("quarter", d),
        _call("week", d),
        _call("date_diff", d, d, unit),
        st.tuples(d, d).map(lambda p: f"({p[0]} - {p[1]})"),
        _call("hour", sub("datetime")),
        _call("hours_between", sub("datetime"), sub("datetime")),
        _call("hours", sub("duration")),
        _aggregates(sub),
    )


def _aggregates(sub: Grow) -> Texts:
    number, boolean, day = sub("number", True), sub("boolean", True), sub("date", True)
    rows = st.just("lines")
    return st.one_of(
        st.sampled_from(
            [
                "sum(lines.quantity)",
                "avg(lines.price)",
                "min(lines.price)",
                "max(lines.quantity)",
                "count(lines)",
                "count(lines.kind)",
            ]
        ),
        _call("sum", rows, number),
        _call("sum", rows, number, boolean),
        _call("avg", rows, number),
        _call("count", rows, boolean),
        _call("min", rows, number, boolean),
        _call("max", rows, number),
        _call("date_diff", _call("min", rows, day), _call("max", rows, day), st.just("'days'")),
    )


def _texts(sub: Grow) -> Texts:
    t, n = sub("text"), sub("number")
    return st.one_of(
        _binary(t, ["&", "+"], t),
        _binary(n, ["&"], sub("boolean")),
        _binary(sub("date"), ["&"], sub("datetime")),
        _call("upper", t),
        _call("lower", t),
        _call("trim", t),
        _call("concat", t, n, t),
        _call("replace", t, t, t),
        _call("left", t, n),
        _call("right", t, n),
        _call("mid", t, n, n),
        _call("mid", t, st.integers(-1, 4).map(str), st.just("2")),
        _call("if", sub("boolean"), t, sub("boolean"), t),
        _call("coalesce", t, t),
        _call("text", n),
        _call("case", n, n, t, t),
    )


def _booleans(sub: Grow) -> Texts:
    b, n, t, d, m = sub("boolean"), sub("number"), sub("text"), sub("date"), sub("datetime")
    order = ["<", "<=", ">", ">=", "=", "!="]
    return st.one_of(
        _binary(b, ["and", "or", "=", "!="], b),
        b.map(lambda x: f"(not {x})"),
        _binary(n, order, n),
        _binary(t, order, t),
        _binary(d, order, d),
        _binary(m, order, d),
        _binary(m, order, m),
        _binary(sub("duration"), order, sub("duration")),
        _call("is_empty", n),
        _call("is_empty", t),
        _call("is_empty", b),
        _call("contains", t, t),
        _call("starts_with", t, t),
        _call("ends_with", t, t),
        st.tuples(n, n, NUMBERS.map(spelled)).map(lambda p: f"({p[0]} in ({p[1]} + 0, {p[2]}))"),
        PLAIN_TEXTS.flatmap(lambda x: t.map(lambda s: f"({s} not in ({quoted(x)}, note & 'a'))")),
        KEYS.map(lambda k: f"has(tags, '{k}')"),
        st.sampled_from(["is_empty(tags)", "owner = customer.owner", "customer != null", "owner = me", "opens < opens"]),
        sub("boolean", True).map(lambda c: f"any(lines, {c})"),
        sub("boolean", True).map(lambda c: f"all(lines, {c})"),
        _call("if", b, b, b),
        _call("coalesce", b, b),
        _call("case", t, t, b, b),
    )


def _dates(sub: Grow) -> Texts:
    d, n = sub("date"), sub("number")
    period = st.sampled_from(["'day'", "'week'", "'month'", "'quarter'", "'year'"])
    return st.one_of(
        _binary(d, ["+", "-"], n),
        _call("add_days", d, n),
        _call("add_months", d, n),
        _call("add_years", d, n),
        _call("start_of", d, period),
        _call("end_of", d, period),
        _call("if", sub("boolean"), d, d),
        _call("coalesce", d, d),
        _call("max", d, d),
        _call("date", n, n, n),
        _call("date", st.just("2024"), st.integers(0, 13).map(str), st.integers(0, 32).map(str)),
        _call("date", sub("datetime")),
    )


def _moments(sub: Grow) -> Texts:
    m = sub("datetime")
    return st.one_of(_binary(m, ["+", "-"], sub("duration")), _call("min", m, m), _call("coalesce", m, m))


def _spans(sub: Grow) -> Texts:
    return st.one_of(
        _binary(sub("datetime"), ["-"], sub("datetime")),
        _call("duration", sub("number")),
        _call("max", sub("duration"), sub("duration")),
    )


_GROWN: dict[str, Callable[[Grow], Texts]] = {
    "number": _numbers,
    "text": _texts,
    "boolean": _booleans,
    "date": _dates,
    "datetime": _moments,
    "duration": _spans,
}


def _maybe(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


AMOUNTS = st.decimals(-100_000, 100_000, places=4, allow_nan=False, allow_infinity=False)
LINE_ROWS = st.fixed_dictionaries(
    {
        "quantity": _maybe(AMOUNTS),
        "price": _maybe(AMOUNTS),
        "kind": _maybe(st.sampled_from(["goods", "work", "Ä"])),
        "shipped": _maybe(DATES),
        "status": st.none(),
    }
)
ORDER_ROWS = st.fixed_dictionaries(
    {
        "total": _maybe(AMOUNTS),
        "discount": _maybe(AMOUNTS),
        "pieces": _maybe(st.integers(-5, 2**40)),
        "status": _maybe(st.sampled_from(sorted(STATUSES))),
        "note": _maybe(PLAIN_TEXTS),
        "urgent": _maybe(st.booleans()),
        "day": _maybe(DATES),
        "due": _maybe(DATES),
        "made_at": _maybe(MOMENTS),
        "opens": _maybe(st.sampled_from([time(8), time(17, 30)])),
        "effort": _maybe(SPANS),
        "tags": _maybe(st.lists(KEYS, max_size=2, unique=True)),
        "customer": _maybe(st.integers(0, 1)),
        "owner": _maybe(st.integers(0, 1)),
        "lines": st.lists(LINE_ROWS, max_size=3),
    }
)
