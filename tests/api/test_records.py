"""Records over HTTP: made, read, changed, listed, deleted, restored."""

from typing import Any

import pytest

from tests.api.service import Caller


def test_a_record_is_made_and_read(ann: Caller) -> None:
    answer = ann.post("/customer", {"name": "Acme", "code": "C1", "credit_limit": "1200.50", "interests": ["bikes"]})
    made = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/customer/{made['id']}"
    assert answer.headers["ETag"].startswith('"v1-')
    assert answer.headers["Content-Type"] == "application/json"
    read = ann.get(f"/customer/{made['id']}")
    assert read.status_code == 200
    assert read.get_json() == made
    assert read.headers["ETag"].startswith('"v1-')
    assert made["level"] == "b"
    assert made["credit_limit"] == "1200.50"


def test_lines_travel_with_their_record(ann: Caller) -> None:
    customer = ann.made("/customer", {"name": "Acme"})
    product = ann.made("/product", {"code": "P", "name": "Pen", "price": "2.50"})
    order = ann.made("/sales_order", {"customer": customer["id"], "lines": [{"product": product["id"], "quantity": 4}]})
    assert order["total"] == "10.0000"
    read = ann.get(f"/sales_order/{order['id']}").get_json()
    assert [line["amount"] for line in read["lines"]] == ["10.0000"]
    line = read["lines"][0]
    changed = ann.patch(f"/sales_order/{order['id']}", {"lines": [{"id": line["id"], "quantity": "6"}]}).get_json()
    assert changed["total"] == "15.0000"
    assert ann.get(f"/customer/{customer['id']}").get_json()["order_count"] == 1


def test_every_error_of_a_record_is_told_at_once(ann: Caller) -> None:
    answer = ann.post("/customer", {"email": "nonsense", "level": "z", "surprise": 1})
    problem = answer.get_json()
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in problem["errors"]} == {"/name", "/email", "/level", "/surprise"}


