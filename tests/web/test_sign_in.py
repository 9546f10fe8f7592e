"""Signing in and out, and what a stranger gets."""

import pytest

from tessera.security.credentials import FREE_TRIES
from tessera.web.options import SESSION_COOKIE
from tests.api.service import PASSWORD
from tests.web.visitor import Shop, Visitor


def sign_in(visitor: Visitor, login: str = "ann", password: str = PASSWORD, **more: str):
    return visitor.post("/login", {"login": login, "password": password, **more})


def test_signing_in_opens_a_session_that_scripts_cannot_read(shop: Shop) -> None:
    visitor = shop.anonymous()
    answer = sign_in(visitor)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(SESSION_COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Ann" in visitor.text("/")


def test_a_wrong_password_is_told_without_telling_who_exists(shop: Shop) -> None:
    known = sign_in(shop.anonymous(), password="wrong")
    unknown = sign_in(shop.anonymous(), login="nobody", password="wrong")
    assert (known.status_code, unknown.status_code) == (422, 422)
    assert "Login or password is wrong." in known.text
    assert "Login or password is wrong." in unknown.text


def test_guessing_pauses_the_account(shop: Shop) -> None:
    for _ in range(FREE_TRIES):
        sign_in(shop.anonymous(), password="wrong")
    answer = sign_in(shop.anonymous())
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.text


def test_signing_out_ends_the_session_on_the_server(shop: Shop) -> None:
    ann = shop.visitor("ann")
    cookie = ann.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    ann.post("/logout")
    ann.client.set_cookie(SESSION_COOKIE, cookie.value)
    assert ann.get("/").headers["Location"].startswith("/login")


def test_a_stranger_is_sent_to_sign_in_and_then_to_where_they_wanted(shop: Shop) -> None:
    visitor = shop.anonymous()
    wanted = visitor.get("/m/customer?q=a%26b").headers["Location"]
    assert wanted == "/login?next=%2Fm%2Fcustomer%3Fq%3Da%2526b"
    assert sign_in(visitor, next="/m/customer?q=a%26b").headers["Location"] == "/m/customer?q=a%26b"


@pytest.mark.parametrize(
    "next",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\tfoo", "\n//evil.example", ""],
)
def test_nobody_is_sent_elsewhere(shop: Shop, next: str) -> None:
    assert sign_in(shop.anonymous(), next=next).headers["Location"] == "/"


@pytest.mark.parametrize(("language", "heading"), [("es", "Iniciar sesión"), ("zh", "登录"), ("en", "Sign in")])
def test_the_language_is_chosen_before_signing_in(shop: Shop, language: str, heading: str) -> None:
    visitor = shop.anonymous()
    visitor.post("/language", {"language": language, "next": "/login"})
    page = visitor.text("/login")
    assert heading in page
    assert f'<html lang="{language}"' in page
