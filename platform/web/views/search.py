"""Search over every module at once."""

from dataclasses import dataclass

from flask import Response

from tessera.metadata.definitions import ModuleDefinition
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session
from tessera.runtime.values import Query
from tessera.web.navigation import modules
from tessera.web.page import Page
from tessera.web.presenting import Link, Presenter
from tessera.web.shell import in_shell

_HITS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What one module has; `more` leads to its list with the same words ("" when these are all)."""

    definition: ModuleDefinition
    hits: list[tuple[Link, str]]
    more: str


def show(page: Page) -> Response:
    """GET /search"""
    words = page.request.args.get("q", "").strip()[:200]
    found: list[Found] = []
    if words:
        with page.tenant.session(page.context, write=False) as session:
            for definition in modules(page):
                module = page.catalog.module(definition.key)
                if module.search_fields:
                    one = _search(page, session, module, words)
                    found += [one] if one.hits else []
    return in_shell(page, "pages/search.html", place="search", words=words, found=found)


def _search(page: Page, session: Session, module: CompiledModule, words: str) -> Found:
    hidden = session.access(module).hidden_fields
    told = [
        key
        for key in module.definition.subtitle_fields
        if key in module.fields and key not in hidden and module.fields[key].columns
    ]
    title = module.title
    fields = tuple(dict.fromkeys(["id", *([] if title.key in hidden else [title.key]), *told]))
    result = session.records.query(module.key, Query(search=words, fields=fields, titles=True, limit=_HITS))
    presenter = Presenter(page, session)
    presenter.prepare(module, result.rows)
    hits = []
    for row in result.rows:
        name = presenter.shown(title, row.get(title.key), row).text
        texts = [presenter.shown(module.fields[key], row.get(key), row).text for key in told]
        hits.append((presenter.link(module.key, row["id"], name), " · ".join(text for text in texts if text)))
    more = page.url(f"/m/{module.key}", q=words, view="*") if result.next_cursor else ""
    return Found(module.definition, hits, more)
