"""Lists: views as tabs, search, filters as chips, sorting, totals, and pages that follow one another as one scrolls."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from flask import Response

from tessera.kernel.errors import BadQuery, NotFound
from tessera.metadata.definitions import ListView, ModuleDefinition
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.paths import resolve
from tessera.runtime.session import Session
from tessera.runtime.values import Aggregate, GroupKey, Measure, Query, Reference
from tessera.web.columns import Column, columns_of, label_of, needed_fields
from tessera.web.filtering import (
    PERIODS,
    Chip,
    Condition,
    chip,
    condition_from_form,
    filterable,
    joined,
    operators_for,
    own_conditions,
    read_conditions,
    to_text,
)
from tessera.web.page import Page
from tessera.web.presenting import Presenter, Shown, currency_field, result_of
from tessera.web.shell import in_shell
from tessera.web.views.record import deleted_toast

#: The address of a list without any of the module's views.
NO_VIEW = "*"
_SUMMED = frozenset({"money", "number"})
_MOST_CURRENCIES = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for. `query` is that address again, without the place in the pages."""

    view: ListView | None
    key: str
    search: str
    sort: tuple[str, ...]
    conditions: tuple[Condition, ...]

    @property
    def query(self) -> dict[str, Any]:
        return self.with_changes()

    def with_changes(self, **changes: Any) -> dict[str, Any]:
        """The parameters of the address with some of them changed; None takes one away."""
        now: dict[str, Any] = {
            "view": self.key or None,
            "q": self.search or None,
            "sort": ",".join(self.sort) if self.view is None or self.sort != self.view.sort else None,
            "f": [to_text(condition) for condition in self.conditions] or None,
        }
        now.update(changes)
        return {key: value for key, value in now.items() if value not in (None, "", [])}

    @property
    def filter(self) -> Any:
        return joined(self.view.filter if self.view is not None else None, self.conditions)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list."""

    id: str
    href: str
    cells: list[Shown]


def show(page: Page, module: str) -> Response:
    """GET /m/<module>: the whole page, or for htmx the rows that follow"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        asked = _asked(page, compiled.definition)
        columns = columns_of(page, session, compiled, asked.view.columns if asked.view is not None else ())
        rows, following = _rows(page, session, compiled, asked, columns)
        more = page.url(f"/m/{module}", **asked.with_changes(cursor=following)) if following else ""
        if page.is_partial and page.request.args.get("cursor"):
            return page.render("parts/rows.html", columns=columns, rows=rows, more=more)
        presenter = Presenter(page, session)
        fields = filterable(session, compiled)
        return in_shell(
            page,
            "pages/list.html",
            module=module,
            toasts=deleted_toast(page, compiled) if page.request.args.get("deleted") else [],
            definition=compiled.definition,
            asked=asked,
            views=list(compiled.definition.views.values()),
            no_view=NO_VIEW,
            columns=columns,
            sorting=_sorting(page, module, asked, columns),
            rows=rows,
            more=more,
            chips=_chips(page, presenter, compiled, asked),
            filter_fields=[(field.key, page.t(field.label)) for field in fields],
            may_create="create" in session.access(compiled).actions,
            is_first=not page.request.args.get("cursor"),
            cheapest=_cheapest(page, session, compiled, asked) if not rows and asked.conditions else None,
        )


def counts(page: Page, module: str) -> Response:
    """GET /m/<module>/counts: how many records each view has, fetched after the list itself"""
    compiled = page.catalog.module(module)
    found: dict[str, str] = {}
    with page.tenant.session(page.context, write=False) as session:
        for view in compiled.definition.views.values():
            query = Query(filter=view.filter, fields=("id",), limit=1, count="bounded")
            counted = session.records.query(module, query)
            found[view.key] = f"{counted.count:,}+" if counted.count_bounded else str(counted.count)
    asked = _asked(page, compiled.definition)
    views = list(compiled.definition.views.values())
    return page.render(
        "parts/views.html", definition=compiled.definition, views=views, asked=asked, counts=found, no_view=NO_VIEW
    )


