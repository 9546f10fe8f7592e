"""Listing records: filter, search, sort, page. One statement a page, one for a count, one for each kind of lines or links."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import Display
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query import filter as filters
from tessera.runtime.query import keyset
from tessera.runtime.query.access import QuerySession, Reader, require_readable
from tessera.runtime.query.apart import fetch_apart
from tessera.runtime.query.filter import BoundFilter
from tessera.runtime.query.keyset import SortKey
from tessera.runtime.query.paths import Path, check_visible, resolve
from tessera.runtime.query.plans import plan_for, run
from tessera.runtime.query.rows import Apart, Decode, Form, Selection, wish_for
from tessera.runtime.query.search import BoundSearch, bind_search
from tessera.runtime.query.sources import Sources, live_and_visible, names
from tessera.runtime.query.tree import parse_filter
from tessera.runtime.values import Page, Query
from tessera.storage.statements import CompiledStatement

MAX_LIMIT = 500
MAX_SORT_KEYS = 8
#: A bounded count stops here: "1,000+".
COUNT_BOUND = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class ListPlan:
    """A compiled page: its statement, how rows are read, and where the sort values stand in a driver row."""

    statement: CompiledStatement
    decode: Decode
    id_place: int
    sort_places: tuple[int, ...]
    apart: tuple[Apart, ...]


def query(session: QuerySession, module: CompiledModule, request: Query) -> Page:
    """A page of rows of values. Raises `BadQuery`, or `Forbidden` when the module may not be read at all."""
    return _Listing(session, module, request, "value").page()


def query_json(session: QuerySession, module: CompiledModule, request: Query) -> Page:
    """The same page with rows that orjson takes as they are (UUID, date and str among them)."""
    return _Listing(session, module, request, "json").page()


class _Listing:
    """One call of `query`."""

    def __init__(self, session: QuerySession, module: CompiledModule, request: Query, form: Form) -> None:
        require_readable(session, module)
        self.session, self.module, self.request, self.form = session, module, request, form
        self.catalog = session.catalog
        self.context = session.context
        self.reader = Reader(session)
        self.limit = _checked_limit(request.limit)
        self.sort = sort_paths(self.catalog, self.reader, module, request.sort)
        self.filter = filters.bind(self.catalog, self.reader, module, parse_filter(request.filter))
        self.search = bind_search(self.reader, module, request.search)
        self.mark = keyset.fingerprint(module.key, request.sort)
        self.values: dict[str, Any] = {**self.filter.values, **self.search.values}

    def page(self) -> Page:
        plan_key, cursor = self._key()
        kept = plan_for(self.session, self.reader, plan_key, self._make(cursor))
        plan = kept.plan
        values = {**self.values, **self.reader.values(kept.modules)}
        if cursor is not None:
            values |= keyset.cursor_values(cursor)
        found = run(self.session, plan.statement, values)
        more = len(found) > self.limit
        if more:
            found = found[: self.limit]
        rows = [plan.decode(row) for row in found]
        if plan.apart and found:
            fetch_apart(
                self.session,
                self.reader,
                self.module,
                [row[plan.id_place] for row in found],
                rows,
                wanted=plan.apart,
                form=self.form,
            )
        next_cursor = keyset.encode_cursor(self.mark, [found[-1][place] for place in plan.sort_places]) if more else None
        count, bounded = self._count(len(rows), is_whole=cursor is None and not more)
        return Page(rows, next_cursor, count, bounded)

    def _key(self) -> tuple[Hashable, list[Any] | None]:
        request = self.request
        cursor = None
        if request.cursor is not None:
            kinds = [keyset.driver_kind(key.expression.type, self.session.database.dialect) for key in self._bare_sort_keys()]
            cursor = keyset.decode_cursor(request.cursor, self.mark, kinds)
        empty = None if cursor is None else tuple([value is None for value in cursor])
        language = (self.context.locale, self.context.timezone) if request.titles or request.expand else None
        key = (
            "list", self.module.key, self.form, self.filter.shape, self.search.shape, request.sort, request.fields,
            request.expand, request.titles, self.limit, request.deleted, empty, language,
        )  # fmt: skip
        return key, cursor

    def _bare_sort_keys(self) -> list[SortKey]:
        """The sort keys over the tables themselves: enough to know their types."""
        return [
            SortKey(path.field.type.order_by(path.field, path.field.columns), descending, nullable)
            for path, descending, nullable in self.sort
        ]

    def _make(self, cursor: list[Any] | None) -> Callable[[Reader], ListPlan]:
        def make(reader: Reader) -> ListPlan:
            request, catalog = self.request, self.catalog
            wish = wish_for(catalog, reader, self.module, fields=request.fields, expand=request.expand, titles=request.titles)
            sources = Sources(reader, self.module, names())
            keys = sort_keys(self.sort, sources)
            conditions = self._conditions(reader, sources)
            if cursor is not None:
                conditions.append(keyset.after(keys, [value is None for value in cursor]))
            selection = Selection(catalog, reader)
            selection.take(wish.keys, sources)
            id_place = selection.add(sources.base.alias.c.id)
            sort_places = tuple([selection.add(key.expression) for key in keys])
            statement = (
                sa.select(*selection.labelled())
                .select_from(sources.from_clause)
                .where(*conditions)
                .order_by(*keyset.order_clauses(keys))
                .limit(sa.literal_column(str(self.limit + 1)))
            )
            compiled = self.session.database.render(statement)
            display = Display(self.context.locale, self.context.timezone)
            decode = selection.decoder(compiled.results, self.form, self.session.database.dialect, display)
            return ListPlan(compiled, decode, id_place, sort_places, tuple(wish.apart.values()))

        return make

    def _conditions(self, reader: Reader, sources: Sources) -> list[sa.ColumnElement[bool]]:
        return row_conditions(reader, sources, self.filter, self.search, deleted=self.request.deleted)

    def _count(self, seen: int, *, is_whole: bool) -> tuple[int | None, bool]:
        request = self.request
        if request.count == "none":
            return None, False
        if is_whole:
            return seen, False
        bounded = request.count == "bounded"
        key = ("count", self.module.key, self.filter.shape, self.search.shape, request.deleted, bounded)
        kept = plan_for(self.session, self.reader, key, lambda reader: self._make_count(reader, bounded=bounded))
        counted: int = run(self.session, kept.plan, {**self.values, **self.reader.values(kept.modules)})[0][0]
        if bounded and counted > COUNT_BOUND:
            return COUNT_BOUND, True
        return counted, False

    def _make_count(self, reader: Reader, *, bounded: bool) -> CompiledStatement:
        sources = Sources(reader, self.module, names())
        conditions = self._conditions(reader, sources)
        if not bounded:
            return self.session.database.render(sa.select(sa.func.count()).select_from(sources.from_clause).where(*conditions))
        some: sa.Select[Any] = sa.select(sa.literal_column("1").label("one")).select_from(sources.from_clause).where(*conditions)
        return self.session.database.render(
            sa.select(sa.func.count()).select_from(some.limit(sa.literal_column(str(COUNT_BOUND + 1))).subquery("some"))
        )


def row_conditions(
    reader: Reader, sources: Sources, bound: BoundFilter, search: BoundSearch, *, deleted: bool = False
) -> list[sa.ColumnElement[bool]]:
    """What a row must fulfil: policy, recycle bin, filter and search. Joins what the filter needs."""
    base = sources.base
    conditions = live_and_visible(reader, base.module, base.alias)
    if deleted:
        conditions[0] = base.alias.c.deleted_at.is_not(None)
    filtered = filters.clause(bound, sources, reader.context)
    if filtered is not None:
        conditions.append(filtered)
    searched = search.clause(base.alias)
    if searched is not None:
        conditions.append(searched)
    return conditions


SortPath = tuple[Path, bool, bool]


def sort_paths(catalog: Catalog, reader: Reader, module: CompiledModule, sort: Sequence[str]) -> list[SortPath]:
    """The sort keys as (path, descending, nullable), closed by the id in the direction of the last. Raises `BadQuery`."""
    if len(sort) > MAX_SORT_KEYS:
        raise BadQuery("A list is sorted by at most {limit} fields.", pointer="/sort", limit=MAX_SORT_KEYS)
    found: list[SortPath] = []
    descending = False
    for index, key in enumerate(sort):
        pointer = f"/sort/{index}"
        descending, name = key.startswith("-"), key.removeprefix("-")
        path = resolve(catalog, module, name, pointer)
        check_visible(reader, path, pointer)
        path = _by_title(catalog, reader, module, path)
        if path.is_many or not path.field.columns or not path.field.type.sortable:
            raise BadQuery("{field} cannot be sorted by.", pointer=pointer, field=repr(name))
        found.append((path, descending, bool(path.hops) or path.field.specs[0].nullable))
        if not path.hops and path.field.key == "id":
            return found
    found.append((resolve(catalog, module, "id"), descending, False))
    return found


def _by_title(catalog: Catalog, reader: Reader, module: CompiledModule, path: Path) -> Path:
    """A lookup is sorted by what it shows: the title of the record it points to, where the reader may know that field."""
    targets = path.field.type.references(path.field.definition, path.field.options)
    if path.is_many or len(targets) != 1 or not path.field.columns:
        return path
    title = catalog.module(targets[0]).title
    if title.key == "id" or not title.type.sortable:
        return path
    longer = resolve(catalog, module, f"{path.text}.{title.key}")
    try:
        check_visible(reader, longer)
    except BadQuery:
        return path
    return longer


def sort_keys(paths: Sequence[SortPath], sources: Sources) -> list[SortKey]:
    """The sort keys over `sources`, which gains the joins they need."""
    keys: list[SortKey] = []
    for path, descending, nullable in paths:
        scope = sources.base
        for hop in path.hops:
            scope = sources.to_one(scope, hop)
        expression = path.field.type.order_by(path.field, scope.columns(path.field))
        keys.append(SortKey(expression, descending, nullable))
    return keys


def _checked_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise BadQuery("limit is from 1 to {most}.", pointer="/limit", most=MAX_LIMIT)
    return limit
