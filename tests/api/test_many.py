"""Many rows and several objects in one request."""

import pytest

from tests.api.service import Caller, Service


def names(caller: Caller) -> list[str]:
    return [row["name"] for row in caller.get("/customer?sort=name").get_json()["items"]]


def test_rows_are_made_changed_and_deleted_together(ann: Caller) -> None:
    made = ann.made("/customer/bulk", {"operation": "create", "rows": [{"name": "A"}, {"name": "B"}]})["results"]
    assert [result["status"] for result in made] == [201, 201]
    ids = [result["record"]["id"] for result in made]
    changed = ann.made("/customer/bulk", {"operation": "update", "rows": [{"id": ids[0], "name": "C"}]})["results"]
    assert changed[0]["record"]["version"] == 2
    assert names(ann) == ["B", "C"]
    ann.made("/customer/bulk", {"operation": "delete", "rows": ids})
    assert names(ann) == []


def test_all_or_nothing_means_nothing(ann: Caller) -> None:
    answer = ann.post("/customer/bulk", {"operation": "create", "rows": [{"name": "A"}, {"email": "nonsense"}]})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.get_json()["errors"]} == {"/rows/1/name", "/rows/1/email"}
    assert names(ann) == []


def test_each_row_for_itself_gets_a_result_of_its_own(ann: Caller) -> None:
    rows = [{"name": "A", "code": "1"}, {"name": ""}, {"name": "B", "code": "1"}, {"name": "C", "code": "2"}]
    results = ann.made("/customer/bulk", {"operation": "create", "mode": "per_row", "rows": rows})["results"]
    assert [result["status"] for result in results] == [201, 422, 422, 201]
    assert results[2]["error"]["errors"][0]["pointer"] == "/code"
    assert names(ann) == ["A", "C"]


def test_rows_of_others_are_not_touched(service: Service, mel: Caller) -> None:
    foreign = service.caller("moe").made("/customer", {"name": "Moe's"})["id"]
    own = mel.made("/customer", {"name": "Mel's"})["id"]
    for mode, statuses in (("per_row", [200, 404]), ("all_or_nothing", None)):
        rows = [{"id": own, "city": mode}, {"id": foreign, "city": mode}]
        answer = mel.post("/customer/bulk", {"operation": "update", "mode": mode, "rows": rows})
        if statuses is None:
            assert answer.status_code == 404
        else:
            assert [result["status"] for result in answer.get_json()["results"]] == statuses
    assert mel.get(f"/customer/{own}").get_json()["city"] == "per_row"
    assert service.caller("moe").get(f"/customer/{foreign}").get_json()["city"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operation": "create", "rows": []},
        {"operation": "create", "rows": [1]},
        {"operation": "fly", "rows": [{}]},
        {"operation": "update", "rows": [{"name": "no id"}]},
        {"operation": "update", "rows": [{"id": "0190a1b2-0000-7000-8000-000000000001"}] * 2},
        {"operation": "delete", "rows": ["x"]},
        {"operation": "create", "rows": [{}] * 10_001},
        {"operation": "create", "rows": [{"name": "A"}], "surprise": 1},
    ],
)
def test_a_bulk_body_that_does_not_fit_is_refused(ann: Caller, body: dict[str, object]) -> None:
    assert ann.post("/customer/bulk", body).status_code == 422


def test_a_batch_makes_objects_that_point_to_each_other(ann: Caller) -> None:
    operations = [
        {"id": "p", "operation": "create", "module": "product", "values": {"code": "P", "name": "Pen", "price": "2"}},
        {"id": "c", "operation": "create", "module": "customer", "values": {"name": "Acme"}},
        {
            "id": "o",
            "operation": "create",
            "module": "sales_order",
            "values": {"customer": {"$ref": "c.id"}, "lines": [{"product": "@{p.id}", "quantity": 3}]},
        },
        {"operation": "update", "module": "customer", "record": {"$ref": "c.id"}, "values": {"notes": "first: @{o.number}"}},
    ]
    results = ann.made("/batch", {"operations": operations})["results"]
    assert [(r.get("id"), r["status"]) for r in results] == [("p", 201), ("c", 201), ("o", 201), (None, 200)]
    assert results[2]["record"]["customer"] == results[1]["record"]["id"]
    assert results[2]["record"]["total"] == "6.0000"
    assert results[3]["record"]["notes"] == f"first: {results[2]['record']['number']}"


