"""All pages of this process: finds tenant, person and language of a request, and holds what is made once."""

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from flask import Request, Response, current_app, g
from structlog.contextvars import bind_contextvars
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException

from tessera.kernel.context import ANONYMOUS, Context
from tessera.kernel.errors import Forbidden, NotAuthenticated, TesseraError
from tessera.kernel.ids import uuid7
from tessera.kernel.messages import N_
from tessera.runtime.authentication import authentication_of
from tessera.runtime.runtime import Runtime
from tessera.runtime.tenancy import TenantResolver
from tessera.storage.control import UnknownTenant
from tessera.web.assets import Assets
from tessera.web.catalogues import PageTranslator, product_translator
from tessera.web.options import FORM_COOKIE, LANGUAGE_COOKIE, LANGUAGES, SESSION_COOKIE, WebOptions
from tessera.web.page import Page
from tessera.web.shell import Shell
from tessera.web.templating import make_environment

View = Callable[..., Response]
log = structlog.get_logger(__name__)
#: What a host says that no tenant claims.
NOBODY_HERE = N_("There is nobody at this address.")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

#: Pages load only what is ours, run no inline script or style, are framed by nobody and post nowhere else.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


class CsrfMissing(Forbidden):
    """Raised when a change does not carry the token of the session's forms."""

    code = "csrf_missing"
    message = "This page had been open for too long. Nothing was changed; try again."


class Broken(TesseraError):
    """Raised nowhere: how an unexpected fault is told."""

    code = "broken"
    status = 500


class Site:
    """Made once by the blueprint."""

    def __init__(self, runtime: Runtime, options: WebOptions) -> None:
        self.runtime = runtime
        self.options = options
        self.assets = Assets()
        self.environment = make_environment(self.assets)
        self._tenants = TenantResolver(runtime, options.default_tenant)

    def open(self, request: Request, tenant_prefix: str | None) -> Page:
        """The page of this request; anonymous when nobody is signed in. Raises `UnknownTenant`."""
        tenant = self._tenants.resolve(request.host, tenant_prefix)
        authentication = authentication_of(tenant)
        now = self.runtime.clock.now()
        cookie = request.cookies.get(SESSION_COOKIE)
        session = authentication.sessions.verify(cookie, now) if cookie else None
        principal, locale, timezone = ANONYMOUS, "", ""
        if session is not None:
            try:
                person = authentication.principals.person(session.user_id, now)
                principal, locale, timezone = person.principal, person.locale, person.timezone
            except NotAuthenticated:
                session = None
        language = _language(request, locale)
        token = request.cookies.get(FORM_COOKIE, "")
        context = Context(
            tenant=tenant.key,
            principal=principal,
            locale=language,
            timezone=timezone or tenant.catalog.timezone,
            face="web",
            clock=self.runtime.clock,
            request_id=str(g.get("request_id") or uuid7()),
        )
        bind_contextvars(tenant=tenant.key, principal=str(principal.id or principal.role))
        return Page(
            request=request,
            tenant=tenant,
            authentication=authentication,
            context=context,
            translator=PageTranslator(language, tenant.catalog.definitions.texts.get(language, {})),
            options=self.options,
            environment=self.environment,
            prefix=f"/t/{tenant_prefix}" if tenant_prefix else "",
            session=session,
            form_token=token or secrets.token_urlsafe(24),
            set_form_cookie=not token and session is None,
        )

    def answer(self, request: Request, view: View, arguments: dict[str, Any], *, public: bool) -> Response:
        """Run `view` for this request: sign-in first where it is needed, CSRF checked, errors as pages."""
        try:
            page = self.open(request, arguments.pop("tenant_prefix", None))
        except UnknownTenant as error:
            return Response(product_translator(_language(request, "")).gettext(NOBODY_HERE), error.status, mimetype="text/plain")
        bind_contextvars(tenant=page.tenant.key, principal=str(page.context.principal.id or "anonymous"))
        try:
            response = self._run(page, view, arguments, public=public)
        except TesseraError as error:
            response = self.refuse(page, error)
        except (HTTPException, SystemExit):
            raise
        except Exception:
            if current_app.testing:
                raise
            log.exception("page failed")
            response = self.refuse(page, Broken())
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    def _run(self, page: Page, view: View, arguments: dict[str, Any], *, public: bool) -> Response:
        request = page.request
        if not public and page.context.principal is ANONYMOUS:
            return _sign_in_first(page)
        if request.method not in _SAFE and not page.accepts_csrf():
            raise CsrfMissing()
        return view(page, **arguments)

    def refuse(self, page: Page, error: TesseraError) -> Response:
        """The page for an error, in plain words."""
        template = "parts/error.html" if page.is_partial else "pages/error.html"
        params = {k: page.translator.gettext(v) if isinstance(v, str) else v for k, v in error.params.items()}
        text = page.t(error.template, **params)
        shell = Shell(page) if page.context.principal is not ANONYMOUS else None
        return page.render(template, status=error.status, error=error, text=text, shell=shell)


def _sign_in_first(page: Page) -> Response:
    wanted = page.request.full_path.rstrip("?") if page.request.method == "GET" and not page.is_partial else None
    return page.redirect("/login", next=page.local_path(wanted) if wanted else None)


def _language(request: Request, chosen: str) -> str:
    """The person's own language, the one chosen on the sign-in page, or what the browser asks for."""
    cookie = request.cookies.get(LANGUAGE_COOKIE, "")
    for language in (chosen, cookie):
        if language in LANGUAGES:
            return language
    accepted: LanguageAccept = request.accept_languages
    return accepted.best_match(list(LANGUAGES), default="en") or "en"