def totals(page: Page, module: str) -> Response:
    """GET /m/<module>/totals: how many records the list has, and the sums of its columns"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        asked = _asked(page, compiled.definition)
        columns = columns_of(page, session, compiled, asked.view.columns if asked.view is not None else ())
        query = Query(filter=asked.filter, search=asked.search or None, fields=("id",), limit=1, count="exact")
        count = session.records.query(module, query).count or 0
        sums = _sums(page, session, compiled, asked, columns)
        return page.render("parts/totals.html", columns=columns, count=count, sums=sums)


def condition(page: Page, module: str) -> Response:
    """GET /m/<module>/condition: the operators and the control for filtering by one field"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        path = page.request.args.get("field", "")
        field = next((one for one in filterable(session, compiled) if one.key == path), None)
        if field is None:
            raise NotFound("There is no field {field}.", field=path[:100])
        operators = operators_for(field)
        chosen = next((one for one in operators if one.key == page.request.args.get("op")), operators[0])
        options = _target_options(page, session, compiled, path) if chosen.operand in ("one", "many") else []
        asked = _asked(page, compiled.definition)
        values: dict[str, Any] = {
            "definition": compiled.definition, "asked": asked, "field": field, "operators": operators, "operator": chosen,
            "options": options, "periods": PERIODS, "label": label_of(page, session.catalog, compiled, path), "problem": "",
            "kind": result_of(field)[0], "shown": Presenter(page, session).shown(field, None, {}),
        }  # fmt: skip
        if page.is_partial:
            return page.render("parts/condition.html", **values)
        return in_shell(page, "pages/condition.html", module=module, **values)


