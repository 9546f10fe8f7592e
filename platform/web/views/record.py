"""The page of one record, what hangs on it, and taking it away and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response

from tessera.kernel.errors import TesseraError
from tessera.kernel.messages import N_
from tessera.metadata.definitions import RelatedList
from tessera.runtime.model import CompiledModule
from tessera.runtime.related import pointing_here, related_lists
from tessera.runtime.session import Session
from tessera.runtime.values import Query, Row
from tessera.web.arrangement import arrangement, layout_of
from tessera.web.columns import Column, columns_of, needed_fields
from tessera.web.filtering import to_text
from tessera.web.page import Page
from tessera.web.presenting import Presenter, Shown
from tessera.web.shell import Toast, in_shell
from tessera.web.timeline import timeline

_RELATED_ROWS = 5


@dataclass(frozen=True, slots=True)
class Related:
    """A related list on the page of a record. `more` leads to all of them, `new` to a form with the lookup filled."""

    key: str
    label: str
    module: CompiledModule
    columns: list[Column]
    rows: list[tuple[str, list[Shown]]]
    count: int
    bounded: bool
    more: str
    new: str


def show(page: Page, module: str, record: UUID) -> Response:
    """GET /m/<module>/<record>"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        row = session.records.get(module, record, titles=True)
        presenter = Presenter(page, session)
        presenter.prepare(compiled, [row])
        access = session.access(compiled)
        visibility = session.records.visibility(module, row)
        tabs = [tab for tab in arrangement(compiled, access) if tab.key not in visibility.hidden_parts]
        highlights = [
            compiled.fields[key]
            for key in layout_of(compiled).highlights
            if key in compiled.fields and key not in access.hidden_fields and key not in visibility.hidden
        ]
        subtitle = [
            presenter.shown(compiled.fields[key], row.get(key), row)
            for key in compiled.definition.subtitle_fields
            if key in compiled.fields and key not in access.hidden_fields
        ]
        values: dict[str, Any] = {
            "definition": compiled.definition,
            "compiled": compiled,
            "row": row,
            "title": title_of(presenter, compiled, row),
            "subtitle": subtitle,
            "presenter": presenter,
            "tabs": tabs,
            "current_tab": page.request.args.get("tab") or (tabs[0].key if tabs else "changes"),
            "visibility": visibility,
            "highlights": highlights,
            "access": access,
            "may_edit": may_edit(session, compiled, row),
            "has_related": bool(_related_lists(session, compiled)),
            "related": _related(page, session, compiled, record) if page.request.args.get("tab") == "related" else None,
            "days": timeline(page, session, compiled, record) if page.request.args.get("tab") == "changes" else None,
        }
        return in_shell(page, "pages/record.html", module=module, toasts=_toasts(page), **values)


def related(page: Page, module: str, record: UUID) -> Response:
    """GET /m/<module>/<record>/related: the related lists, fetched when the record is already there to read"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        session.records.get(module, record, fields=("id",))
        return page.render("parts/related.html", related=_related(page, session, compiled, record))


def changes(page: Page, module: str, record: UUID) -> Response:
    """GET /m/<module>/<record>/changes: the timeline"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        return page.render("parts/timeline.html", days=timeline(page, session, compiled, record))


def delete(page: Page, module: str, record: UUID) -> Response:
    """POST /m/<module>/<record>/delete: to the recycle bin, with a way back in the notice"""
    page.tenant.transact(page.context, lambda session: session.records.delete(module, record))
    return page.redirect(f"/m/{module}", deleted=record)


def restore(page: Page, module: str, record: UUID) -> Response:
    """POST /m/<module>/<record>/restore"""
    page.tenant.transact(page.context, lambda session: session.records.restore(module, record))
    return page.redirect(f"/m/{module}/{record}", restored=1)


def purge(page: Page, module: str, record: UUID) -> Response:
    """POST /m/<module>/<record>/purge: for good"""
    page.tenant.transact(page.context, lambda session: session.records.purge(module, record))
    return page.redirect("/bin", module=module, purged=1)


def title_of(presenter: Presenter, module: CompiledModule, row: Row) -> str:
    """What the record is called, as far as the reader may know."""
    field = module.title
    if field.key in presenter.session.access(module).hidden_fields:
        return presenter.page.t(module.definition.label)
    shown = presenter.shown(field, row.get(field.key), row)
    return shown.text or presenter.page.t("{module} without a name", module=presenter.page.t(module.definition.label))


def may_edit(session: Session, module: CompiledModule, row: Row) -> bool:
    """Whether to offer editing. Only saving decides; this spares a click that would be refused."""
    access = session.access(module)
    if "update" not in access.actions:
        return False
    owner = row.get("owner")
    user = getattr(access.editable, "user", None)
    return user is None or getattr(owner, "id", owner) == user


def _toasts(page: Page) -> list[Toast]:
    told = {
        "saved": N_("Saved."),
        "created": N_("Created."),
        "restored": N_("Restored from the recycle bin."),
    }
    return [Toast(page.t(text)) for key, text in told.items() if page.request.args.get(key)]


def _related_lists(session: Session, module: CompiledModule) -> Mapping[str, RelatedList]:
    """The related lists that the reader may see anything of."""
    found: dict[str, RelatedList] = {}
    arranged = next(iter(module.definition.layouts.values()), None)
    for key, entry in related_lists(session.catalog, module, arranged).items():
        target = session.catalog.modules.get(entry.module)
        if target is None or entry.field not in target.fields:
            continue
        access = session.access(target)
        if "read" in access.actions and entry.field not in access.hidden_fields:
            found[key] = entry
    return found


def _related(page: Page, session: Session, module: CompiledModule, record: UUID) -> list[Related]:
    return [_related_list(page, session, entry, record) for entry in _related_lists(session, module).values()]


def _related_list(page: Page, session: Session, entry: RelatedList, record: UUID) -> Related:
    target = session.catalog.modules[entry.module]
    columns = columns_of(page, session, target, entry.columns)[:4]
    condition = pointing_here(target.fields[entry.field], record)
    query = Query(
        filter=condition, sort=entry.sort, fields=needed_fields(columns), titles=True, limit=_RELATED_ROWS, count="bounded"
    )
    found = session.records.query(entry.module, query)
    presenter = Presenter(page, session)
    presenter.prepare(target, found.rows)
    rows = [
        (page.url(f"/m/{entry.module}/{row['id']}"), [presenter.shown(c.field, row.get(c.path), row) for c in columns])
        for row in found.rows
    ]
    may_create = "create" in session.access(target).actions
    return Related(
        key=entry.key,
        label=page.t(entry.label or target.definition.label_plural),
        module=target,
        columns=columns,
        rows=rows,
        count=found.count or 0,
        bounded=found.count_bounded,
        more=page.url(f"/m/{entry.module}", f=to_text(condition), view="*"),
        new=page.url(f"/m/{entry.module}/new", **{entry.field: record}) if may_create else "",
    )


def deleted_toast(page: Page, module: CompiledModule) -> list[Toast]:
    """The notice after a deletion, with Undo."""
    try:
        record = UUID(page.request.args.get("deleted", ""))
        with page.tenant.session(page.context, write=False) as session:
            row = session.records.get(module.key, record, titles=True, deleted=True)
            title = title_of(Presenter(page, session), module, row)
    except (ValueError, TesseraError):
        return []
    return [Toast(page.t("{title} was moved to the recycle bin.", title=title), page.url(f"/m/{module.key}/{record}/restore"))]
