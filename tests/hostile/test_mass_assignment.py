"""Only what is meant to be set can be set: not the columns behind a record, in whatever body they come."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.service import Caller
from tests.features.workplace import Workplace

MOMENT = "2001-01-01T00:00:00Z"
SYSTEM: dict[str, Any] = {
    "id": "01900000-0000-7000-8000-000000000001",
    "version": 99,
    "created_at": MOMENT,
    "created_by": None,
    "updated_at": MOMENT,
    "updated_by": None,
    "deleted_at": MOMENT,
    "deleted_by": None,
    "search_text": "found by this",
    "_row": 1,
    "rowid": 1,
    "__class__": "x",
    "order_count": 7,
    "credit_left": "1.00",
    "claimed_on": "2001-01-01",
}


@pytest.mark.parametrize("name", SYSTEM)
def test_no_body_sets_what_the_product_keeps(name: str, ann: Caller, mel: Caller) -> None:
    given = {name: SYSTEM[name] or str(uuid4())}
    record = ann.made("/customer", {"name": "Acme"})
    untouched = ann.get(f"/customer/{record['id']}").get_json()
    operations = [{"operation": "create", "module": "customer", "values": {"name": "Mass", **given}}]
    for answer in (
        ann.post("/customer", {"name": "Mass", **given}),
        ann.post("/batch", {"operations": operations}),
        ann.post("/customer/bulk", {"operation": "create", "rows": [{"name": "Mass", **given}]}),
    ):
        made = answer.get_json()
        if answer.status_code < 300:  # taken as a word without meaning: then it has none
            made = made["results"][0]["record"] if "results" in made else made
            assert made["id"] != SYSTEM["id"]
            assert (made["version"], made["order_count"], made["claimed_on"]) == (1, 0, None)
            assert made["created_at"][:4] != "2001"
        else:
            assert answer.status_code in (400, 422)
    if name not in ("id", "version"):
        assert ann.patch(f"/customer/{record['id']}", given).status_code == 422
    assert ann.get(f"/customer/{record['id']}").get_json() == untouched
    assert ann.get("/customer?q=found by this").get_json()["items"] == []


def test_lines_are_of_their_own_record(ann: Caller) -> None:
    product = ann.made("/product", {"code": f"P{uuid4().hex[:6]}", "name": "Pen"})["id"]
    customer = ann.made("/customer", {"name": "Acme"})["id"]
    line = {"product": product, "unit_price": "5"}
    first, second = (ann.made("/sales_order", {"customer": customer, "lines": [line]}) for _ in range(2))
    stolen = {**line, "id": first["lines"][0]["id"], "unit_price": "1"}
    assert ann.patch(f"/sales_order/{second['id']}", {"lines": [stolen]}).status_code == 422
    for given in ({"parent_id": first["id"]}, {"position": 7}, {"net": "1"}, {"base_net": "1"}):
        assert ann.patch(f"/sales_order/{second['id']}", {"lines": [{**line, **given}]}).status_code == 422, given
    assert ann.get(f"/sales_order/{first['id']}").get_json()["lines"] == first["lines"]
    assert ann.get(f"/sales_order/{second['id']}").get_json()["lines"] == second["lines"]


def test_an_owner_is_an_active_user(ann: Caller, mel: Caller, work: Workplace) -> None:
    customer = ann.made("/customer", {"name": "Acme"})["id"]
    for owner in (str(uuid4()), customer, "me; drop", 5, [], {"id": customer}):
        answer = ann.patch(f"/customer/{customer}", {"owner": owner})
        assert answer.status_code == 422, owner
        assert answer.get_json()["errors"][0]["pointer"] == "/owner"
    assert ann.patch(f"/customer/{customer}", {"owner": str(work.people["mel"])}).status_code == 200
    assert mel.get(f"/customer/{customer}").status_code == 200
