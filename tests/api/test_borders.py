"""Borders, held for every address there is: between tenants, between people, and between requests that come at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tessera.api.routes import ROUTES, Route
from tessera.security.policy import BasicPolicy
from tests.api.service import Caller, Service
from tests.api.shop import SHOP

SECRET = "Sesame-4711"
CALLS = [(route, method) for route in ROUTES for method in (*route.methods, "HEAD", "PUT")]
BODIES: dict[str, Any] = {
    "query": {},
    "aggregate": {"measures": [{"function": "count"}], "group_by": [{"field": "name"}]},
    "bulk": {"operation": "update", "mode": "per_row", "rows": [{"id": "{record}", "name": "taken"}]},
    "batch": {"operations": [{"operation": "update", "module": "customer", "record": "{record}", "values": {"name": "taken"}}]},
    "token": {"login": "ann", "password": "guess guess"},
    "tokens": {"name": "t"},
}


class Owned:
    """What one person of a tenant has: a record, a file, a token, all carrying the secret."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        file = caller.post("/files", data={"file": (BytesIO(SECRET.encode()), f"{SECRET}.txt")}).get_json()
        record = caller.made("/customer", {"name": SECRET, "notes": SECRET})
        self.ids = {
            "record": record["id"],
            "file": file["id"],
            "token": caller.made("/tokens", {"name": SECRET})["id"],
            "job": record["id"],
            "module": "customer",
            "field": "owner",
        }

    def attack(self, attacker: Caller, route: Route, method: str) -> TestResponse:
        """Call `route` with these ids as somebody else."""
        path = route.path
        for name, value in self.ids.items():
            path = path.replace(f"<{name}>", value)
        body = BODIES.get(route.path.rpartition("/")[2], {"name": "taken"})
        return attacker.call(method, path, None if method in ("GET", "HEAD") else self._filled(body))

    def _filled(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {key: self._filled(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self._filled(value) for value in body]
        return self.ids["record"] if body == "{record}" else body

    def check_untouched(self) -> None:
        """Everything is still there as it was."""
        record = self.caller.get(f"/customer/{self.ids['record']}").get_json()
        assert (record["name"], record["version"]) == (SECRET, 1)
        assert self.caller.get(f"/files/{self.ids['file']}").get_data() == SECRET.encode()
        assert self.ids["token"] in self.caller.get("/tokens").get_data(as_text=True)


def check_nothing_crosses(owned: Owned, attacker: Caller) -> None:
    for route, method in CALLS:
        answer = owned.attack(attacker, route, method)
        where = f"{method} {route.path}: {answer.status_code}"
        assert SECRET not in answer.get_data(as_text=True), where
        assert answer.status_code < 500, where
        if "<record>" in route.path or "<file>" in route.path or "<job>" in route.path or "<token>" in route.path:
            assert answer.status_code in (404, 405), where
    owned.check_untouched()


def test_no_address_gives_anything_of_another_tenant(service: Service) -> None:
    other = f"other{service.tenant}"[:25]
    service.add_tenant(other, SHOP)
    owned = Owned(service.caller("mel", root=f"/t/{service.tenant}/api/v1"))
    check_nothing_crosses(owned, service.caller("ann", tenant=other, root=f"/t/{other}/api/v1"))


def test_no_address_gives_anything_of_another_member(service: Service) -> None:
    check_nothing_crosses(Owned(service.caller("mel")), service.caller("moe"))


def at_once(times: int, call: Any) -> list[TestResponse]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(call, range(times)))


def test_a_key_sent_many_times_at_once_has_one_effect(service: Service, ann: Caller) -> None:
    key = {"Idempotency-Key": "burst"}
    answers = at_once(30, lambda _: ann.post("/customer", {"name": "Acme"}, headers=key))
    assert set(Counter(a.status_code for a in answers)) <= {201, 409}
    assert len({a.get_data() for a in answers if a.status_code == 201}) == 1
    assert all(a.headers["Retry-After"] for a in answers if a.status_code == 409)
    assert len(ann.get("/customer").get_json()["items"]) == 1
    assert ann.post("/customer", {"name": "Acme"}, headers=key).status_code == 201


def test_no_acknowledged_change_is_lost_when_many_edit_one_record(service: Service, ann: Caller) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme', 'staff': 0})['id']}"

    fields = ("city", "code", "notes")
    answers = at_once(24, lambda n: ann.patch(path, {"version": 1, fields[n % 3]: f"edit {n}"}))
    assert Counter(a.status_code for a in answers) == {200: 3, 409: 21}
    record = ann.get(path).get_json()
    assert record["version"] == 4
    won = {number: answer.get_json() for number, answer in enumerate(answers) if answer.status_code == 200}
    assert {fields[number % 3]: f"edit {number}" for number in won} == {field: record[field] for field in fields}


@pytest.mark.parametrize("field", ["credit_limit", "notes"])
def test_a_hidden_field_cannot_be_guessed(service: Service, field: str) -> None:
    """By filter, sort, group, figure, search or error, a hidden field answers exactly like one that does not exist."""
    service.caller("ann").made("/customer", {"name": "Acme", "credit_limit": 7, "notes": "x"})
    service.runtime.policy = BasicPolicy(hidden={"customer": frozenset({field})})
    mel = service.caller("mel")

    def answers(name: str) -> list[tuple[int, str]]:
        filtered = {"filter": {"field": name, "op": "is_not_empty"}}
        calls = [
            mel.post("/customer/query", filtered),
            mel.post("/customer/query", {"sort": [name]}),
            mel.post("/customer/query", {"fields": [name]}),
            mel.post("/customer/query", {"expand": [name]}),
            mel.post("/customer/aggregate", {"measures": [{"function": "max", "field": name}]}),
            mel.post("/customer/aggregate", {"measures": [{"function": "count"}], "group_by": [{"field": name}]}),
            mel.post("/customer", {"name": "B", name: 1}),
            mel.get(f"/customer/options/{name}"),
        ]
        return [(c.status_code, c.get_data(as_text=True).replace(name, "?").partition('"request_id"')[0]) for c in calls]

    assert answers(field) == answers("no_such_field")
