"""Signing in and out, and the language of those who are not known yet."""

from datetime import timedelta

from flask import Response

from tessera.kernel.context import ANONYMOUS
from tessera.kernel.errors import NotAuthenticated
from tessera.security.errors import AccountLocked, LoginFailed
from tessera.security.sessions import LIFETIME, close_session, open_session
from tessera.web.options import LANGUAGE_COOKIE, LANGUAGES, SESSION_COOKIE
from tessera.web.page import Page

_A_YEAR = timedelta(days=365)


def show(page: Page) -> Response:
    """GET /login"""
    if page.context.principal is not ANONYMOUS:
        return page.redirect(page.local_path(page.request.args.get("next")))
    return _form(page)


def sign_in(page: Page) -> Response:
    """POST /login"""
    form, now = page.request.form, page.context.now()
    login, password = form.get("login", "")[:200], form.get("password", "")[:1000]
    try:
        user_id = page.authentication.credentials.verify(login, password, now)
        page.authentication.principals.find(user_id, now)
    except AccountLocked as locked:
        return _form(page, login, page.t(locked.template, **locked.params), status=locked.status)
    except LoginFailed as failed:
        return _form(page, login, page.t(failed.template), status=422)
    except NotAuthenticated as refused:
        return _form(page, login, page.t(refused.template), status=403)
    address, device = page.request.remote_addr or "", page.request.user_agent.string
    with page.tenant.database.writing() as connection:
        opened = open_session(connection, user_id, now, address=address, device=device)
    response = page.redirect(page.local_path(form.get("next")))
    kept = LIFETIME if form.get("keep") else None
    response.set_cookie(
        SESSION_COOKIE, opened.cookie, max_age=kept, httponly=True, samesite="Lax", secure=page.options.secure_cookies, path="/"
    )
    return response


def sign_out(page: Page) -> Response:
    """POST /logout"""
    if page.session is not None:
        with page.tenant.database.writing() as connection:
            close_session(connection, page.session.token_hash)
        page.authentication.sessions.forget(page.session.token_hash)
    response = page.redirect("/login")
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


def choose_language(page: Page) -> Response:
    """POST /language: for the sign-in page, kept by the browser"""
    chosen = page.request.form.get("language", "")
    response = page.redirect(page.local_path(page.request.form.get("next"), "/login"))
    if chosen in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=_A_YEAR, httponly=True, samesite="Lax", secure=page.options.secure_cookies, path="/"
        )
    return response


def _form(page: Page, login: str = "", problem: str = "", *, status: int = 200) -> Response:
    wanted = page.local_path(page.request.values.get("next"))
    company = page.tenant.record.name
    return page.render(
        "pages/login.html", status, login=login, problem=problem, next=wanted, company=company, languages=LANGUAGES
    )
