"""One request of one person: who they are, where, in which language, and how an answer is made."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Request, Response
from jinja2 import Environment

from tessera.kernel.context import Context
from tessera.kernel.errors import Problem
from tessera.kernel.messages import render
from tessera.runtime.authentication import Authentication
from tessera.runtime.fields.base import Display
from tessera.runtime.model import Catalog
from tessera.runtime.runtime import TenantRuntime
from tessera.security.sessions import WebSession
from tessera.web.catalogues import PageTranslator
from tessera.web.options import FORM_COOKIE, WebOptions


@dataclass(slots=True)
class Page:
    """Made by `Site.open`. `prefix` stands before every local address (`/t/demo`, or nothing)."""

    request: Request
    tenant: TenantRuntime
    authentication: Authentication
    context: Context
    translator: PageTranslator
    options: WebOptions
    environment: Environment
    prefix: str
    session: WebSession | None
    form_token: str
    set_form_cookie: bool = False

    @property
    def catalog(self) -> Catalog:
        return self.tenant.catalog

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def csrf(self) -> str:
        """What every form sends back."""
        return self.session.csrf if self.session is not None else self.form_token

    def accepts_csrf(self) -> bool:
        """Whether the request carries the token, in the form or (scripts) in a header."""
        sent = self.request.headers.get("X-CSRF-Token") or self.request.form.get("csrf", "")
        if self.session is not None:
            return self.session.accepts_csrf(sent)
        return bool(self.form_token) and secrets.compare_digest(self.form_token.encode(), sent.encode())

    def t(self, message: str, **params: Any) -> str:
        """`message` in the reader's language, its placeholders filled."""
        return render(self.translator, message, params)

    def n(self, singular: str, plural: str, count: int, **params: Any) -> str:
        """The plural form for `count`, which is also a placeholder."""
        return self.translator.ngettext(singular, plural, count).format(count=count, **params)

    def within(self, label: str) -> str:
        """A label inside a sentence: "New sales order". What is not written small there (VAT, 订单) stays as it is."""
        text = self.translator.gettext(label)
        return text[0].lower() + text[1:] if text[1:2].islower() else text

    def problem(self, problem: Problem) -> str:
        """What is wrong, for people: labels among the parameters are translated too."""
        params = {k: self.translator.gettext(v) if isinstance(v, str) else v for k, v in problem.params.items()}
        return render(self.translator, problem.message, params)

    def url(self, path: str, **query: Any) -> str:
        """A local address with its query; parameters that are None are left out."""
        given = {key: value for key, value in query.items() if value is not None}
        return f"{self.prefix}{path}" + (f"?{urlencode(given, doseq=True)}" if given else "")

    def display(self, *, currency: str = "", title_of: Callable[[str, UUID], str] | None = None) -> Display:
        """How values are shown to this reader."""
        return Display(
            locale=self.context.locale,
            timezone=self.context.timezone,
            translator=self.translator,
            title_of=title_of,
            currency=currency or self.catalog.base_currency,
        )

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page, or a part of one, as an answer that nobody keeps."""
        text = self.environment.get_template(template).render(page=self, t=self.t, n=self.n, url=self.url, **values)
        response = Response(text, status, mimetype="text/html")
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "HX-Request"
        if self.set_form_cookie:
            response.set_cookie(
                FORM_COOKIE, self.form_token, httponly=True, samesite="Lax", secure=self.options.secure_cookies, path="/"
            )
        return response

    def redirect(self, path: str, **query: Any) -> Response:
        """Go to a local address after a change (303: the browser asks anew)."""
        where = self.url(path, **query)
        if self.is_partial:
            return Response("", 204, headers={"HX-Redirect": where})
        return Response("", 303, headers={"Location": where})

    def local_path(self, wanted: str | None, default: str = "/") -> str:
        """`wanted` when it is a path of this site, else `default`: nobody is sent elsewhere by a link that looks like ours."""
        if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\") or any(ord(c) < 33 for c in wanted):
            return default
        return wanted.removeprefix(self.prefix) or "/"