def test_a_validation_formula_speaks(ann: Caller) -> None:
    problem = ann.post("/customer", {"name": "Acme", "credit_limit": -1}).get_json()
    assert "The credit limit is negative." in [error["detail"] for error in problem["errors"]]


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'"text"', b"{", b'{"name":1,"name":2}'])
def test_a_body_that_is_no_object_is_refused(ann: Caller, body: bytes) -> None:
    answer = ann.post("/customer", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.get_json()["code"] in ("not_json", "bad_body")


def test_a_body_of_another_kind_is_refused(ann: Caller) -> None:
    answer = ann.post("/customer", data=b"name=Acme", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_what_somebody_has_already_is_not_sent_again(ann: Caller) -> None:
    made = ann.made("/customer", {"name": "Acme"})
    path = f"/customer/{made['id']}"
    known = {"If-None-Match": ann.get(path).headers["ETag"]}
    answer = ann.get(path, headers=known)
    assert (answer.status_code, answer.get_data()) == (304, b"")
    assert ann.get(f"{path}?fields=name", headers=known).status_code == 200
    ann.patch(path, {"city": "Vigo"})
    assert ann.get(path, headers=known).status_code == 200


def test_an_old_version_is_not_changed(ann: Caller) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme'})['id']}"
    assert ann.patch(path, {"city": "Vigo"}, headers={"If-Match": '"v1"'}).status_code == 200
    refused = ann.patch(path, {"city": "Lugo"}, headers={"If-Match": '"v1"'})
    assert (refused.status_code, refused.get_json()["code"]) == (412, "precondition_failed")
    assert ann.delete(path, headers={"If-Match": '"v1"'}).status_code == 412
    assert ann.delete(path, headers={"If-Match": '"v2"'}).status_code == 204


def test_two_people_who_change_different_fields_both_win(ann: Caller) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme', 'city': 'Vigo'})['id']}"
    assert ann.patch(path, {"version": 1, "city": "Lugo"}).status_code == 200
    assert ann.patch(path, {"version": 1, "name": "Acme SL"}).status_code == 200
    clash = ann.patch(path, {"version": 1, "city": "Ourense"})
    assert clash.status_code == 409
    [entry] = clash.get_json()["clashes"]
    assert (entry["field"], entry["current"], entry["submitted"]) == ("city", "Lugo", "Ourense")
    assert clash.get_json()["version"] == 3


@pytest.mark.parametrize("version", ["1", 0, -1, True, 1.5, 2**40])
def test_a_version_that_is_none_is_refused(ann: Caller, version: Any) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme'})['id']}"
    assert ann.patch(path, {"version": version, "city": "Lugo"}).status_code == 422


def test_a_deleted_record_is_gone_until_it_is_restored(ann: Caller) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme'})['id']}"
    assert ann.delete(path).status_code == 204
    assert ann.get(path).status_code == 404
    assert ann.get(f"{path}?deleted=true").status_code == 200
    assert ann.post(f"{path}/restore").status_code == 200
    assert ann.get(path).status_code == 200


def test_a_list_is_filtered_sorted_paged_and_counted(ann: Caller) -> None:
    for number in range(7):
        ann.made("/customer", {"name": f"N{number}", "code": f"C{number}", "city": "Vigo" if number % 2 else "Lugo"})
    path = '/customer?filter={"field":"city","op":"eq","value":"Lugo"}&sort=-code&limit=3&count=exact&fields=code'
    page = ann.get(path).get_json()
    assert [row["code"] for row in page["items"]] == ["C6", "C4", "C2"]
    assert page["count"] == 4
    assert set(page["items"][0]) == {"id", "code"}
    rest = ann.get(f"{path}&cursor={page['next_cursor']}").get_json()
    assert [row["code"] for row in rest["items"]] == ["C0"]
    assert rest["next_cursor"] is None
    body = {"filter": {"field": "city", "op": "eq", "value": "Lugo"}, "sort": ["-code"], "limit": 2, "fields": ["code"]}
    assert [row["code"] for row in ann.post("/customer/query", body).get_json()["items"]] == ["C6", "C4"]
    assert [row["name"] for row in ann.get("/customer?q=N3").get_json()["items"]] == ["N3"]


def test_lookups_are_expanded_when_asked(ann: Caller) -> None:
    customer = ann.made("/customer", {"name": "Acme", "city": "Vigo"})
    product = ann.made("/product", {"code": "P", "name": "Pen", "price": 1})
    order = ann.made("/sales_order", {"customer": customer["id"], "lines": [{"product": product["id"], "quantity": 1}]})
    row = ann.get(f"/sales_order/{order['id']}?expand=customer.city").get_json()
    assert row["customer"] == {"id": customer["id"], "module": "customer", "title": "Acme", "fields": {"city": "Vigo"}}
    [listed] = ann.get("/sales_order?titles=true&fields=customer").get_json()["items"]
    assert listed["customer"]["title"] == "Acme"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/customer?surprise=1", 400, "bad_parameter"),
        ("/customer?limit=0", 400, "bad_parameter"),
        ("/customer?limit=501", 400, "bad_parameter"),
        ("/customer?count=all", 400, "bad_parameter"),
        ("/customer?filter=nonsense", 400, "bad_parameter"),
        ('/customer?filter={"field":"nope","op":"eq","value":1}', 400, "bad_query"),
        ("/customer?sort=nope", 400, "bad_query"),
        ("/customer?fields=nope", 400, "bad_query"),
        ("/customer?cursor=nonsense", 400, "bad_query"),
        ("/nothing", 404, "unknown_module"),
        ("/customer/not-an-id", 404, "not_found"),
        ("/customer/0190a1b2-0000-7000-8000-000000000001", 404, "not_found"),
        ("/customer/0190a1b2-0000-7000-8000-000000000001/nothing", 404, "no_such_address"),
        ("/customer/", 404, "no_such_address"),
    ],
)
def test_what_is_wrong_with_an_address_is_named(ann: Caller, path: str, status: int, code: str) -> None:
    answer = ann.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"]


def test_methods_that_an_address_does_not_take_are_named(ann: Caller) -> None:
    answer = ann.call("PUT", "/customer")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert ann.call("QUERY", "/me").status_code == 405
    options = ann.call("OPTIONS", "/customer")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_head_is_get_without_the_body(ann: Caller) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme'})['id']}"
    head, get = ann.call("HEAD", path), ann.get(path)
    assert head.status_code == 200
    assert head.get_data() == b""
    assert head.headers["ETag"] == get.headers["ETag"]


def test_figures_are_grouped(ann: Caller) -> None:
    for number in range(4):
        ann.made("/customer", {"name": f"N{number}", "city": "Vigo" if number else "Lugo", "credit_limit": "10.10"})
    body = {
        "group_by": [{"field": "city"}],
        "measures": [{"function": "count", "name": "n"}, {"function": "sum", "field": "credit_limit", "name": "limit"}],
        "sort": ["city"],
    }
    rows = ann.post("/customer/aggregate", body).get_json()["items"]
    assert [(row["city"], row["n"], row["limit"]) for row in rows] == [("Lugo", 1, "10.10"), ("Vigo", 3, "30.30")]


def test_a_lookup_offers_what_it_may_choose(ann: Caller) -> None:
    ann.made("/customer", {"name": "Acme"})
    ann.made("/customer", {"name": "Bolt"})
    items = ann.get("/sales_order/options/customer?q=Bol").get_json()["items"]
    assert [(item["module"], item["title"]) for item in items] == [("customer", "Bolt")]
