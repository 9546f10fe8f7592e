"""Plans: statements made once for a shape of request and kind of reader, kept with the catalog of their metadata version.

A plan may be used by whoever has the same access shapes for all modules that its making consulted, so these shapes are its
second key. Both levels are bounded: hostile variety costs compiling again, never memory.
"""

import sqlite3
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

import psycopg

from tessera.kernel.errors import BadQuery
from tessera.runtime.query.access import AccessShape, QuerySession, Reader
from tessera.storage.statements import CompiledStatement
from tessera.storage.tenant_database import driver_connection

MAX_PLANS = 2_000

P = TypeVar("P")
Rows = list[tuple[Any, ...]]


class Kept(Generic[P]):
    """A plan with the modules its making consulted."""

    __slots__ = ("modules", "plan")

    def __init__(self, plan: P, modules: tuple[str, ...]) -> None:
        self.plan = plan
        self.modules = modules


_Variants = dict[tuple[str, ...], dict[tuple[AccessShape, ...], Kept[Any]]]


def plan_for(session: QuerySession, reader: Reader, key: Hashable, make: Callable[[Reader], P]) -> Kept[P]:
    """The plan of `key` for this reader, made by `make(reader)` when there is none yet."""
    plans: dict[Hashable, _Variants] = session.catalog.extras.setdefault("query.plans", {})
    variants = plans.get(key)
    if variants is not None:
        for modules, by_shape in tuple(variants.items()):
            kept = by_shape.get(reader.key(modules))
            if kept is not None:
                return kept
    fresh = Reader(session)  # remembers only what the making consults
    plan = make(fresh)
    kept = Kept(plan, fresh.consulted)
    if len(plans) >= MAX_PLANS:
        plans.pop(next(iter(plans)), None)
    plans.setdefault(key, {}).setdefault(kept.modules, {})[reader.key(kept.modules)] = kept
    return kept


def run(session: QuerySession, statement: CompiledStatement, values: Mapping[str, Any]) -> Rows:
    """The driver rows of a rendered read: on the session's own connection where it may have written, else on a hot one."""
    try:
        if session.write:
            cursor = driver_connection(session.connection).execute(statement.sql, statement.bind(values))
            return cursor.fetchall()  # type: ignore[no-any-return]
        return session.database.fetch_all(statement, values)
    except (psycopg.DataError, OverflowError, sqlite3.DataError) as error:
        # the last line: a value that passed its field type and still does not fit the database's
        raise BadQuery("The query holds a value that is out of range.") from error
    except sqlite3.OperationalError as error:
        if "overflow" not in str(error):
            raise
        raise BadQuery("The sum is larger than the database can hold.", pointer="/measures") from error
