"""The shop's tables in a real database of each kind, with a resolver over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tessera.expressions.environment import Environment
from tessera.expressions.sql import Dialect, RowSource, stored_number
from tessera.expressions.sql_types import SpanSql
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.types import ClockTime, ExactDecimal, Json, UtcDateTime, Uuid7
from tests.expressions.shop import ENVIRONMENT, MODULES

metadata = sa.MetaData()
AMOUNT = ExactDecimal(18, 4)
_TABLES = {
    "user": sa.Table(
        "f_user", metadata, sa.Column("id", Uuid7, primary_key=True), sa.Column("name", sa.Text), sa.Column("boss", Uuid7)
    ),
    "customer": sa.Table(
        "f_customer",
        metadata,
        sa.Column("id", Uuid7, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("limit", AMOUNT),
        sa.Column("owner", Uuid7),
        sa.Column("since", sa.Date),
    ),
    "order": sa.Table(
        "f_order",
        metadata,
        sa.Column("id", Uuid7, primary_key=True),
        sa.Column("total", AMOUNT),
        sa.Column("discount", AMOUNT),
        sa.Column("pieces", sa.BigInteger),
        sa.Column("status", sa.String(20)),
        sa.Column("note", sa.Text),
        sa.Column("urgent", sa.Boolean),
        sa.Column("day", sa.Date),
        sa.Column("due", sa.Date),
        sa.Column("made_at", UtcDateTime),
        sa.Column("opens", ClockTime),
        sa.Column("effort", sa.BigInteger),
        sa.Column("tags", Json),
        sa.Column("customer", Uuid7),
        sa.Column("owner", Uuid7),
    ),
    "order.lines": sa.Table(
        "f_line",
        metadata,
        sa.Column("id", Uuid7, primary_key=True),
        sa.Column("parent", Uuid7),
        sa.Column("quantity", AMOUNT),
        sa.Column("price", AMOUNT),
        sa.Column("kind", sa.Text),
        sa.Column("shipped", sa.Date),
        sa.Column("status", sa.Text),
    ),
}


class ShopResolver:
    def __init__(self, module: str, table: sa.FromClause, dialect: Dialect, environment: Environment = ENVIRONMENT) -> None:
        self.module, self.table, self.dialect, self.environment = module, table, dialect, environment

    def column(self, path: tuple[str, ...]) -> sa.ColumnElement[Any]:
        name, *rest = path
        column, type_ = self.table.c[name], MODULES[self.module][name]
        if rest:
            target = _TABLES[type_.module or ""].alias()
            inner = ShopResolver(type_.module or "", target, self.dialect, self.environment).column(tuple(rest))
            return sa.select(inner).where(target.c.id == column).correlate_except(target).scalar_subquery()
        if type_.kind == "number":
            return stored_number(column, self.dialect, column.type.scale if isinstance(column.type, ExactDecimal) else None)
        return sa.type_coerce(column, SpanSql()) if type_.kind == "duration" else column

    def rows(self, path: tuple[str, ...]) -> RowSource:
        assert path == ("lines",)
        lines = _TABLES["order.lines"].alias()
        return RowSource(
            lines, lines.c.parent == self.table.c.id, ShopResolver("order.lines", lines, self.dialect, self.environment)
        )


@dataclass
class Tables:
    database: TenantDatabase

    @property
    def resolver(self) -> ShopResolver:
        return ShopResolver("order", _TABLES["order"], self.database.dialect)

    def store(
        self, people: Sequence[Mapping[str, Any]], customers: Sequence[Mapping[str, Any]], order: Mapping[str, Any]
    ) -> None:
        """Exactly these rows, and no others."""
        own = {key: found for key, found in order.items() if key != "lines"}
        own["effort"] = None if own["effort"] is None else int(own["effort"].total_seconds())
        lines = [{**line, "parent": order["id"], "id": UUID(int=100 + at)} for at, line in enumerate(order["lines"])]
        with self.database.writing() as connection:
            for table in _TABLES.values():
                connection.execute(table.delete())
            connection.execute(_TABLES["user"].insert(), people)
            connection.execute(_TABLES["customer"].insert(), customers)
            connection.execute(_TABLES["order"].insert(), own)
            if lines:
                connection.execute(_TABLES["order.lines"].insert(), lines)

    def answer(self, *expressions: sa.ColumnElement[Any]) -> Sequence[Any]:
        statement = sa.select(*(expression.label(None) for expression in expressions)).select_from(_TABLES["order"])
        with self.database.reading() as connection:
            return connection.execute(statement).one()

    def found(self, condition: sa.ColumnElement[bool]) -> bool:
        statement = sa.select(_TABLES["order"].c.id).where(condition)
        with self.database.reading() as connection:
            return connection.execute(statement).first() is not None


@pytest.fixture
def tables(database: TenantDatabase) -> Tables:
    with database.writing() as connection:
        metadata.create_all(connection)
    return Tables(database)
