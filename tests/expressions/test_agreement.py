"""The same formula over the same row gives the same value in Python, on SQLite and on PostgreSQL."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tessera.expressions.environment import Environment
from tessera.expressions.errors import FormulaError, NotCompilable
from tessera.expressions.formula import Formula
from tests.expressions.conftest import Tables
from tests.expressions.shop import ENVIRONMENT, formula
from tests.expressions.strategies import ORDER_ROWS, formulas

PEOPLE = [{"id": UUID(int=1), "name": "Eva", "boss": None}, {"id": UUID(int=2), "name": None, "boss": UUID(int=1)}]
CUSTOMERS = [
    {"id": UUID(int=11), "name": "ACME", "limit": Decimal("100.5"), "owner": UUID(int=1), "since": date(2020, 2, 29)},
    {"id": UUID(int=12), "name": None, "limit": None, "owner": UUID(int=2), "since": None},
]
#: The formulas are short as they are; shrinking them against a database would take minutes.
BOUNDED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
}
RIGHTLY_REFUSED = ("has no choice", "A case never equals nothing", "Nothing is in no list", "more than {limit} parts", "nested")
KINDS = ["number", "text", "boolean", "date", "datetime", "duration"]


def stored(order: dict[str, Any]) -> dict[str, Any]:
    """The random row with real ids."""
    customer, owner = order["customer"], order["owner"]
    return {
        **order,
        "id": UUID(int=7),
        "customer": None if customer is None else CUSTOMERS[customer]["id"],
        "owner": None if owner is None else PEOPLE[owner]["id"],
    }


def as_record(order: dict[str, Any]) -> dict[str, Any]:
    """The row as evaluation wants it: related records nested."""
    people = {person["id"]: person for person in PEOPLE}
    customers = {customer["id"]: {**customer, "owner": people[customer["owner"]]} for customer in CUSTOMERS}
    found = {**order, "customer": customers.get(order["customer"]), "owner": people.get(order["owner"])}
    found["lines"] = [{**line, "parent": found} for line in order["lines"]]
    return found


def checked(texts: list[str]) -> list[tuple[str, Formula]]:
    """The formulas among random texts; some compare a status with a text that is none of its keys, and the like."""
    found = []
    for text in texts:
        try:
            found.append((text, formula(text)))
        except FormulaError as error:
            assert all(any(word in issue.message for word in RIGHTLY_REFUSED) for issue in error.issues), error.explain()  # noqa: PT017
    return found


@settings(max_examples=25, **BOUNDED)
@given(
    order=ORDER_ROWS,
    texts=st.lists(st.sampled_from(KINDS).flatmap(lambda kind: formulas(kind, 2)), min_size=6, max_size=12),
)
def test_python_and_sql_agree(tables: Tables, order: dict[str, Any], texts: list[str]) -> None:
    row = stored(order)
    tables.store(PEOPLE, CUSTOMERS, row)
    compiled = []
    for text, one in checked(texts):
        try:
            compiled.append((text, one, one.to_sql(tables.resolver)))
        except NotCompilable:
            continue
    if not compiled:
        return
    record = as_record(row)
    for (text, one, _), answer in zip(compiled, tables.answer(*(sql for _, _, sql in compiled)), strict=True):
        note(text)
        assert one.evaluate(record, ENVIRONMENT) == answer, text


@settings(max_examples=20, **BOUNDED)
@given(order=ORDER_ROWS, text=formulas("boolean", 2))
def test_a_condition_finds_the_rows_for_which_it_holds(tables: Tables, order: dict[str, Any], text: str) -> None:
    row = stored(order)
    tables.store(PEOPLE, CUSTOMERS, row)
    for _, one in checked([text]):
        assert one.holds(as_record(row), ENVIRONMENT) == tables.found(one.to_condition(tables.resolver)), text


@pytest.mark.parametrize("moment", ["2026-03-29T00:59:00+00:00", "2026-10-25T00:30:00+00:00", "2026-06-30T22:00:00+00:00"])
def test_days_of_moments_agree_around_clock_changes(tables: Tables, moment: str) -> None:
    row = stored({**BLANK, "made_at": datetime.fromisoformat(moment)})
    tables.store(PEOPLE, CUSTOMERS, row)
    one = formula("text(made_at) & ' ' & date(made_at) & ' ' & hour(made_at)")
    environment = Environment.at(ENVIRONMENT.now, "Europe/Madrid")
    assert [one.evaluate(as_record(row), environment)] == list(tables.answer(one.to_sql(tables.resolver)))


@pytest.mark.parametrize(
    "text",
    [
        "end_of(date(2026, 2, 3), 'day')",
        "min(lines, -avg(lines, 1))",
        "sum(lines, total)",
        "date(1, 1, 1) - 9999999",
        "date(9999, 12, 31) + 1",
        "add_days(date(9999, 12, 31), -3652058)",
        "sum(lines, sum(lines, quantity * total))",
        "made_at - duration(99999999)",
        "made_at - (date(1, 1, 1) - date(9999, 12, 31)) * 0 + 1",
        "made_at + duration(70000000) + duration(70000000)",
        "sum(lines, 999999999999999999999999)",
        "date(total, 1, 1)",
        "coalesce(null, null) & max(null, null)",
        "case(null, 1, 2, 3) + if(true, null) + sum(lines, null)",
        "null in (1, 2)",
        "concat('0', sum(lines, 0), '0')",
    ],
)
def test_what_once_differed_agrees(tables: Tables, text: str) -> None:
    line = {"quantity": Decimal(2), "price": Decimal(3), "kind": "goods", "shipped": None, "status": None}
    for rows in ([], [line, line]):
        row = stored({**BLANK, "total": Decimal(3), "made_at": ENVIRONMENT.now, "lines": rows})
        tables.store(PEOPLE, CUSTOMERS, row)
        one = formula(text)
        assert [one.evaluate(as_record(row), ENVIRONMENT)] == list(tables.answer(one.to_sql(tables.resolver)))


BLANK: dict[str, Any] = {
    "total": None,
    "discount": None,
    "pieces": None,
    "status": None,
    "note": None,
    "urgent": None,
    "day": None,
    "due": None,
    "made_at": None,
    "opens": None,
    "effort": None,
    "tags": None,
    "customer": None,
    "owner": None,
    "lines": [],
}