def add_condition(page: Page, module: str) -> Response:
    """GET /m/<module>/filter: the list with one more condition, made from a form"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        asked = _asked(page, compiled.definition)
        path, wanted = page.request.args.get("field", ""), page.request.args.get("op", "")
        field = next((one for one in filterable(session, compiled) if one.key == path), None)
        operator = next((one for one in operators_for(field) if one.key == wanted), None) if field is not None else None
        if field is None or operator is None:
            raise BadQuery("There is no field {field}.", field=path[:100])
        made = condition_from_form(page, field, path, operator)
    return page.redirect(f"/m/{module}", **asked.with_changes(f=[to_text(one) for one in (*asked.conditions, made)]))


def _asked(page: Page, definition: ModuleDefinition) -> Asked:
    args = page.request.args
    key = args.get("view", "")
    views = definition.views
    view = views.get(key)
    if view is None and key != NO_VIEW:
        view = next((one for one in views.values() if one.default), next(iter(views.values()), None))
    sort = tuple(part for part in args.get("sort", "").split(",") if part)[:3]
    return Asked(
        view=view,
        key=view.key if view is not None and key else (NO_VIEW if key == NO_VIEW else ""),
        search=args.get("q", "").strip()[:200],
        sort=sort or (view.sort if view is not None else ()),
        conditions=tuple(read_conditions(page)),
    )


def _rows(
    page: Page, session: Session, module: CompiledModule, asked: Asked, columns: list[Column]
) -> tuple[list[Row], str | None]:
    found = session.records.query(
        module.key,
        Query(
            filter=asked.filter,
            search=asked.search or None,
            sort=asked.sort or ("-id",),
            fields=needed_fields(columns),
            titles=True,
            limit=page.options.page_size,
            cursor=page.request.args.get("cursor") or None,
        ),
    )
    presenter = Presenter(page, session)
    presenter.prepare(module, found.rows)
    shown = [_row(page, presenter, module.key, columns, row) for row in found.rows]
    return shown, found.next_cursor


def _row(page: Page, presenter: Presenter, module: str, columns: list[Column], row: dict[str, Any]) -> Row:
    cells = []
    for column in columns:
        currency = row.get(column.currency_path) if column.currency_path else None
        code = currency.title or "" if isinstance(currency, Reference) else str(currency or "")
        cells.append(Shown(presenter, column.field, row.get(column.path), code))
    return Row(str(row["id"]), page.url(f"/m/{module}/{row['id']}"), cells)


def _sorting(page: Page, module: str, asked: Asked, columns: list[Column]) -> dict[str, tuple[str, str]]:
    """For each sortable column the address that sorts by it, and how it is sorted now (an `aria-sort` value or "")."""
    found: dict[str, tuple[str, str]] = {}
    first = asked.sort[0] if asked.sort else ""
    for column in columns:
        if column.sortable:
            now = {column.path: "ascending", f"-{column.path}": "descending"}.get(first, "")
            other = f"-{column.path}" if now == "ascending" else column.path
            found[column.path] = (page.url(f"/m/{module}", **asked.with_changes(sort=other)), now)
    return found


def _chips(page: Page, presenter: Presenter, module: CompiledModule, asked: Asked) -> list[Chip]:
    view = asked.view.filter if asked.view is not None else None
    chips = [chip(presenter, module, one, "") for one in own_conditions(view)]
    for one in asked.conditions:
        others = [to_text(other) for other in asked.conditions if other is not one]
        chips.append(chip(presenter, module, one, page.url(f"/m/{module.key}", **asked.with_changes(f=others))))
    return [one for one in chips if one is not None]


def _cheapest(page: Page, session: Session, module: CompiledModule, asked: Asked) -> tuple[str, str] | None:
    """Where nothing is found: the condition without which something is, and the address without it."""
    for one in asked.conditions:
        rest = tuple(other for other in asked.conditions if other is not one)
        query = Query(filter=joined(asked.view.filter if asked.view else None, rest), search=asked.search or None, limit=1)
        if session.records.query(module.key, query).rows:
            texts = [to_text(other) for other in rest]
            label = label_of(page, session.catalog, module, one["field"])
            return label, page.url(f"/m/{module.key}", **asked.with_changes(f=texts))
    return None


def _sums(page: Page, session: Session, module: CompiledModule, asked: Asked, columns: list[Column]) -> dict[str, list[str]]:
    """The sum of each column of amounts or counts, amounts apart by currency. One question for each currency field."""
    groups: dict[str | None, list[Column]] = defaultdict(list)
    for column in columns:
        if result_of(column.field)[0].widget in _SUMMED and "." not in column.path and _adds_up(column):
            groups[column.currency_path].append(column)
    presenter = Presenter(page, session)
    found: dict[str, list[str]] = {}
    for currency, some in groups.items():
        measures = tuple(Measure("sum", column.path, column.path) for column in some)
        by = (GroupKey(currency, name="currency"),) if currency else ()
        request = Aggregate(
            measures=measures, group_by=by, filter=asked.filter, search=asked.search or None, limit=_MOST_CURRENCIES
        )
        rows = session.records.aggregate(module.key, request)
        holder = resolve(session.catalog, module, currency).field if currency else None
        if holder is not None:
            targets = [
                pair for row in rows if row["currency"] is not None for pair in holder.type.targets(holder, row["currency"])
            ]
            for target, record_id in targets:
                presenter.look_up(target, [record_id])
        for column in some:
            texts = []
            for row in rows:
                code = ""
                if holder is not None and row["currency"] is not None:
                    code = holder.type.to_text(holder, row["currency"], presenter.display())
                if row[column.path] is not None:
                    texts.append(column.field.type.to_text(column.field, row[column.path], presenter.display(code)))
            found[column.path] = texts
    return found


def _adds_up(column: Column) -> bool:
    """Rates and ratings have no sum that means anything; amounts and quantities do."""
    kind = result_of(column.field)[0]
    return kind.key in ("money", "integer", "decimal") and (
        kind.key == "money" or bool(currency_field(column.field)) or _counts(column)
    )


def _counts(column: Column) -> bool:
    return column.field.type.key == "rollup" or column.field.definition.options.get("unit") is not None


def _target_options(page: Page, session: Session, module: CompiledModule, path: str) -> list[tuple[str, str]]:
    """What a lookup may be compared with, for a form: the first hundred by title."""
    field = module.fields[path]
    if not field.type.references(field.definition, field.options):
        return []
    several = len(field.type.references(field.definition, field.options)) > 1
    options = session.records.options(module.key, path, page.request.args.get("text", ""), limit=100)
    return [(f"{one.module}/{one.id}" if several else str(one.id), one.title or "") for one in options]
