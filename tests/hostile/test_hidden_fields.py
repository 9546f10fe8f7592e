"""What is hidden from a reader cannot be read, asked for, compared, ordered by, searched, changed or guessed from an answer."""

import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.service import Caller
from tests.features.workplace import Workplace
from tests.hostile.conftest import HIDDEN

LIMIT, TAX, BANK = "7654321.00", "TAXSESAME4711", "BANKSESAME4711"
SECRETS = (LIMIT, "7654321", TAX, BANK)
HIDDEN_NAMES = ("credit_limit", "tax_number", "payment_terms", "bank_accounts")
UNKNOWN = "no_such_fld"


@pytest.fixture(scope="module")
def own(work: Workplace, ann: Caller, mel: Caller) -> dict[str, str]:
    """A customer and an order of mel's own, whose hidden fields ann has filled."""
    customer = mel.made("/customer", {"name": "Acme"})["id"]
    account = {"bank": BANK, "account": "1"}
    values = {"credit_limit": LIMIT, "tax_number": TAX, "payment_terms": "prepayment", "bank_accounts": [account]}
    answer = ann.patch(f"/customer/{customer}", values)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    product = ann.made("/product", {"code": "P", "name": "Pen", "standard_cost": "3"})["id"]
    order = mel.made("/sales_order", {"customer": customer, "lines": [{"product": product, "unit_price": "5"}]})["id"]
    return {"customer": customer, "order": order, "product": product}


def same_but_for(name: str, answer: TestResponse, unknown: TestResponse) -> None:
    """Both answers are the same once the names and what is unique to a request are taken out."""
    told = [_plain(one.get_data(as_text=True), one, word) for one, word in ((answer, name), (unknown, UNKNOWN))]
    assert (answer.status_code, told[0]) == (unknown.status_code, told[1])
    assert 400 <= answer.status_code < 500


def _plain(text: str, answer: TestResponse, name: str) -> str:
    request_id = (answer.get_json(silent=True) or {}).get("request_id", "-")
    said = re.sub(r" Did you mean [^?\"]*\?", "", text.replace(str(request_id), ""))
    return said.replace(name, "?")


def test_no_answer_holds_a_hidden_value_or_its_name(own: dict[str, str], mel: Caller) -> None:
    customer, order = own["customer"], own["order"]
    answers = [
        mel.get(f"/customer/{customer}"),
        mel.get(f"/customer/{customer}?titles=true"),
        mel.get("/customer?titles=true&count=exact"),
        mel.get(f"/sales_order/{order}?expand=customer"),
        mel.get("/sales_order?expand=customer,contact"),
        mel.post("/customer/query", {"titles": True}),
        mel.get("/sales_order/options/customer?q=Acme"),
        mel.patch(f"/customer/{customer}", {"city": "Madrid"}),
        mel.post("/customer/bulk", {"operation": "update", "rows": [{"id": customer, "city": "Lugo"}]}),
        mel.post("/batch", {"operations": [{"operation": "update", "module": "customer", "record": customer, "values": {}}]}),
        mel.get("/customer/describe"),
        mel.get("/openapi.json"),
        mel.get("/describe"),
    ]
    for answer in answers:
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, text
        assert not [secret for secret in SECRETS if secret in text], answer.request.path
    about_customers = [*answers[:3], *answers[5:6], *answers[7:11]]
    for answer in about_customers:
        names = [name for name in HIDDEN_NAMES if f'"{name}"' in answer.get_data(as_text=True)]
        assert names == [], answer.request.path
    document = answers[11].get_json()["components"]["schemas"]
    assert set(document["Customer"]["properties"]) & HIDDEN["customer"] == set()
    lines = mel.get(f"/sales_order/{order}").get_json()["lines"]
    assert all("cost" not in line for line in lines)


QUERIES: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/customer?fields={}", {}),
    ("GET", "/customer?sort=-{}", {}),
    ("GET", "/customer?expand={}", {}),
    ("GET", "/customer/options/{}", {}),
    ("GET", '/customer?filter={{"field":"{}","op":"gte","value":1}}', {}),
    ("GET", '/customer?filter={{"not":{{"field":"{}","op":"is_empty"}}}}', {}),
    ("GET", '/customer?filter={{"field":"{}.x","op":"is_empty"}}', {}),
    ("GET", '/sales_order?filter={{"field":"customer.{}","op":"is_not_empty"}}', {}),
    ("GET", "/sales_order?sort=customer.{}", {}),
    ("GET", "/sales_order?fields=customer.{}", {}),
    ("GET", "/customer?fields=orders.customer.{}", {}),
    ("POST", "/customer/aggregate", {"measures": [{"function": "max", "field": "{}"}]}),
    ("POST", "/customer/aggregate", {"measures": [{"function": "count", "name": "n"}], "group_by": [{"field": "{}"}]}),
    ("POST", "/sales_order/aggregate", {"measures": [{"function": "sum", "field": "customer.{}", "name": "n"}]}),
    ("POST", "/customer", {"name": "x", "{}": 5}),
    ("POST", "/customer/query", {"filter": {"field": "name", "op": "eq", "value": {"$field": "{}"}}}),
]


