"""Texts that would be SQL, JSON, templates, paths or headers in a careless place: in every parameter of every address."""

import json
from typing import Any

import pytest

from tests.api.service import Caller
from tests.features.workplace import Visitor, Workplace

PAYLOADS = (
    "'",
    '"',
    "';DROP TABLE customer;--",
    "1 OR 1=1",
    "name; SELECT pg_sleep(5)--",
    "name) UNION SELECT 1,2,3 --",
    "(SELECT password_hash FROM sys_credential)",
    "sys_credential.password_hash",
    "customer.id",
    "__class__.__mro__",
    "{0.__class__}",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "%(name)s %s %n",
    "\\x00\\u0000",
    "\u202e\ufeff\uffff",
    "../../../../etc/passwd",
    "a\r\nSet-Cookie: x=1",
    "<script>alert(1)</script>",
    "-" * 5,
    "," * 50,
    "." * 50,
    "-id,-id,-id",
    "x" * 5_000,
    "[" * 200,
    '{"and":' * 60 + "1" + "}" * 60,
)
PARAMETERS = ("filter", "sort", "fields", "expand", "titles", "q", "limit", "cursor", "count", "deleted", "nonsense")
#: What must never be told: table and column names of the product, statements, places in the program.
TELLTALES = ("sys_", "SELECT ", "sqlite3.", "psycopg", "Traceback", "site-packages", 'File "', "SQLSTATE", "OperationalError")


def check_quiet(answer: Any, payload: str) -> None:
    text = answer.get_data(as_text=True)
    assert answer.status_code < 500, (answer.request.path, payload[:80], text[:300])
    if answer.status_code >= 400:  # names that were sent come back, in whole or in part
        told = [telltale for telltale in TELLTALES if telltale in text and telltale not in payload]
        assert told == [], (answer.request.url, text[:300])
    assert "Set-Cookie" not in answer.headers or "x=1" not in answer.headers["Set-Cookie"]


@pytest.fixture(scope="module")
def acme(ann: Caller) -> str:
    return str(ann.made("/customer", {"name": "Acme", "tags": ["vip"]})["id"])


@pytest.mark.parametrize("payload", PAYLOADS, ids=map(str, range(len(PAYLOADS))))
def test_no_parameter_is_a_way_in(ann: Caller, acme: str, payload: str) -> None:
    for name in PARAMETERS:
        check_quiet(ann.get("/customer", query_string={name: payload}), payload)
        check_quiet(ann.get(f"/customer/{acme}", query_string={name: payload}), payload)
    check_quiet(ann.get("/sales_order/options/customer", query_string={"q": payload}), payload)
    for path in ("/{}", "/customer/{}", "/customer/options/{}", "/{}/describe", "/files/{}", "/jobs/{}", "/tokens/{}"):
        check_quiet(ann.get(path.format(payload.replace("/", "%2F").replace("?", "%3F"))), payload)
    for header in ("If-None-Match", "If-Match", "Idempotency-Key", "Accept-Language", "X-Request-ID", "Accept-Encoding"):
        value = payload.replace("\r\n", " ").encode("latin-1", "replace").decode("latin-1")
        check_quiet(ann.patch(f"/customer/{acme}", {}, headers={header: value}), payload)
    assert ann.get(f"/customer/{acme}").get_json()["name"] == "Acme"


@pytest.mark.parametrize("payload", PAYLOADS, ids=map(str, range(len(PAYLOADS))))
def test_no_name_in_a_body_is_a_way_in(ann: Caller, acme: str, payload: str) -> None:
    bodies: list[tuple[str, Any]] = [
        ("/customer/query", {"filter": {"field": payload, "op": "eq", "value": 1}}),
        ("/customer/query", {"filter": {"field": "name", "op": payload, "value": 1}}),
        ("/customer/query", {"filter": {"field": "created_at", "op": "during", "value": payload}}),
        ("/customer/query", {"filter": {"field": "created_at", "op": "during", "value": {"last": 7, "unit": payload}}}),
        ("/customer/query", {"filter": {payload: []}}),
        ("/customer/query", {"sort": [payload], "fields": [payload], "expand": [payload]}),
        ("/customer/query", {"search": payload}),
        ("/customer/query", {"cursor": payload}),
        ("/customer/query", {payload: 1}),
        ("/customer/aggregate", {"measures": [{"function": payload, "field": "name"}]}),
        ("/customer/aggregate", {"measures": [{"function": "sum", "field": payload}]}),
        ("/customer/aggregate", {"measures": [{"function": "count", "name": payload}], "sort": [payload]}),
        ("/customer/aggregate", {"measures": [{"function": "count"}], "group_by": [{"field": "created_at", "bucket": payload}]}),
        ("/customer/aggregate", {"measures": [{"function": "count"}], "group_by": [{"field": "city", "name": payload}]}),
        ("/customer", {payload: 1, "name": payload}),
        ("/customer/bulk", {"operation": payload, "rows": [{"name": "x"}]}),
        ("/batch", {"operations": [{"operation": "create", "module": payload, "values": {}}]}),
        ("/batch", {"operations": [{"id": payload, "operation": "create", "module": "customer", "values": {"name": "@{x.y}"}}]}),
        ("/batch", {"operations": [{"operation": "update", "module": "customer", "record": payload, "values": {}}]}),
        ("/batch", {"operations": [{"operation": "create", "module": "customer", "values": {"name": {"$ref": payload}}}]}),
        ("/batch", {"operations": [{"operation": "delete", "module": "customer", "record": payload, "values": None}]}),
    ]
    for path, body in bodies:
        check_quiet(ann.post(path, body), payload)
    stored = ann.post("/customer", {"name": payload})
    if stored.status_code == 201:  # a name like any other: it comes back as it was sent and is found by itself
        found = ann.post("/customer/query", {"filter": {"field": "name", "op": "eq", "value": payload}}).get_json()["items"]
        assert stored.get_json()["id"] in [row["id"] for row in found]
    assert ann.get(f"/customer/{acme}").get_json()["name"] == "Acme"


