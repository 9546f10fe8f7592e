"""The first page: every module one may read, with what was changed last."""

from dataclasses import dataclass

from flask import Response

from tessera.metadata.definitions import ModuleDefinition
from tessera.runtime.values import Query
from tessera.web.navigation import access_to
from tessera.web.navigation import modules as navigation_modules
from tessera.web.page import Page
from tessera.web.presenting import Link, Presenter
from tessera.web.shell import in_shell

_RECENT = 5
_MOST_CARDS = 12


@dataclass(frozen=True, slots=True)
class Card:
    """A module with its latest records, and when each was changed."""

    definition: ModuleDefinition
    recent: list[tuple[Link, str]]
    may_create: bool


def show(page: Page) -> Response:
    """GET /"""
    cards = []
    with page.tenant.session(page.context, write=False) as session:
        presenter = Presenter(page, session)
        for definition in list(navigation_modules(page))[:_MOST_CARDS]:
            module = page.catalog.module(definition.key)
            title, changed = module.title, module.fields["updated_at"]
            if title.key in session.access(module).hidden_fields:
                continue
            query = Query(fields=("id", title.key, "updated_at"), sort=("-updated_at",), titles=True, limit=_RECENT)
            rows = session.records.query(definition.key, query).rows
            recent = [
                (
                    presenter.link(definition.key, row["id"], presenter.shown(title, row[title.key], row).text),
                    presenter.shown(changed, row["updated_at"], row).text,
                )
                for row in rows
            ]
            cards.append(Card(definition, recent, "create" in access_to(page, definition).actions))
        return in_shell(page, "pages/home.html", place="home", cards=cards)