def test_a_batch_that_fails_leaves_nothing_and_says_where(ann: Caller) -> None:
    good = {"id": "c", "operation": "create", "module": "customer", "values": {"name": "Acme"}}
    bad_values = {"operation": "create", "module": "customer", "values": {"level": "z"}}
    answer = ann.post("/batch", {"operations": [good, bad_values]})
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.get_json()["errors"]} == {"/operations/1/values/name", "/operations/1/values/level"}
    missing = {"operation": "delete", "module": "customer", "record": "0190a1b2-0000-7000-8000-000000000001"}
    answer = ann.post("/batch", {"operations": [good, missing]})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (404, "/operations/1")
    assert names(ann) == []


@pytest.mark.parametrize(
    ("operations", "pointer"),
    [
        ([{"operation": "update", "module": "customer", "values": {}}], "/operations/0/record"),
        ([{"operation": "create", "module": "customer"}], "/operations/0/values"),
        ([{"operation": "create", "module": "customer", "values": {"name": {"$ref": "later.id"}}}], "/operations/0/values/name"),
        ([{"operation": "create", "module": "customer", "values": {"name": "@{later.id}"}}], "/operations/0/values/name"),
        ([{"operation": "delete", "module": "customer", "record": {"$ref": 7}}], "/operations/0/record"),
        ([{"id": "a", "operation": "create", "module": "customer", "values": {"name": "A"}}] * 2, "/operations/1/id"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(ann: Caller, operations: list[object], pointer: str) -> None:
    answer = ann.post("/batch", {"operations": operations})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_a_key_makes_a_request_once(ann: Caller) -> None:
    key = {"Idempotency-Key": "order-1"}
    first, again = (ann.post("/customer", {"name": "Acme"}, headers=key) for _ in range(2))
    assert (again.status_code, again.get_data()) == (201, first.get_data())
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert names(ann) == ["Acme"]
    other = ann.post("/customer", {"name": "Other"}, headers=key)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_one_person_and_one_address(ann: Caller, mel: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    assert ann.post("/customer", {"name": "A"}, headers=key).status_code == 201
    assert mel.post("/customer", {"name": "A"}, headers=key).status_code == 201
    assert ann.post("/product", {"name": "A", "code": "A"}, headers=key).status_code == 201


def test_a_validation_error_leaves_the_key_free(ann: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    assert ann.post("/customer", {"name": ""}, headers=key).status_code == 422
    assert ann.post("/customer", {"name": "Acme"}, headers=key).status_code == 201


def test_a_refusal_by_execution_is_kept(ann: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    path = f"/customer/{ann.made('/customer', {'name': 'Acme'})['id']}"
    ann.patch(path, {"city": "Vigo"})
    first = ann.patch(path, {"city": "Lugo", "version": 1}, headers=key)
    again = ann.patch(path, {"city": "Lugo", "version": 1}, headers=key)
    assert first.status_code == again.status_code == 409
    assert first.get_data() == again.get_data()
    assert again.headers["Content-Type"] == "application/problem+json"


def test_a_deletion_with_a_key_is_answered_twice_alike(ann: Caller) -> None:
    path = f"/customer/{ann.made('/customer', {'name': 'Acme'})['id']}"
    assert [ann.delete(path, headers={"Idempotency-Key": "k"}).status_code for _ in range(2)] == [204, 204]
    assert ann.delete(path).status_code == 404


@pytest.mark.parametrize(("key", "status"), [("x" * 255, 201), ("x" * 256, 400)])
def test_a_key_has_a_length(ann: Caller, key: str, status: int) -> None:
    assert ann.post("/customer", {"name": "Acme"}, headers={"Idempotency-Key": key}).status_code == status