def trees() -> list[tuple[str, Any]]:
    leaf = {"field": "name", "op": "eq", "value": "x"}
    deep: Any = leaf
    for _ in range(30):
        deep = {"not": deep}
    return [
        ("deep", deep),
        ("broad", {"or": [leaf] * 10_000}),
        ("broad and deep", {"and": [{"or": [leaf] * 100}] * 100}),
        ("many values", {"field": "name", "op": "in", "value": ["x"] * 100_000}),
        ("long value", {"field": "name", "op": "contains", "value": "%_" * 100_000}),
        ("long path", {"field": ".".join(["customer"] * 50), "op": "eq", "value": 1}),
        ("far path", {"field": "orders.customer.orders.customer.orders.customer.name", "op": "eq", "value": "x"}),
        ("wide joins", {"and": [{"field": f"{path}.name", "op": "is_not_empty"} for path in ("owner", "group", "agent")] * 40}),
        ("both", {"and": [leaf], "or": [leaf]}),
        ("empty", {}),
        ("list", [leaf]),
        ("text", "name = 'x'"),
        ("number", 1),
        ("null in and", {"and": [None]}),
        ("and of a leaf", {"and": leaf}),
        ("not of a list", {"not": [leaf]}),
        ("more keys", {**leaf, "sql": "1=1"}),
        ("field of a list", {**leaf, "field": ["name"]}),
        ("field of an object", {**leaf, "field": {"name": 1}}),
        ("no field", {"op": "eq", "value": 1}),
        ("huge number", {"field": "value_score", "op": "eq", "value": 10**39}),
        ("huge list of numbers", {"field": "value_score", "op": "in", "value": [10**18] * 40_000}),
        ("column of another", {"field": "name", "op": "eq", "value": {"$field": "x; drop"}}),
    ]


@pytest.mark.parametrize(("name", "tree"), trees(), ids=[name for name, _ in trees()])
def test_a_hostile_filter_tree_costs_nothing(ann: Caller, acme: str, name: str, tree: Any) -> None:
    answer = ann.post("/customer/query", {"filter": tree, "limit": 1})
    assert answer.status_code in (200, 400, 422), answer.get_data(as_text=True)[:300]
    check_quiet(ann.get("/customer", query_string={"filter": json.dumps(tree)[:60_000]}), "")
    assert ann.post("/customer/aggregate", {"measures": [{"function": "count"}], "filter": tree}).status_code in (200, 400, 422)


@pytest.fixture(scope="module")
def visitor(work: Workplace, ann: Caller) -> Visitor:
    return work.visitor("ann")


@pytest.mark.parametrize("payload", PAYLOADS, ids=map(str, range(len(PAYLOADS))))
def test_no_parameter_of_a_page_is_a_way_in(visitor: Visitor, acme: str, payload: str) -> None:
    for path in ("/m/customer", f"/m/customer/{acme}", "/m/customer/new", "/search", "/bin", "/login", "/", "/m/customer/filter"):
        for name in ("q", "sort", "f", "view", "cursor", "tab", "name", "customer", "deleted", "next", "field", "module"):
            answer = visitor.client.get(path, query_string={name: payload}, buffered=True)
            assert answer.status_code < 500, (path, name)
            text = answer.get_data(as_text=True)
            assert "<script>alert" not in text, (path, name)
            assert "49${" not in text, (path, name)
            location = answer.headers.get("Location", "/")
            assert location.startswith("/"), (path, name)
            assert not location.startswith("//"), (path, name)
