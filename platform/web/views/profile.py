"""What people settle for themselves: language, time zone, password, and where they are signed in."""

from dataclasses import replace
from zoneinfo import available_timezones

from flask import Response

from tessera.kernel.context import SYSTEM
from tessera.kernel.errors import NotAuthenticated, ValidationFailed
from tessera.runtime.session import Session
from tessera.security.credentials import set_password
from tessera.security.sessions import close_sessions_of, sessions_of
from tessera.web.options import LANGUAGE_COOKIE, LANGUAGES
from tessera.web.page import Page
from tessera.web.shell import Toast, in_shell


def show(page: Page) -> Response:
    """GET /profile"""
    told = {"saved": page.t("Saved."), "password": page.t("Your password was changed. Other sessions were ended.")}
    return _page(page, toasts=[Toast(text) for key, text in told.items() if page.request.args.get(key)])


def save(page: Page) -> Response:
    """POST /profile: language and time zone of the person who is signed in"""
    language, timezone = page.request.form.get("language", ""), page.request.form.get("timezone", "").strip()
    problems = {}
    if language not in LANGUAGES:
        problems["language"] = page.t("Choose one of the languages.")
    if timezone not in available_timezones():
        problems["timezone"] = page.t("There is no time zone of this name. It looks like Europe/Madrid.")
    if problems:
        return _page(page, problems=problems, status=422)
    user = page.context.principal.id
    assert user is not None
    # people may not change users, but these two choices are their own
    context = replace(page.context, principal=SYSTEM)
    wanted = {
        key: value for key, value in (("locale", language), ("timezone", timezone)) if key in page.catalog.module("user").fields
    }

    def work(session: Session) -> None:
        session.records.update("user", user, wanted)

    page.tenant.transact(context, work)
    page.authentication.principals.forget(user)
    response = page.redirect("/profile", saved=1)
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=365 * 86_400,
        httponly=True,
        samesite="Lax",
        secure=page.options.secure_cookies,
        path="/",
    )
    return response


def change_password(page: Page) -> Response:
    """POST /profile/password"""
    form, now, principal = page.request.form, page.context.now(), page.context.principal
    assert principal.id is not None
    assert page.session is not None
    current, new, again = (form.get(name, "")[:1000] for name in ("current", "new", "again"))
    if new != again:
        return _page(page, problems={"again": page.t("The two new passwords differ.")}, status=422)
    try:
        page.authentication.credentials.verify(principal.login, current, now)
    except NotAuthenticated:
        return _page(page, problems={"current": page.t("This is not your present password.")}, status=422)
    try:
        with page.tenant.database.writing() as connection:
            set_password(connection, principal.id, principal.login, new, now)
            close_sessions_of(connection, principal.id, but=page.session.token_hash)
    except ValidationFailed as failed:
        return _page(page, problems={"new": page.problem(failed.problems[0])}, status=422)
    page.authentication.sessions.forget_user(principal.id)
    return page.redirect("/profile", password=1)


def _page(
    page: Page, *, problems: dict[str, str] | None = None, toasts: list[Toast] | None = None, status: int = 200
) -> Response:
    principal, now = page.context.principal, page.context.now()
    assert principal.id is not None
    with page.tenant.database.reading() as connection:
        sessions = sessions_of(connection, principal.id, now)
    timezone = page.request.form.get("timezone") or page.context.timezone
    return in_shell(
        page,
        "pages/profile.html",
        place="profile",
        toasts=toasts,
        status=status,
        problems=problems or {},
        languages=LANGUAGES,
        timezone=timezone,
        timezones=sorted(available_timezones()),
        sessions=len(sessions),
    )
