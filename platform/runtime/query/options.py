"""What a lookup may choose: the visible records its filter leaves, best matches of the typed text first."""

from collections.abc import Hashable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import CompiledField, Display
from tessera.runtime.fields.folding import ESCAPE, folded, like_pattern
from tessera.runtime.model import CompiledModule
from tessera.runtime.query import filter as filters
from tessera.runtime.query.access import QuerySession, Reader
from tessera.runtime.query.listing import row_conditions
from tessera.runtime.query.paths import check_visible, resolve, unknown_field
from tessera.runtime.query.plans import plan_for, run
from tessera.runtime.query.rows import title_reader
from tessera.runtime.query.search import BoundSearch, bind_search
from tessera.runtime.query.sources import Sources, names
from tessera.runtime.query.tree import Node, check_values, parse_filter
from tessera.runtime.values import Reference

MAX_OPTIONS = 100
MAX_TEXT = 200


class _Unmasked(Reader):
    """The definition's own eyes: a lookup's filter may speak of fields that the person does not see."""

    __slots__ = ()

    def sees(self, module: CompiledModule, field: str) -> bool:
        return True

    def may_read(self, module: CompiledModule) -> bool:
        return True


def options(
    session: QuerySession,
    module: CompiledModule,
    path: str,
    text: str = "",
    *,
    record: Mapping[str, Any] | None = None,
    limit: int = 20,
) -> list[Reference]:
    """Records that the lookup `path` ("customer", "lines.product") of `module` may choose, with their titles.

    With `text`, titles that begin with it first, then other matches, by title; without, the newest first. `record` is the one
    being edited: a filter's `{"$field": "customer"}` takes its value there; a condition whose field is still empty falls away.
    Raises `BadQuery` for a field that is unknown, hidden or no lookup.
    """
    if not 1 <= limit <= MAX_OPTIONS:
        raise BadQuery("limit is from 1 to {most}.", pointer="/limit", most=MAX_OPTIONS)
    reader = Reader(session)
    found = resolve(session.catalog, module, path, "/field")
    check_visible(reader, found, "/field")
    targets = found.field.type.references(found.field.definition, found.field.options)
    if not targets or any(hop.kind != "lines" for hop in found.hops):
        raise unknown_field(path, "/field")
    raw = _fill(getattr(found.field.options, "filter", None), record or {})
    chosen: list[Reference] = []
    for key in targets:
        target = session.catalog.modules.get(key)
        if target is not None and reader.may_read(target) and len(chosen) < limit:
            chosen += _Options(session, reader, target, text, raw).take(limit - len(chosen))
    return chosen


class _Options:
    """The options in one module."""

    def __init__(self, session: QuerySession, reader: Reader, target: CompiledModule, text: str, raw: Any) -> None:
        self.session, self.reader, self.target = session, reader, target
        node: Node | None = parse_filter(raw)
        self.filter = filters.bind(session.catalog, _Unmasked(session), target, node)
        self.text = " ".join(text.split()).lower()
        check_values(self.text, "/text")
        if len(self.text) > MAX_TEXT:
            raise BadQuery("A search has at most {limit} characters.", pointer="/text", limit=MAX_TEXT)
        title = target.title
        self.title: CompiledField | None = title if title.columns and reader.sees(target, title.key) else None
        self.search = bind_search(reader, target, self.text) if target.search_fields else BoundSearch()

    def take(self, limit: int) -> list[Reference]:
        context = self.session.context
        language = (context.locale, context.timezone)
        key: Hashable = ("options", self.target.key, self.filter.shape, self.search.shape, bool(self.text), limit, language)
        kept = plan_for(self.session, self.reader, key, lambda reader: self._make(reader, limit))
        statement, read_title, to_id = kept.plan
        values = {
            **self.filter.values,
            **self.search.values,
            **self.reader.values(kept.modules),
            "prefix": like_pattern(self.text, after="%"),
            "inside": like_pattern(self.text, before="%", after="%"),
        }
        rows = run(self.session, statement, values)
        return [Reference(to_id(row[0]), self.target.key, read_title(row)) for row in rows]

    def _make(self, reader: Reader, limit: int) -> Any:
        sources = Sources(reader, self.target, names())
        conditions = row_conditions(reader, sources, self.filter, BoundSearch())
        base = sources.base
        title = [] if self.title is None else list(base.columns(self.title))
        order: list[sa.ColumnElement[Any]] = [base.alias.c.id.desc()]
        if self.text:
            conditions.append(self._matching(base.alias, title))
            if title and self.title is not None:
                begins = sa.case((_like(title[0], "prefix"), sa.literal_column("0")), else_=sa.literal_column("1"))
                order = [begins, self.title.type.order_by(self.title, title), base.alias.c.id]
        statement = (
            sa.select(base.alias.c.id, *title)
            .select_from(sources.from_clause)
            .where(*conditions)
            .order_by(*order)
            .limit(sa.literal_column(str(limit)))
        )
        compiled = self.session.database.render(statement)
        display = Display(self.session.context.locale, self.session.context.timezone)
        read_title = title_reader(self.title, range(1, 1 + len(title)), compiled.results, self.session.database.dialect, display)
        return compiled, read_title, compiled.results[0] or _same

    def _matching(self, source: sa.FromClause, title: list[sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
        """Found by the index over searchable fields; by the title itself where that is not in it."""
        by_index = self.search.clause(source)
        in_index = self.title is not None and self.title.key in self.target.search_fields
        texts = [column for column in title if isinstance(column.type, sa.String)]
        if by_index is not None and (in_index or not texts):
            return by_index
        by_title = sa.or_(sa.false(), *[_like(column, "inside") for column in texts])
        return by_title if by_index is None else sa.or_(by_index, by_title)


def _like(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    return folded(column).like(sa.bindparam(parameter, type_=sa.Text()), escape=ESCAPE)


def _same(value: UUID) -> UUID:
    return value


def _fill(raw: Any, values: Mapping[str, Any]) -> Any:
    """The filter with `{"$field": …}` replaced from the record, without conditions on empty fields; None: nothing is left."""
    if not isinstance(raw, Mapping):
        return raw
    for kind in ("and", "or"):
        if kind in raw:
            left = [node for node in (_fill(child, values) for child in raw[kind]) if node is not None]
            return {kind: left} if left else None
    if "not" in raw:
        inner = _fill(raw["not"], values)
        return None if inner is None else {"not": inner}
    operand = raw.get("value")
    if isinstance(operand, Mapping) and set(operand) == {"$field"}:
        value = _plain(values.get(str(operand["$field"])))
        return None if value in (None, "", []) else {**raw, "value": value}
    return raw


def _plain(value: Any) -> Any:
    """A value of the record, however the form or the service holds it, as a filter's operand."""
    if isinstance(value, Reference):
        return str(value.id)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)
