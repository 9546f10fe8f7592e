"""Reading one record: one statement, and one more for each line table and multi_lookup that is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.errors import NotFound
from tessera.runtime.fields.base import Display
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.access import QuerySession, Reader, require_readable
from tessera.runtime.query.apart import fetch_apart
from tessera.runtime.query.plans import plan_for, run
from tessera.runtime.query.rows import Apart, Decode, Form, Selection, wish_for
from tessera.runtime.query.sources import Sources, live_and_visible, names
from tessera.runtime.values import Row
from tessera.storage.statements import CompiledStatement
from tessera.storage.types import Uuid7


@dataclass(frozen=True, slots=True, eq=False)
class GetPlan:
    """A compiled read of one record."""

    statement: CompiledStatement
    decode: Decode
    id_place: int
    apart: tuple[Apart, ...]


def get(
    session: QuerySession,
    module: CompiledModule,
    record_id: UUID,
    *,
    fields: Sequence[str] | None = None,
    expand: Sequence[str] = (),
    titles: bool = False,
    deleted: bool = False,
) -> Row:
    """The record as values, with lines and links unless `fields` leaves them out. `deleted` looks into the recycle bin instead.

    Raises `NotFound` when it is not there or not visible, `BadQuery` for field names that are unknown or hidden.
    """
    return _read(session, module, record_id, fields, expand, form="value", titles=titles, deleted=deleted)


def get_json(
    session: QuerySession,
    module: CompiledModule,
    record_id: UUID,
    *,
    fields: Sequence[str] | None = None,
    expand: Sequence[str] = (),
    titles: bool = False,
    deleted: bool = False,
) -> Row:
    """The same record in JSON form: orjson takes it as it is."""
    return _read(session, module, record_id, fields, expand, form="json", titles=titles, deleted=deleted)


def _read(
    session: QuerySession,
    module: CompiledModule,
    record_id: UUID,
    fields: Sequence[str] | None,
    expand: Sequence[str],
    *,
    form: Form,
    titles: bool,
    deleted: bool,
) -> Row:
    require_readable(session, module)
    reader = Reader(session)
    wanted = None if fields is None else tuple(fields)
    expand = tuple(expand)
    language = (session.context.locale, session.context.timezone) if titles or expand else None
    key = ("get", module.key, form, wanted, expand, titles, deleted, language)

    def make(fresh: Reader) -> GetPlan:
        wish = wish_for(session.catalog, fresh, module, fields=wanted, expand=expand, titles=titles, everything=True)
        sources = Sources(fresh, module, names())
        selection = Selection(session.catalog, fresh)
        selection.take(wish.keys, sources)
        base = sources.base.alias
        id_place = selection.add(base.c.id)
        conditions = live_and_visible(fresh, module, base)
        if deleted:
            conditions[0] = base.c.deleted_at.is_not(None)
        statement = (
            sa.select(*selection.labelled())
            .select_from(sources.from_clause)
            .where(base.c.id == sa.bindparam("id", type_=Uuid7()), *conditions)
        )
        compiled = session.database.render(statement)
        display = Display(session.context.locale, session.context.timezone)
        decode = selection.decoder(compiled.results, form, session.database.dialect, display)
        return GetPlan(compiled, decode, id_place, tuple(wish.apart.values()))

    kept = plan_for(session, reader, key, make)
    plan: GetPlan = kept.plan
    found = run(session, plan.statement, {"id": record_id, **reader.values(kept.modules)})
    if not found:
        raise NotFound()
    row: Row = plan.decode(found[0])
    if plan.apart:
        fetch_apart(session, reader, module, [found[0][plan.id_place]], [row], wanted=plan.apart, form=form)
    return row
