"""Line tables and links of the rows of a page: one statement for each kind, however many rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from tessera.runtime.fields.base import Display
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.access import QuerySession, Reader
from tessera.runtime.query.keyset import DriverValue
from tessera.runtime.query.paths import target_of
from tessera.runtime.query.plans import plan_for, run
from tessera.runtime.query.rows import Apart, Decode, Form, Selection, title_reader, wish_for
from tessera.runtime.query.sources import Sources, live_and_visible, names
from tessera.runtime.values import Reference, Row
from tessera.storage.statements import CompiledStatement


@dataclass(frozen=True, slots=True, eq=False)
class ApartPlan:
    """A statement whose rows belong to the record in column `parent_place`."""

    statement: CompiledStatement
    decode: Decode
    parent_place: int


def fetch_apart(
    session: QuerySession,
    reader: Reader,
    module: CompiledModule,
    ids: Sequence[Any],
    rows: Sequence[Row],
    *,
    wanted: Sequence[Apart],
    form: Form,
) -> None:
    """Put lines and links into `rows`, whose ids as the driver gave them are `ids`."""
    by_id = dict(zip(ids, rows, strict=True))
    parents = list(ids) if session.database.dialect == "postgresql" else orjson.dumps(list(ids)).decode()
    for apart in wanted:
        for row in rows:
            row[apart.key] = []
        key = ("apart", module.key, apart.key, apart.expand, apart.titles, form, session.context.locale, session.context.timezone)
        kept = plan_for(session, reader, key, partial(_make, session, module, apart, form))
        plan: ApartPlan = kept.plan
        for found in run(session, plan.statement, {"parents": parents, **reader.values(kept.modules)}):
            by_id[found[plan.parent_place]][apart.key].append(plan.decode(found))


def _make(session: QuerySession, module: CompiledModule, apart: Apart, form: Form, reader: Reader) -> ApartPlan:
    make = _lines if apart.key in module.lines else _links
    return make(session, reader, module, apart, form)


def _lines(session: QuerySession, reader: Reader, module: CompiledModule, apart: Apart, form: Form) -> ApartPlan:
    table = module.lines[apart.key]
    wish = wish_for(session.catalog, reader, table, fields=None, expand=apart.expand, titles=apart.titles)
    sources = Sources(reader, table, names())
    selection = Selection(session.catalog, reader)
    selection.take(wish.keys, sources)
    base = sources.base.alias
    parent_place = selection.add(base.c.parent_id)
    statement = (
        sa.select(*selection.labelled())
        .select_from(sources.from_clause)
        .where(among(base.c.parent_id, session.database.dialect))
        .order_by(base.c.parent_id, base.c.position, base.c.id)
    )
    compiled = session.database.render(statement)
    display = Display(session.context.locale, session.context.timezone)
    return ApartPlan(compiled, selection.decoder(compiled.results, form, session.database.dialect, display), parent_place)


def _links(session: QuerySession, reader: Reader, module: CompiledModule, apart: Apart, form: Form) -> ApartPlan:
    field = module.fields[apart.key]
    link = module.links[apart.key].alias("link")
    target = target_of(session.catalog, field)
    columns: list[sa.ColumnElement[Any]] = [link.c.record_id, link.c.target_id]
    origin: sa.FromClause = link
    title = None
    if apart.titles and target is not None and reader.may_read(target):
        behind = target.table.alias("target")
        origin = link.outerjoin(behind, sa.and_(behind.c.id == link.c.target_id, *live_and_visible(reader, target, behind)))
        if reader.sees(target, target.title.key):
            title = target.title
            columns += [behind.c[column.name] for column in title.columns]
    statement = (
        sa.select(*columns)
        .select_from(origin)
        .where(among(link.c.record_id, session.database.dialect))
        .order_by(link.c.record_id, link.c.position, link.c.target_id)
    )
    compiled = session.database.render(statement)
    to_id = compiled.results[1] if form == "value" else None
    if not apart.titles or target is None:
        return ApartPlan(compiled, lambda row: row[1] if to_id is None else to_id(row[1]), 0)
    display = Display(session.context.locale, session.context.timezone)
    read_title = title_reader(title, range(2, len(columns)), compiled.results, session.database.dialect, display)

    def reference(row: Sequence[Any]) -> Any:
        target_id = row[1] if to_id is None else to_id(row[1])
        if form == "value":
            return Reference(target_id, target.key, read_title(row))
        return {"id": target_id, "module": target.key, "title": read_title(row)}

    return ApartPlan(compiled, reference, 0)


def among(column: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[bool]:
    """`column` is one of the parameter `parents`: an array on PostgreSQL, a JSON list on SQLite. One text for any number."""
    parents = sa.bindparam("parents", type_=DriverValue())
    if dialect == "postgresql":
        return column == sa.any_(parents)
    return column.in_(sa.select(sa.column("value")).select_from(sa.func.json_each(parents)))
