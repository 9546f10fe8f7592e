"""The recycle bin: what was deleted, by module, with the way back."""

from dataclasses import dataclass

from flask import Response

from tessera.runtime.values import Query
from tessera.web.navigation import modules
from tessera.web.page import Page
from tessera.web.presenting import Presenter
from tessera.web.shell import Toast, in_shell
from tessera.web.views.record import title_of


@dataclass(frozen=True, slots=True)
class Gone:
    """A deleted record."""

    id: str
    title: str
    changed: str


def show(page: Page) -> Response:
    """GET /bin"""
    known = list(modules(page))
    wanted = page.request.args.get("module", "")
    current = next((one for one in known if one.key == wanted), known[0] if known else None)
    gone: list[Gone] = []
    following, actions = None, frozenset[str]()
    if current is not None:
        module = page.catalog.module(current.key)
        with page.tenant.session(page.context, write=False) as session:
            actions = session.access(module).actions
            cursor = page.request.args.get("cursor") or None
            query = Query(deleted=True, sort=("-updated_at",), titles=True, limit=page.options.page_size, cursor=cursor)
            found = session.records.query(current.key, query)
            presenter = Presenter(page, session)
            presenter.prepare(module, found.rows)
            changed = module.fields["updated_at"]
            gone = [
                Gone(str(row["id"]), title_of(presenter, module, row), presenter.shown(changed, row.get("updated_at"), row).text)
                for row in found.rows
            ]
            following = found.next_cursor
    return in_shell(
        page,
        "pages/bin.html",
        place="bin",
        toasts=[Toast(page.t("Deleted for good."))] if page.request.args.get("purged") else [],
        modules=known,
        current=current,
        gone=gone,
        more=page.url("/bin", module=wanted or None, cursor=following) if following else "",
        actions=actions,
    )
