"""The counters behind the numbers: one row a series and period, moved on by one guarded statement.

`draw` works on a given connection: the row stays locked until its transaction ends, and a rollback takes the numbers back
(no gaps). `draw_apart` commits at once on a connection of its own, so that saves do not wait for each other; a save that
fails then leaves a gap.
"""

from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tessera.storage.statements import CompiledStatement
from tessera.storage.system_tables import counter
from tessera.storage.tenant_database import TenantDatabase

#: What a counter is found by and moved with.
_SERIES, _PERIOD = sa.bindparam("in_series", type_=sa.String()), sa.bindparam("in_period", type_=sa.String())
_COUNT, _FIRST_LAST = sa.bindparam("count", type_=sa.BigInteger()), sa.bindparam("first_last", type_=sa.BigInteger())

_ADVANCE = (
    sa.update(counter)
    .where(counter.c.series == _SERIES, counter.c.period == _PERIOD)
    .values(value=counter.c.value + _COUNT)
    .returning(counter.c.value)
)
_ROW: dict[str, Any] = {"series": _SERIES, "period": _PERIOD, "value": _FIRST_LAST}
_BEGIN: dict[str, sa.Insert] = {
    "postgresql": postgresql.insert(counter).values(_ROW).on_conflict_do_nothing().returning(counter.c.value),
    "sqlite": sqlite.insert(counter).values(_ROW).on_conflict_do_nothing().returning(counter.c.value),
}
#: The row is there after the second try at the latest, unless somebody deletes counters meanwhile.
_TRIES = 5


def draw(connection: sa.Connection, series: str, period: str, count: int, start: int) -> int:
    """The first of `count` successive numbers, in the connection's transaction. A new counter begins at `start`."""
    parameters = {"in_series": series, "in_period": period, "count": count, "first_last": start + count - 1}
    begin = _BEGIN[connection.dialect.name]
    for _ in range(_TRIES):
        row = connection.execute(_ADVANCE, parameters).first() or connection.execute(begin, parameters).first()
        if row is not None:
            return int(row[0]) - count + 1
    raise RuntimeError(f"the counter {series!r} cannot be begun")


def draw_apart(database: TenantDatabase, series: str, period: str, count: int, start: int) -> int:
    """The same, committed at once. Only where several can write at a time: SQLite would wait for its own transaction."""
    parameters = {"in_series": series, "in_period": period, "count": count, "first_last": start + count - 1}
    advance, begin = _rendered(database)
    for _ in range(_TRIES):
        with database.hot() as driver:
            row = driver.execute(advance.sql, advance.bind(parameters)).fetchone()
            if row is None:
                row = driver.execute(begin.sql, begin.bind(parameters)).fetchone()
        if row is not None:
            return int(row[0]) - count + 1
    raise RuntimeError(f"the counter {series!r} cannot be begun")


_known: WeakKeyDictionary[TenantDatabase, tuple[CompiledStatement, CompiledStatement]] = WeakKeyDictionary()


def _rendered(database: TenantDatabase) -> tuple[CompiledStatement, CompiledStatement]:
    """The two statements as text for this tenant's schema, made once."""
    statements = _known.get(database)
    if statements is None:
        statements = _known[database] = database.render(_ADVANCE), database.render(_BEGIN[database.dialect])
    return statements
