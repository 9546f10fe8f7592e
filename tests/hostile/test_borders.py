"""Every address of the application, asked by somebody who has no business there: another tenant, another member, nobody.

The addresses come from the application's own map, so that a new one is tried on the day it is made.
"""

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from tessera.bootstrap.wiring import new_tenant_location
from tests.api.service import Caller
from tests.features.workplace import Visitor, Workplace
from tests.support.installation import Installation, bundled_apps

SECRET = "Sesame-4711"
#: What a page without a signed-in person may answer with: the way to sign in, a refusal, or what is for everybody.
OPEN_TO_ALL = {"/login", "/logout", "/language", "/healthz", "/readyz", "/static/<path:name>", "/favicon.ico", "/api/docs"}

#: What an address is asked that leaves the choice to its own code.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Possessions:
    """What one person of a tenant has."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.file = caller.post("/files", data={"file": (BytesIO(SECRET.encode()), f"{SECRET}.txt")}).get_json()["id"]
        self.record = caller.made("/customer", {"name": SECRET, "remarks": SECRET})["id"]
        self.values: dict[str, Any] = {"module": "customer", "record": self.record, "file": self.file, "field": "owner"}

    def address(self, rule: Rule, prefix: str | None) -> str:
        """The address of `rule` with these ids in it."""
        path = rule.rule
        for argument in rule.arguments:
            value = prefix if argument == "tenant_prefix" else self.values.get(argument, self.record)
            for form in (f"<{argument}>", f"<uuid:{argument}>", f"<path:{argument}>", f"<string:{argument}>"):
                path = path.replace(form, str(value))
        assert "<" not in path, path
        return path

    def check_untouched(self) -> None:
        record = self.caller.get(f"/customer/{self.record}").get_json()
        assert (record["name"], record["version"]) == (SECRET, 1)
        assert self.caller.get(f"/files/{self.file}").get_data() == SECRET.encode()


def rules(work: Workplace) -> list[tuple[Rule, str]]:
    """Every rule with each of its methods, those that change last."""
    found = [(rule, method) for rule in work.app.url_map.iter_rules() for method in sorted(rule.methods or METHODS)]
    return sorted(found, key=lambda one: (one[1] != "GET", one[0].rule))


@pytest.fixture(scope="module")
def other(work: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A second tenant of the same installation and application, with people of the same names."""
    installed, key = work.installed, f"o{work.tenant.key}"[:25]
    installed.publisher.create_tenant(key, "Other", new_tenant_location(installed.settings), bundled_apps())
    installed.runtime.look_again()
    tenant = installed.runtime.tenant(key)
    second = Installation(installed.settings, installed.runtime, installed.publisher, tenant)
    folder: Path = tmp_path_factory.mktemp("other")
    made = Workplace(second, folder)
    made.app = work.app
    try:
        yield made
    finally:
        installed.runtime.control.drop(key)
        shutil.rmtree(folder)


def at(caller: Caller, key: str) -> Caller:
    """The same caller, naming the tenant in the path."""
    return Caller(caller.client, caller.token, f"/t/{key}/api/v1")


def ask(
    client: Client, possessions: Possessions, rule: Rule, method: str, prefix: str | None, headers: dict[str, str]
) -> TestResponse:
    body: dict[str, Any] = {}
    if method in ("POST", "PATCH", "PUT"):
        api = "/api/" in rule.rule
        body = {"json": {"name": "taken"}} if api else {"data": {"/name": "taken", "csrf": "x"}}
    return client.open(possessions.address(rule, prefix), method=method, headers=headers, buffered=True, **body)


def check_nothing(work: Workplace, possessions: Possessions, client: Client, prefix: str | None, headers: dict[str, str]) -> None:
    for rule, method in rules(work):
        if (prefix is not None) != ("tenant_prefix" in rule.arguments) and rule.rule not in OPEN_TO_ALL:
            continue
        answer = ask(client, possessions, rule, method, prefix, headers)
        where = f"{method} {rule.rule}: {answer.status_code}"
        assert SECRET not in answer.get_data(as_text=True), where
        assert answer.status_code < 500, where
    possessions.check_untouched()


@pytest.fixture(scope="module")
def anns(work: Workplace, ann: Caller, other: Workplace) -> Possessions:
    return Possessions(at(ann, work.tenant.key))


def test_its_owner_does_get_it(work: Workplace, anns: Possessions) -> None:
    """The control: the same questions, asked by the one who may."""
    headers = {"Authorization": f"Bearer {anns.caller.token}"}
    visitor = signed_in(work)
    for client, sent in ((Client(work.app), headers), (visitor.client, {})):
        told = {
            rule.rule
            for rule, method in rules(work)
            if method == "GET"
            and "tenant_prefix" in rule.arguments
            and SECRET in ask(client, anns, rule, method, work.tenant.key, sent).get_data(as_text=True)
        }
        assert len(told) >= 3, told


def test_no_address_gives_anything_to_another_tenant(work: Workplace, other: Workplace, anns: Possessions) -> None:
    """With the token and the session of an administrator elsewhere, on this tenant's addresses and on their own with our ids."""
    theirs = other.caller("ann")
    headers = {"Authorization": f"Bearer {theirs.token}"}
    visitor = signed_in(other)
    for prefix in (work.tenant.key, other.tenant.key):
        check_nothing(work, anns, Client(work.app), prefix, headers)
        check_nothing(work, anns, visitor.client, prefix, {})


def test_no_address_gives_anything_to_another_member(work: Workplace, anns: Possessions, mel: Caller) -> None:
    check_nothing(work, anns, Client(work.app), work.tenant.key, {"Authorization": f"Bearer {mel.token}"})
    check_nothing(work, anns, signed_in(work, "mel").client, work.tenant.key, {})


def test_no_address_gives_anything_to_nobody(work: Workplace, anns: Possessions) -> None:
    check_nothing(work, anns, Client(work.app), work.tenant.key, {})
    for rule, method in rules(work):
        if (
            "tenant_prefix" not in rule.arguments
            or rule.rule.removeprefix("/t/<tenant_prefix>") in OPEN_TO_ALL
            or method == "OPTIONS"
        ):
            continue
        answer = ask(Client(work.app), anns, rule, method, work.tenant.key, {})
        refused = answer.status_code in (400, 401, 403, 404, 405)
        to_login = answer.status_code in (302, 303) and "/login" in answer.headers["Location"]
        assert refused or to_login or rule.rule.endswith(("/auth/token", "/openapi.json")), (
            method,
            rule.rule,
            answer.status_code,
        )


def test_no_change_is_taken_without_the_token_of_the_form(work: Workplace, anns: Possessions) -> None:
    """A page elsewhere makes the browser of a signed-in administrator send something."""
    visitor = signed_in(work)
    for rule, method in rules(work):
        if method == "GET" or "/api/" in rule.rule or "tenant_prefix" not in rule.arguments or method in ("HEAD", "OPTIONS"):
            continue
        for csrf in ({}, {"csrf": ""}, {"csrf": "x" * 43}):
            path = anns.address(rule, work.tenant.key)
            answer = visitor.client.open(path, method=method, data={"/name": "taken", **csrf}, buffered=True)
            assert answer.status_code in (403, 404, 405), (method, rule.rule, answer.status_code)
    anns.check_untouched()


def signed_in(place: Workplace, login: str = "ann") -> Visitor:
    """Somebody at the pages of a tenant that is named in the path."""
    return place.visitor(login, prefix=f"/t/{place.tenant.key}")
