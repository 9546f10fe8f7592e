"""Who is let in, and what they may: tokens, scopes, roles, sessions, tenants, limits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tessera.api.options import ApiOptions
from tessera.security.scopes import Scopes
from tessera.security.sessions import open_session
from tests.api.service import PASSWORD, Caller, Service
from tests.api.shop import SHOP

READ_CUSTOMERS = Scopes(frozenset({"customer"}), frozenset({"read"}))


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer tsr_nothing", "Basic YW5uOng=", "Bearer x", "bearer tsr_" + "0" * 43]
)
def test_without_a_valid_token_nobody_is_let_in(service: Service, header: str | None) -> None:
    answer = service.client.get("/api/v1/customer", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.get_json()["code"] in ("not_authenticated", "token_refused")


def test_an_unknown_module_is_not_confirmed_to_strangers(service: Service) -> None:
    assert service.anonymous().get("/customer").status_code == service.anonymous().get("/nothing").status_code == 401


def test_login_and_password_are_exchanged_for_a_token(service: Service) -> None:
    service.give_password("mel")
    body = {"login": "mel", "password": PASSWORD, "name": "till", "scopes": {"modules": ["customer"], "actions": ["read"]}}
    answer = service.anonymous().post("/auth/token", body)
    issued = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    me = Caller(service.client, issued["token"]).get("/me").get_json()
    assert (me["login"], me["role"], me["tenant"]) == ("mel", "member", service.tenant)
    assert me["scopes"] == {"modules": ["customer"], "actions": ["read"]}


def test_guessing_passwords_is_slowed_down(service: Service) -> None:
    service.give_password("mel")
    answers = [service.anonymous().post("/auth/token", {"login": "mel", "password": f"guess {n}"}) for n in range(6)]
    assert [a.status_code for a in answers] == [401] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "30"
    assert service.anonymous().post("/auth/token", {"login": "mel", "password": PASSWORD}).status_code == 429


def test_a_token_is_listed_revoked_and_then_useless(service: Service, mel: Caller) -> None:
    made = mel.made("/tokens", {"name": "second"})
    second = Caller(service.client, made["token"])
    assert second.get("/me").status_code == 200
    listed = mel.get("/tokens").get_json()["items"]
    assert {token["name"] for token in listed} == {"test", "second"}
    assert all("token" not in token for token in listed)
    assert mel.delete(f"/tokens/{made['id']}").status_code == 204
    assert second.get("/me").status_code == 401
    assert mel.delete(f"/tokens/{made['id']}").status_code == 404


def test_nobody_touches_the_tokens_of_others(service: Service, ann: Caller, mel: Caller) -> None:
    made = mel.made("/tokens", {"name": "mine"})
    assert ann.delete(f"/tokens/{made['id']}").status_code == 404
    assert made["id"] not in ann.get("/tokens").get_data(as_text=True)


def test_a_token_ends_with_its_time(service: Service, ann: Caller) -> None:
    expires = (service.clock.now() + timedelta(hours=1)).isoformat()
    made = ann.made("/tokens", {"name": "short", "expires_at": expires})
    service.clock.advance(timedelta(hours=1))
    assert Caller(service.client, made["token"]).get("/me").status_code == 401
    assert ann.post("/tokens", {"name": "past", "expires_at": "2001-01-01T00:00:00Z"}).status_code == 422
    assert ann.post("/tokens", {"name": "naive", "expires_at": "2101-01-01T00:00:00"}).status_code == 422


def test_scopes_narrow_a_token_and_it_cannot_widen_itself(service: Service, ann: Caller) -> None:
    ann.made("/customer", {"name": "Acme"})
    limited = service.caller("ann", READ_CUSTOMERS)
    assert len(limited.get("/customer").get_json()["items"]) == 1
    assert limited.post("/customer", {"name": "Bolt"}).status_code == 403
    assert limited.get("/product").status_code == 403
    assert limited.post("/tokens", {"name": "wider"}).status_code == 403
    modules = limited.get("/describe").get_json()["modules"]
    assert [(m["key"], m["actions"]) for m in modules] == [("customer", ["read"])]


def test_a_limited_token_may_revoke_itself_alone(service: Service, ann: Caller) -> None:
    made = ann.made("/tokens", {"name": "limited", "scopes": {"modules": [], "actions": []}})
    limited = Caller(service.client, made["token"])
    other = ann.made("/tokens", {"name": "other"})
    assert limited.delete(f"/tokens/{other['id']}").status_code == 403
    assert limited.delete(f"/tokens/{made['id']}").status_code == 204


def test_a_secret_is_never_stored_for_a_second_time(service: Service, ann: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    assert ann.post("/tokens", {"name": "x"}, headers=key).get_json()["code"] == "bad_parameter"
    assert service.anonymous().post("/auth/token", {"login": "ann", "password": PASSWORD}, headers=key).status_code == 400


@pytest.mark.parametrize("scopes", [{"modules": "customer"}, {"actions": ["fly"]}, {"modules": [1]}, {"else": 1}, []])
def test_scopes_that_make_no_sense_are_refused(ann: Caller, scopes: object) -> None:
    assert ann.post("/tokens", {"name": "x", "scopes": scopes}).status_code == 422


def test_members_see_and_change_their_own(service: Service, mel: Caller) -> None:
    record = mel.made("/customer", {"name": "Mel's"})
    moe = service.caller("moe")
    path = f"/customer/{record['id']}"
    assert moe.get(path).status_code == 404
    assert moe.patch(path, {"name": "Moe's"}).status_code == 404
    assert moe.delete(path).status_code == 404
    assert moe.get("/customer").get_json()["items"] == []
    assert moe.post("/customer/aggregate", {"measures": [{"function": "count", "name": "n"}]}).get_json()["items"][0]["n"] == 0


def test_a_deactivated_user_is_out_within_seconds(service: Service, ann: Caller, mel: Caller) -> None:
    assert mel.get("/me").status_code == 200
    ann.patch(f"/user/{service.people[service.tenant, 'mel']}", {"active": False})
    service.clock.advance(timedelta(seconds=5))
    assert mel.get("/me").status_code == 401


def test_the_session_of_a_page_reads_freely_and_changes_with_its_csrf_token(service: Service) -> None:
    tenant = service.runtime.tenant(service.tenant)
    with tenant.database.writing() as connection:
        opened = open_session(connection, service.people[service.tenant, "ann"], service.clock.now())
    service.client.set_cookie(service.options.session_cookie, opened.cookie)
    try:
        page = service.anonymous()
        assert page.get("/me").get_json()["login"] == "ann"
        assert page.post("/customer", {"name": "Forged"}).get_json()["code"] == "csrf_refused"
        assert page.post("/customer", {"name": "Acme"}, headers={"X-CSRF-Token": opened.session.csrf}).status_code == 201
    finally:
        service.client.delete_cookie(service.options.session_cookie)


# -- tenants --------------------------------------------------------------------------------------------------------


def test_nothing_crosses_between_tenants(service: Service) -> None:
    other = f"other{service.tenant}"[:25]
    service.add_tenant(other, SHOP, "other.example")
    first = service.caller("ann", root=f"/t/{service.tenant}/api/v1")
    record = first.made("/customer", {"name": "Secret"})
    second = service.caller("ann", tenant=other, root=f"/t/{other}/api/v1")
    assert second.get(f"/customer/{record['id']}").status_code == 404
    assert second.get("/customer").get_json()["items"] == []
    # the token of one tenant is nobody in the other, whichever way it is addressed
    assert Caller(service.client, first.token, f"/t/{other}/api/v1").get("/customer").status_code == 401
    assert Caller(service.client, first.token).get("/customer", base_url="http://other.example").status_code == 401
    assert Caller(service.client, second.token).get("/me", base_url="http://other.example").get_json()["tenant"] == other


def test_a_host_of_one_tenant_never_leads_to_another(service: Service) -> None:
    other = f"other{service.tenant}"[:25]
    service.add_tenant(other, SHOP, "other.example")
    caller = Caller(service.client, service.token("ann"), f"/t/{service.tenant}/api/v1")
    assert caller.get("/me").status_code == 200
    answer = caller.get("/me", base_url="http://OTHER.example:8080")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_tenant")


def test_among_several_tenants_one_must_be_named(service: Service, ann: Caller) -> None:
    assert ann.get("/me").status_code == 200
    service.add_tenant(f"other{service.tenant}"[:25], SHOP)
    assert ann.get("/me").get_json()["code"] == "unknown_tenant"
    assert Caller(service.client, ann.token, "/t/nobody/api/v1").get("/me").status_code == 404


def test_links_keep_the_way_the_caller_came(service: Service) -> None:
    caller = service.caller("ann", root=f"/t/{service.tenant}/api/v1")
    answer = caller.post("/customer", {"name": "Acme"})
    assert answer.headers["Location"].startswith(f"/t/{service.tenant}/api/v1/customer/")
    assert caller.get("/openapi.json").get_json()["servers"] == [{"url": f"/t/{service.tenant}/api/v1"}]


# -- limits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(service: Service) -> Service:
    options = replace(service.options, token_rate=3, address_rate=2, login_rate=1)
    return replace(service, options=options)


def test_a_token_may_come_so_often_a_minute(strict: Service) -> None:
    caller = strict.caller("ann")
    answers = [caller.get("/me") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["RateLimit-Remaining"] for a in answers] == ["2", "1", "0", "0"]
    assert answers[3].headers["Retry-After"] == answers[3].headers["RateLimit-Reset"]
    assert strict.caller("ann").get("/me").status_code == 200
    strict.clock.advance(timedelta(minutes=1))
    assert caller.get("/me").status_code == 200


def test_an_address_may_fail_so_often_a_minute(strict: Service) -> None:
    assert [strict.anonymous().get("/me").status_code for _ in range(3)] == [401, 401, 429]
    assert strict.caller("ann").get("/me").status_code == 200


def test_an_address_may_sign_in_so_often_a_minute(strict: Service) -> None:
    body = {"login": "nobody", "password": "nothing"}
    assert [strict.anonymous().post("/auth/token", body).status_code for _ in range(2)] == [401, 429]


def test_cors_is_off_until_an_origin_is_named(service: Service) -> None:
    origin = {"Origin": "https://shop.example"}
    assert "Access-Control-Allow-Origin" not in service.caller("ann").get("/me", headers=origin).headers
    allowing = replace(service, options=ApiOptions(cors_origins=frozenset({"https://shop.example"})))
    preflight = allowing.anonymous().call("OPTIONS", "/customer", headers=origin)
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert allowing.caller("ann").get("/me", headers=origin).headers["Access-Control-Allow-Origin"] == "https://shop.example"