@pytest.mark.parametrize("name", sorted(HIDDEN_NAMES))
def test_a_hidden_name_is_answered_like_one_that_does_not_exist(own: dict[str, str], mel: Caller, name: str) -> None:
    for method, path, body in QUERIES:
        answers = [
            mel.call(
                method,
                path.format(word),
                json.loads(json.dumps(body).replace('"{}"', json.dumps(word)).replace(".{}", f".{word}")) if body else None,
            )
            for word in (name, UNKNOWN)
        ]
        same_but_for(name, *answers)


def test_nothing_is_suggested_that_is_hidden(own: dict[str, str], mel: Caller) -> None:
    for name in HIDDEN_NAMES:
        near = f"{name}s"
        for answer in (mel.post("/customer", {"name": "x", near: 1}), mel.get(f"/customer?sort={near}")):
            assert name not in answer.get_data(as_text=True).replace(near, "")


def test_hidden_fields_of_lines_are_unknown_too(own: dict[str, str], mel: Caller) -> None:
    for path in ('/sales_order?filter={"field":"lines.%s","op":"gt","value":1}', "/sales_order?sort=lines.%s"):
        same_but_for("cost", mel.get(path % "cost"), mel.get(path % UNKNOWN))
    measures = [{"measures": [{"function": "sum", "field": f"lines.{name}", "name": "n"}]} for name in ("cost", UNKNOWN)]
    same_but_for("cost", *(mel.post("/sales_order/aggregate", body) for body in measures))
    lines = [{"lines": [{"product": own["product"], "unit_price": "5", name: "1"}]} for name in ("cost", UNKNOWN)]
    same_but_for("cost", *(mel.patch(f"/sales_order/{own['order']}", body) for body in lines))


def test_words_of_hidden_fields_find_nothing(own: dict[str, str], ann: Caller, mel: Caller) -> None:
    assert len(ann.get(f"/customer?q={TAX}").get_json()["items"]) == 1
    for path in (f"/customer?q={TAX}", f"/customer?q={TAX[:6]}", f"/sales_order/options/customer?q={TAX}"):
        assert mel.get(path).get_json()["items"] == [], path


def test_hidden_values_do_not_come_along_with_a_lookup(own: dict[str, str], ann: Caller, mel: Caller) -> None:
    line = {"product": own["product"], "unit_price": "5"}
    made = mel.made("/sales_order", {"customer": own["customer"], "lines": [line]})
    assert (made["payment_terms"], made["ship_name"]) == (None, "Acme")
    seen = ann.get(f"/sales_order/{made['id']}").get_json()
    assert [line["cost"] for line in seen["lines"]] == ["3.0000"]  # hidden there and here: it may go from one to the other


def test_a_clash_tells_nothing_of_hidden_fields(own: dict[str, str], ann: Caller, mel: Caller) -> None:
    path = f"/customer/{own['customer']}"
    version = mel.get(path).get_json()["version"]
    ann.patch(path, {"credit_limit": "7654321.50", "street": "Theirs"})
    answer = mel.patch(path, {"version": version, "street": "Mine"})
    assert answer.status_code == 409
    assert [clash["field"] for clash in answer.get_json()["clashes"]] == ["street"]
    assert "7654321" not in answer.get_data(as_text=True)
    assert mel.patch(path, {"version": version, "postal_code": "28001"}).status_code == 200


def test_a_save_leaves_hidden_values_alone(own: dict[str, str], ann: Caller, mel: Caller) -> None:
    path = f"/customer/{own['customer']}"
    before = ann.get(path).get_json()
    mel.patch(path, {"remarks": "seen"})
    lines = mel.get(f"/sales_order/{own['order']}").get_json()["lines"]
    costs = [line["cost"] for line in ann.get(f"/sales_order/{own['order']}").get_json()["lines"]]
    assert mel.patch(f"/sales_order/{own['order']}", {"lines": lines}).status_code == 200
    after = ann.get(path).get_json()
    assert [line["cost"] for line in ann.get(f"/sales_order/{own['order']}").get_json()["lines"]] == costs
    assert {name: after[name] for name in HIDDEN_NAMES} == {name: before[name] for name in HIDDEN_NAMES}


def test_pages_show_and_ask_nothing_of_hidden_fields(work: Workplace, own: dict[str, str], mel: Caller) -> None:
    visitor, customer = work.visitor("mel"), own["customer"]
    record = f"/m/customer/{customer}"
    paths = [record, f"{record}?tab=changes", f"{record}/changes", f"{record}/edit", "/m/customer", "/m/customer?view=*", "/"]
    paths += [f"/m/sales_order/{own['order']}", f"/m/sales_order/{own['order']}/edit", "/search?q=Acme", f"/search?q={TAX}"]
    paths += ["/m/customer/new", "/m/customer/filter", f"/m/customer?q={TAX}", f"/m/sales_order/{own['order']}/changes"]
    for path in paths:
        text = visitor.client.get(path, buffered=True).get_data(as_text=True).replace(f'value="{TAX}"', "")
        assert not [secret for secret in SECRETS if secret in text.replace(f"q={TAX}", "").replace(f"“{TAX}”", "")], path
        if "/customer" in path:
            assert not [name for name in HIDDEN_NAMES if f'name="/{name}' in text], path
    for name in ("credit_limit", UNKNOWN):
        for query in (f"sort={name}", f'f={{"field":"{name}","op":"gt","value":1}}'):
            assert visitor.client.get(f"/m/customer?{query}").status_code < 500
