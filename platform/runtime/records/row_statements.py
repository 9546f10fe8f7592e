"""The three statements that nearly every save runs on one row, rendered once for their shape and kept with the catalog."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.codec import codec_of
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.access import AccessShape, rule_values, shape_clause, shape_of
from tessera.runtime.session import Session
from tessera.storage.kept_statements import execute
from tessera.storage.statements import CompiledStatement
from tessera.storage.types import Uuid7

#: A row is changed in some of its columns: there may be many combinations, of which the usual ones are few.
MAX_KEPT = 2_000
_EDITABLE = "editable"


def insert_row(session: Session, module: CompiledModule, parameters: Mapping[str, Any]) -> None:
    """INSERT a row; `parameters` by column name."""
    names = tuple(sorted(parameters))
    columns = module.table.c

    def make() -> sa.Insert:
        return module.table.insert().values({name: sa.bindparam(name, type_=columns[name].type) for name in names})

    execute(session.connection, _kept(session, ("insert", module.key, names), make), parameters)


def update_row(session: Session, module: CompiledModule, record_id: UUID, parameters: Mapping[str, Any]) -> None:
    """UPDATE the columns `parameters` of one row."""
    names = tuple(sorted(parameters))
    columns = module.table.c

    def make() -> sa.Update:
        values = {name: sa.bindparam(f"new_{name}", type_=columns[name].type) for name in names}
        return module.table.update().where(columns.id == sa.bindparam("row_id", type_=Uuid7())).values(values)

    statement = _kept(session, ("update", module.key, names), make)
    execute(session.connection, statement, {"row_id": record_id, **{f"new_{n}": v for n, v in parameters.items()}})


def lock_row(session: Session, module: CompiledModule, record_id: UUID, *, deleted: bool) -> Sequence[Sequence[Any]]:
    """The visible row, locked: its codec's columns, its id and whether it may be changed. Empty when it is not there."""
    access = session.access(module)
    shape, editable = shape_of(access), AccessShape(True, type(access.editable), frozenset())

    def make() -> sa.Select[Any]:
        table = module.table
        may_change = shape_clause(editable, _EDITABLE, table)
        visible = shape_clause(shape, module.key, table)
        conditions = [
            table.c.id == sa.bindparam("row_id", type_=Uuid7()),
            table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None),
        ]
        columns = [*codec_of(module).columns, table.c.id, sa.true() if may_change is None else may_change]
        labelled = [column.label(f"c{place}") for place, column in enumerate(columns)]
        return sa.select(*labelled).where(*conditions, *([] if visible is None else [visible])).with_for_update(of=table)

    statement = _kept(session, ("lock", module.key, deleted, shape, editable), make)
    values = {"row_id": record_id, **rule_values(module.key, access.visible), **rule_values(_EDITABLE, access.editable)}
    return statement.rows(execute(session.connection, statement, values).fetchall())


def _kept(session: Session, key: Hashable, make: Callable[[], sa.sql.ClauseElement]) -> CompiledStatement:
    kept: dict[Hashable, CompiledStatement] = session.catalog.extras.setdefault("records.statements", {})
    found = kept.get(key)
    if found is None:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        found = kept[key] = session.database.render(make())
    return found
