"""A little world for formulas: what names mean, and rows of it as Python values."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tessera.expressions.environment import Environment
from tessera.expressions.formula import Formula, check
from tessera.expressions.scope import Member
from tessera.expressions.types import (
    BOOLEAN,
    CHOICES,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    Type,
    record,
    rows,
)

ORDER: dict[str, Type] = {
    "id": record("order"),
    "total": NUMBER,
    "discount": NUMBER,
    "pieces": INTEGER,
    "status": TEXT,
    "note": TEXT,
    "urgent": BOOLEAN,
    "day": DATE,
    "due": DATE,
    "made_at": DATETIME,
    "opens": TIME,
    "effort": DURATION,
    "tags": CHOICES,
    "customer": record("customer"),
    "owner": record("user"),
    "lines": rows("order.lines"),
}
MODULES: dict[str, dict[str, Type]] = {
    "order": ORDER,
    "order.lines": {
        "quantity": NUMBER,
        "price": NUMBER,
        "kind": TEXT,
        "shipped": DATE,
        "parent": record("order"),
        "status": TEXT,
    },
    "customer": {
        "id": record("customer"),
        "name": TEXT,
        "limit": NUMBER,
        "owner": record("user"),
        "since": DATE,
        "orders": rows("order"),
    },
    "user": {"id": record("user"), "name": TEXT, "boss": record("user")},
}
STATUSES = frozenset({"open", "won", "lost"})


class ShopScope:
    def member(self, module: str, name: str) -> Member | None:
        found = MODULES[module].get(name)
        choices = STATUSES if (module, name) == ("order", "status") else None
        return None if found is None else Member(name, found, choices)

    def names(self, module: str) -> Iterable[str]:
        return MODULES[module]


SCOPE = ShopScope()
#: Late in the evening in UTC is the next day in Madrid.
ENVIRONMENT = Environment.at(datetime(2026, 1, 15, 23, 30, tzinfo=UTC), "Europe/Madrid")


def formula(text: str, expect: Type | None = None) -> Formula:
    return check(text, SCOPE, "order", expect=expect)


def value(text: str, **record: Any) -> Any:
    return formula(text).evaluate(record, ENVIRONMENT)
