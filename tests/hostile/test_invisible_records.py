"""Records of others are not there: not by id, not behind lookups, references, files, figures, and not in what an error says."""

import json
from io import BytesIO
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.api.service import Caller
from tests.features.workplace import Workplace

SECRET = "Sesame-4711"


@pytest.fixture(scope="module")
def theirs(ann: Caller) -> dict[str, str]:
    """What mel may not see: a customer, a contact, an order, and a file of it."""
    file = ann.post("/files", data={"file": (BytesIO(SECRET.encode()), f"{SECRET}.txt")}).get_json()["id"]
    customer = ann.made("/customer", {"name": SECRET, "code": "SESAME", "remarks": SECRET, "city": "Lugo"})["id"]
    contact = ann.made("/contact", {"name": SECRET, "customer": customer})["id"]
    order = ann.made("/sales_order", {"customer": customer, "contract": [file], "contact": contact})["id"]
    return {"customer": customer, "contact": contact, "order": order, "file": file}


def check_same(first: TestResponse, second: TestResponse, *ids: str) -> None:
    """Both answers say the same, but for the ids that were sent."""
    texts = []
    for answer in (first, second):
        text = answer.get_data(as_text=True).replace((answer.get_json() or {}).get("request_id", "-"), "")
        for record_id in ids:
            text = text.replace(record_id, "?")
        texts.append((answer.status_code, text))
    assert texts[0] == texts[1]
    assert 400 <= first.status_code < 500


def test_an_invisible_record_cannot_be_named_in_any_field(theirs: dict[str, str], mel: Caller) -> None:
    nobody = str(uuid4())
    own = mel.made("/customer", {"name": "Mine"})["id"]
    order = mel.made("/sales_order", {"customer": own})["id"]
    for path, field, record_id in (
        ("/sales_order", "customer", theirs["customer"]),
        ("/contact", "customer", theirs["customer"]),
        ("/contact_record", "customer", theirs["customer"]),
        ("/delivery_note", "sales_order", theirs["order"]),
    ):
        given = {"name": "x", "subject": "x", "customer": own}
        known = {key: value for key, value in given.items() if key in fields_of(mel, path)}
        check_same(mel.post(path, {**known, field: record_id}), mel.post(path, {**known, field: nobody}), record_id, nobody)
    path = f"/sales_order/{order}"
    for field in ("customer", "contact"):
        check_same(mel.patch(path, {field: theirs[field]}), mel.patch(path, {field: nobody}), theirs[field], nobody)
    check_same(mel.patch(path, {"contract": [theirs["file"]]}), mel.patch(path, {"contract": [nobody]}), theirs["file"], nobody)


def fields_of(caller: Caller, path: str) -> set[str]:
    return {field["key"] for field in caller.get(f"{path}/describe").get_json()["fields"]}


def test_an_invisible_record_is_answered_like_none_on_every_address(theirs: dict[str, str], mel: Caller) -> None:
    nobody, customer = str(uuid4()), theirs["customer"]
    for method, path, body in (
        ("GET", "/customer/{}", None),
        ("GET", "/customer/{}?deleted=true", None),
        ("PATCH", "/customer/{}", {"name": "taken"}),
        ("PATCH", "/customer/{}", {"version": 1}),
        ("DELETE", "/customer/{}", None),
        ("POST", "/customer/{}/restore", None),
        ("POST", "/customer/bulk", {"operation": "delete", "rows": ["{}"]}),
        ("POST", "/customer/bulk", {"operation": "update", "rows": [{"id": "{}", "city": "x"}]}),
        ("POST", "/batch", {"operations": [{"operation": "delete", "module": "customer", "record": "{}"}]}),
        ("POST", "/batch", {"operations": [{"operation": "restore", "module": "customer", "record": "{}"}]}),
        (
            "POST",
            "/batch",
            {
                "operations": [
                    {"id": "a", "operation": "update", "module": "customer", "record": "{}", "values": {"city": "x"}},
                    {"operation": "create", "module": "customer", "values": {"name": "@{a.name}"}},
                ]
            },
        ),
    ):
        answers = [
            mel.call(method, path.format(one), json.loads(json.dumps(body).replace("{}", one)) if body else None)
            for one in (customer, nobody)
        ]
        check_same(*answers, customer, nobody)
    for path in ("/customer?filter={}", "/sales_order?filter={}"):
        field = "id" if path.startswith("/customer") else "customer"
        condition = json.dumps({"field": field, "op": "eq", "value": customer})
        assert mel.get(path.format(condition)).get_json()["items"] == []
    assert mel.get(f"/files/{theirs['file']}").status_code == 404
    assert mel.get(f"/customer/{customer}", headers={"If-None-Match": '"v1"'}).status_code == 404


