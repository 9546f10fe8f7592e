"""What every stored field type must do in both databases: keep values, filter and sort as Python would."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tessera.runtime.fields.base import CompiledField, Rejected
from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.fields.building import ME, compiled, context, said
from tests.runtime.fields.cases import CASES, HOSTILE
from tests.runtime.fields.test_conformance import sample, values

few = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
STORED = [kind.key for kind in FIELD_TYPES if kind.stored]
every_stored_type = pytest.mark.parametrize("key", STORED)

EQUALITY = ("eq", "ne")
ORDERED = ("lt", "lte", "gt", "gte")


class Rows:
    """A table with one field, in one database."""

    def __init__(self, place: TenantDatabase, field: CompiledField) -> None:
        self.place, self.field = place, field
        self.table = field.column.table
        with place.writing() as connection:
            self.table.metadata.create_all(connection, checkfirst=True)

    def fill(self, rows: Sequence[Any]) -> None:
        parameters = [
            {
                "id": number,
                **dict(zip((s.name for s in self.field.specs), self.field.type.to_columns(self.field, value), strict=True)),
            }
            for number, value in enumerate(rows)
        ]
        with self.place.writing() as connection:
            connection.execute(self.table.delete())
            connection.execute(self.table.insert(), parameters)

    def stored(self) -> list[Any]:
        with self.place.reading() as connection:
            found = connection.execute(sa.select(*self.field.columns).order_by(self.table.c.id)).all()
        return [self.field.type.from_columns(self.field, row) for row in found]

    def as_json(self) -> list[Any]:
        """What hot reads make of the driver's own values."""
        convert = self.field.type.json_from_driver(self.field, self.place.dialect)
        statement = self.place.render(sa.select(*self.field.columns).order_by(self.table.c.id))
        shown = []
        for row in self.place.fetch_all(statement, {}):
            if len(row) == 1 and (row[0] is None or convert is None):
                shown.append(row[0])
            else:
                assert convert is not None
                shown.append(convert(*row))
        return shown

    def where(self, operator: str, operand: Any) -> set[int]:
        clause = self.field.type.filter(self.field, self.field.columns, operator, operand, context())
        with self.place.reading() as connection:
            return {row[0] for row in connection.execute(sa.select(self.table.c.id).where(clause))}

    def in_order(self) -> list[int]:
        key = self.field.type.order_by(self.field, self.field.columns)
        statement = sa.select(self.table.c.id).where(key.is_not(None)).order_by(key, self.table.c.id)
        with self.place.reading() as connection:
            return [row[0] for row in connection.execute(statement)]


def rows_of(key: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of(st.none(), values(key)), min_size=1, max_size=6)


@every_stored_type
@given(data=st.data())
@few
def test_keeps_values(place: TenantDatabase, key: str, data: Any) -> None:
    table, drawn = Rows(place, sample(key)), data.draw(rows_of(key))
    table.fill(drawn)
    assert table.stored() == drawn


@every_stored_type
@given(data=st.data())
@few
def test_hot_reads_give_the_json_form(place: TenantDatabase, key: str, data: Any) -> None:
    field = sample(key)
    table, drawn = Rows(place, field), data.draw(rows_of(key))
    table.fill(drawn)
    expected = [None if value is None else field.type.to_json(field, value) for value in drawn]
    assert orjson.loads(orjson.dumps(table.as_json())) == orjson.loads(orjson.dumps(expected))