def test_what_is_behind_a_lookup_that_lost_its_reader_is_not_told(
    theirs: dict[str, str], ann: Caller, mel: Caller, work: Workplace
) -> None:
    """An order of mel's that an administrator has pointed to a customer she may not see."""
    own = mel.made("/customer", {"name": "Mine"})["id"]
    order = mel.made("/sales_order", {"customer": own})["id"]
    assert ann.patch(f"/sales_order/{order}", {"customer": theirs["customer"]}).status_code == 200
    answers = [
        mel.get(f"/sales_order/{order}?expand=customer&titles=true"),
        mel.get("/sales_order?titles=true&sort=customer.name&fields=number,customer.name,customer.remarks"),
        mel.post(
            "/sales_order/aggregate", {"measures": [{"function": "count", "name": "n"}], "group_by": [{"field": "customer"}]}
        ),
        mel.post("/sales_order/aggregate", {"measures": [{"function": "max", "field": "customer.name", "name": "n"}]}),
        mel.patch(f"/sales_order/{order}", {"remarks": "seen"}),
        mel.get(f"/sales_order?q={SECRET}"),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.get_data(as_text=True)
        shown = answer.get_data(as_text=True).replace('"ship_name":"Sesame-4711"', "")
        assert SECRET not in shown, answer.request.path
    for operator, value in (("eq", SECRET), ("starts_with", "S"), ("is_not_empty", None)):
        condition = {"field": "customer.name", "op": operator, **({"value": value} if value else {})}
        rows = mel.get("/sales_order", query_string={"filter": json.dumps(condition)}).get_json()["items"]
        assert order not in [row["id"] for row in rows]
    by_town = json.dumps({"field": "customer.city", "op": "eq", "value": "Lugo"})
    assert mel.get("/sales_order", query_string={"filter": by_town}).get_json()["items"] == []
    visitor = work.visitor("mel")
    for path in (f"/m/sales_order/{order}", f"/m/sales_order/{order}/edit", "/m/sales_order", f"/m/sales_order/{order}/changes"):
        page = visitor.client.get(path, buffered=True)
        assert page.status_code == 200, path
        assert SECRET not in _without_address(page.get_data(as_text=True)), path


def _without_address(page: str) -> str:
    """The page without the name for deliveries, which the administrator's choice wrote into the order itself."""
    lines = [line for line in page.splitlines() if "ship_name" not in line and "Deliver to" not in line]
    return "\n".join(lines)


def test_a_taken_value_does_not_say_by_whom(theirs: dict[str, str], mel: Caller) -> None:
    answer = mel.post("/customer", {"name": "x", "code": "sesame"})
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.get_json()["errors"]] == [("/code", "taken")]
    text = answer.get_data(as_text=True)
    assert SECRET not in text
    assert theirs["customer"] not in text


def test_what_may_be_chosen_are_visible_records(theirs: dict[str, str], mel: Caller) -> None:
    for path in (f"/sales_order/options/customer?q={SECRET}", f"/contact/options/customer?q={theirs['customer']}"):
        assert mel.get(path).get_json()["items"] == []


def test_a_deleted_record_of_another_is_not_in_the_bin(ann: Caller, mel: Caller) -> None:
    gone = ann.made("/customer", {"name": SECRET})["id"]
    ann.delete(f"/customer/{gone}")
    assert mel.get("/customer?deleted=true").get_json()["items"] == []
    assert mel.post(f"/customer/{gone}/restore").status_code == 404


def test_a_member_makes_no_administrator(mel: Caller, work: Workplace) -> None:
    own = str(work.people["mel"])
    for answer in (
        mel.patch(f"/user/{own}", {"role": "administrator"}),
        mel.post("/user", {"login": "eve", "name": "Eve", "role": "administrator"}),
        mel.post("/user/bulk", {"operation": "update", "rows": [{"id": own, "role": "administrator"}]}),
        mel.post(
            "/batch",
            {"operations": [{"operation": "update", "module": "user", "record": own, "values": {"role": "administrator"}}]},
        ),
    ):
        assert answer.status_code == 403
    assert mel.get("/me").get_json()["role"] == "member"