@every_stored_type
@given(data=st.data())
@few
def test_filters_as_python_would(place: TenantDatabase, key: str, data: Any) -> None:
    """Empty values count as different from every other, and as none of any order."""
    case, field = CASES[key], sample(key)
    table, drawn = Rows(place, field), data.draw(rows_of(key))
    table.fill(drawn)
    there = {number: value for number, value in enumerate(drawn) if value is not None}
    empty = {number for number, value in enumerate(drawn) if value is None}
    assert table.where("is_empty", None) == empty
    assert table.where("is_not_empty", None) == set(there)
    own = {operator for operator, _, _ in case.special}
    pivot = data.draw(st.one_of(values(key), st.sampled_from(list(there.values()))) if there else values(key))

    def fold(value: Any) -> Any:
        return value.lower() if case.folds else value

    for operator, holds in _models(fold, case.order or fold).items():
        operators = field.type.operators_of(field)
        if (
            operator not in operators
            or (case.order is None and operator in ORDERED)
            or ("has_any" in operators and operator in own)
        ):
            continue
        operand = field.type.to_json(field, pivot)
        if operator in ("in", "not_in"):
            operand = [operand]
        if operator == "between":
            operand = [operand, operand]
        expected = {number for number, value in there.items() if holds(value, pivot)}
        if operator in ("ne", "not_in"):
            expected |= empty
        assert table.where(operator, operand) == expected, operator
    for operator, operand, model in case.special:
        expected = {number for number, value in there.items() if model(value)}
        if operator in ("ne", "not_in", "not_contains") or (operator == "is_true" and operand is False):
            expected |= empty
        assert table.where(operator, operand) == expected, (operator, operand)


def _models(fold: Any, order: Any) -> dict[str, Any]:
    return {
        "eq": lambda value, pivot: fold(value) == fold(pivot),
        "ne": lambda value, pivot: fold(value) != fold(pivot),
        "in": lambda value, pivot: fold(value) == fold(pivot),
        "not_in": lambda value, pivot: fold(value) != fold(pivot),
        "lt": lambda value, pivot: order(value) < order(pivot),
        "lte": lambda value, pivot: order(value) <= order(pivot),
        "gt": lambda value, pivot: order(value) > order(pivot),
        "gte": lambda value, pivot: order(value) >= order(pivot),
        "between": lambda value, pivot: order(value) == order(pivot),
    }


@pytest.mark.parametrize("key", [key for key in STORED if CASES[key].order is not None and FIELD_TYPES.get(key).sortable])
@given(data=st.data())
@few
def test_sorts_as_python_would(place: TenantDatabase, key: str, data: Any) -> None:
    case = CASES[key]
    table, drawn = Rows(place, sample(key)), data.draw(rows_of(key))
    table.fill(drawn)
    order = case.order
    assert order is not None
    there = [(number, value) for number, value in enumerate(drawn) if value is not None]
    if not _collates_alike(place, [order(value) for _, value in there]):
        return
    assert table.in_order() == [number for number, _ in sorted(there, key=lambda pair: (order(pair[1]), pair[0]))]


def _collates_alike(place: TenantDatabase, keys: list[Any]) -> bool:
    """A PostgreSQL database may sort texts by a language's rules; only then Python's order is no model."""
    if place.dialect == "sqlite" or not any(isinstance(key, str) for key in keys):
        return True
    with place.reading() as connection:
        collation = connection.execute(sa.text("SELECT datcollate FROM pg_database WHERE datname = current_database()")).scalar()
    return str(collation).partition(".")[0] in ("C", "POSIX")


@every_stored_type
def test_hostile_operands_are_refused_or_answered(place: TenantDatabase, key: str) -> None:
    field = sample(key)
    table = Rows(place, field)
    for operator in (*field.type.operators_of(field), "no_such_operator", "'; DROP TABLE x; --"):
        for raw in (
            *HOSTILE,
            ["a", None],
            [["a"]],
            {"last": 7, "unit": "weeks"},
            {"last": "x"},
            {"next": 10**9, "unit": "years"},
        ):
            try:
                clause = field.type.filter(field, field.columns, operator, raw, context())
            except Rejected as rejected:
                said(rejected)
                continue
            if operator in ("contains", "eq", "during", "lt", "in", "has_any", "within"):
                statement = sa.select(sa.func.count()).select_from(table.table).where(clause)
                with place.reading() as connection:
                    assert connection.execute(statement).scalar() is not None


def test_is_me_finds_my_own(place: TenantDatabase) -> None:
    table = Rows(place, compiled("user", table="sample_is_me"))
    table.fill([ME, None])
    assert table.where("is_me", None) == {0}
    assert table.where("is_me", False) == {1}
