"""Many at once: keys sent again (R-06), edits of one record (R-24), figures over children (R-25),
numbers (R-14), records changed crosswise (R-22), and definitions that change meanwhile (R-11).
"""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from tessera.runtime.computed.recompute import recompute
from tests.api.service import Caller
from tests.features.workplace import Workplace, in_parallel

RECEIPT = {
    "label": "Receipt",
    "label_plural": "Receipts",
    "title_field": "number",
    "fields": {
        "number": {"type": "sequence", "label": "Number", "scheme": "R-{0000}", "gap_free": True, "unique": True},
        "amount": {"type": "money", "label": "Amount", "min": 0, "required": True},
        "reference": {"type": "text", "label": "Reference", "unique": True},
    },
}


@pytest.fixture(scope="module")
def product(ann: Caller) -> str:
    return str(ann.made("/product", {"code": "P", "name": "Pen"})["id"])


# -- R-06 ---------------------------------------------------------------------------------------------------------


def test_a_key_sent_fifty_times_at_once_has_one_effect(work: Workplace, ann: Caller) -> None:
    name, key = f"Once {uuid4()}", {"Idempotency-Key": f"key {uuid4()}"}
    answers = in_parallel(lambda _: work.again(ann).post("/customer", {"name": name}, headers=key), 50)
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert {answer.get_json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_key_in_progress"}
    assert len({answer.get_data() for answer in answers if answer.status_code == 201}) == 1
    again = ann.post("/customer", {"name": name}, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    condition = json.dumps({"field": "name", "op": "eq", "value": name})
    assert len(ann.get("/customer", query_string={"filter": condition}).get_json()["items"]) == 1
    assert ann.post("/customer", {"name": f"{name}!"}, headers=key).status_code == 422
    assert ann.post("/warehouse", {"name": name, "code": "W1"}, headers=key).status_code == 201  # another address, another key


def test_keys_of_different_people_and_of_refusals_are_free(work: Workplace, ann: Caller, mel: Caller) -> None:
    key = {"Idempotency-Key": f"key {uuid4()}"}
    assert ann.post("/customer", {"name": ""}, headers=key).status_code == 422
    first = ann.post("/customer", {"name": "Ann's"}, headers=key).get_json()["id"]
    second = mel.post("/customer", {"name": "Ann's"}, headers=key)
    assert second.status_code == 201
    assert second.get_json()["id"] != first
    assert "Idempotent-Replayed" not in second.headers


def test_a_whole_batch_under_one_key_happens_once(work: Workplace, ann: Caller) -> None:
    name, key = f"Batch {uuid4()}", {"Idempotency-Key": f"key {uuid4()}"}
    operations = [{"id": f"c{n}", "operation": "create", "module": "customer", "values": {"name": name}} for n in range(5)]
    in_parallel(lambda _: work.again(ann).post("/batch", {"operations": operations}, headers=key), 20)
    condition = json.dumps({"field": "name", "op": "eq", "value": name})
    assert len(ann.get("/customer", query_string={"filter": condition}).get_json()["items"]) == 5


# -- R-24 ---------------------------------------------------------------------------------------------------------


def test_of_fifty_edits_of_one_field_none_is_lost_silently(work: Workplace, ann: Caller) -> None:
    record = ann.made("/customer", {"name": "Acme", "remarks": "0"})
    path = f"/customer/{record['id']}"

    def edit(number: int) -> tuple[int, str]:
        body = {"version": record["version"], "remarks": f"edit {number}"}
        answer = work.again(ann).patch(path, body)
        if answer.status_code == 409:
            (clash,) = answer.get_json()["clashes"]
            assert (clash["field"], clash["base"], clash["submitted"]) == ("remarks", "0", body["remarks"])
            assert clash["current"].startswith("edit ")
        return answer.status_code, body["remarks"]

    outcomes = in_parallel(edit, 50)
    won = [text for status, text in outcomes if status == 200]
    assert Counter(status for status, _ in outcomes) == {200: 1, 409: 49}
    final = ann.get(path).get_json()
    assert (final["remarks"], final["version"]) == (won[0], record["version"] + 1)


def test_edits_of_different_fields_all_hold(work: Workplace, ann: Caller) -> None:
    record = ann.made("/customer", {"name": "Acme"})
    path = f"/customer/{record['id']}"
    fields = ["street", "postal_code", "city", "region", "tax_number", "phone", "fax", "remarks", "value_score", "follow_up_days"]
    changes = {key: str(10 + n) if n < 8 else 10 + n for n, key in enumerate(fields)}

    def edit(number: int) -> int:
        key = fields[number % len(fields)]
        return work.again(ann).patch(path, {"version": record["version"], key: changes[key]}).status_code

    assert set(in_parallel(edit, 50)) == {200}
    final = ann.get(path).get_json()
    assert {key: final[key] for key in fields} == changes
    assert final["version"] == record["version"] + len(fields)  # five times the same is one change


def test_parallel_edits_without_a_version_all_stand_in_the_history(work: Workplace, ann: Caller) -> None:
    record = ann.made("/customer", {"name": "Acme"})
    path = f"/customer/{record['id']}"
    statuses = in_parallel(lambda n: work.again(ann).patch(path, {"remarks": f"edit {n}"}).status_code, 50)
    assert statuses == [200] * 50
    context = work.installed.context()
    with work.tenant.session(context, write=False) as session:
        entries = session.records.history("customer", record["id"], limit=100)
    assert len(entries) == 51
    assert ann.get(path).get_json()["version"] == 51


# -- R-25 ---------------------------------------------------------------------------------------------------------


def test_figures_over_children_hold_whatever_happens_to_them_at_once(work: Workplace, ann: Caller, product: str) -> None:
    customers = [ann.made("/customer", {"name": f"Parent {n}"})["id"] for n in range(3)]

    def values(n: int) -> dict[str, object]:
        line = {"product": product, "quantity": f"{n % 4 + 1}.5", "unit_price": "3.3333"}
        return {"customer": customers[n % 3], "status": "approved", "lines": [line] * (n % 3 + 1)}

    def live(n: int) -> list[int]:
        caller = work.again(ann)
        made = caller.post("/sales_order", values(n))
        path = f"/sales_order/{made.get_json()['id']}"
        done = [made.status_code]
        if n % 4 == 1:
            done.append(caller.patch(path, {"customer": customers[(n + 1) % 3]}).status_code)
        elif n % 4 == 2:
            done.append(caller.patch(path, {"status": "cancelled", "cancel_reason": "x"}).status_code)
        elif n % 4 == 3:
            done += [caller.delete(path).status_code, caller.post(f"{path}/restore").status_code]
        return done

    outcomes = in_parallel(live, 48)
    assert {status for outcome in outcomes for status in outcome} <= {200, 201, 204}
    for customer in customers:
        stored = ann.get(f"/customer/{customer}").get_json()
        filters = [{"field": "customer", "op": "eq", "value": customer}, {"field": "status", "op": "ne", "value": "cancelled"}]
        measures = [
            {"function": "count", "name": "n"},
            {"function": "sum", "field": "base_net", "name": "net"},
            {"function": "sum", "field": "base_total", "name": "total"},
        ]
        (told,) = ann.post("/sales_order/aggregate", {"measures": measures, "filter": {"and": filters}}).get_json()["items"]
        assert stored["order_count"] == told["n"]
        assert Decimal(stored["sales_total"]) == Decimal(told["net"])
        assert Decimal(stored["open_amount"]) == Decimal(told["total"])
    report = recompute(work.tenant.database, work.tenant.catalog, now=work.runtime.clock.now())
    assert report.differences == ()


# -- R-14 ---------------------------------------------------------------------------------------------------------


def test_gap_free_numbers_have_no_gaps_though_a_third_of_the_saves_fail(work: Workplace, ann: Caller) -> None:
    work.change({"op": "add", "path": "modules/x_receipt", "value": RECEIPT})
    ann.made("/x_receipt", {"amount": "1", "reference": "taken"})

    def save(n: int) -> str | None:
        caller = work.again(ann)
        if n % 3 == 0:  # refused by the database, after its number was drawn
            answer = caller.post("/x_receipt", {"amount": "1", "reference": "taken"})
        elif n % 7 == 0:  # a batch whose last operation fails takes the first one's number back
            create = {"operation": "create", "module": "x_receipt"}
            answer = caller.post(
                "/batch", {"operations": [{**create, "values": {"amount": "1"}}, {**create, "values": {"amount": "-1"}}]}
            )
        else:
            answer = caller.post("/x_receipt", {"amount": "1"})
        assert answer.status_code in (201, 422), answer.get_data(as_text=True)
        return answer.get_json()["number"] if answer.status_code == 201 else None

    drawn = [number for number in in_parallel(save, 60) if number is not None]
    assert sorted(drawn) == [f"R-{number:04}" for number in range(2, len(drawn) + 2)]


def test_numbers_begun_anew_step_over_those_that_are_taken(work: Workplace, ann: Caller) -> None:
    """A counter that begins earlier than before: what has been given away stays with its record."""
    field = {"type": "sequence", "label": "Number", "scheme": "Q-{YYYY}-{000}", "reset": "never", "unique": True}
    module = {"label": "Claim", "label_plural": "Claims", "title_field": "number", "fields": {"number": field}}
    work.change({"op": "add", "path": "modules/x_claim", "value": module})
    before = [ann.made("/x_claim", {})["number"] for _ in range(3)]
    work.change({"op": "change", "path": "modules/x_claim/fields/number/reset", "value": "year"})
    after = in_parallel(lambda _: work.again(ann).post("/x_claim", {}), 10)
    assert [answer.status_code for answer in after] == [201] * 10
    numbers = [*before, *(answer.get_json()["number"] for answer in after)]
    assert [number[-3:] for number in sorted(numbers)] == [f"{n:03}" for n in range(1, 14)]


# -- R-22 ---------------------------------------------------------------------------------------------------------


def test_records_changed_in_opposite_orders_are_no_trouble_for_anybody(work: Workplace, ann: Caller, product: str) -> None:
    """Batches touch two customers and an order of each, in either order: the figures of one wait for those of the other."""
    customers = [ann.made("/customer", {"name": f"Cross {n}"})["id"] for n in range(2)]
    line = {"product": product, "quantity": "1", "unit_price": "10"}
    orders = [ann.made("/sales_order", {"customer": one, "status": "approved", "lines": [line]})["id"] for one in customers]

    def cross(n: int) -> int:
        ways = (0, 1) if n % 2 else (1, 0)
        operations: list[dict[str, Any]] = []
        for which in ways:
            lines = [{**line, "quantity": str(n + 1)}]
            order = {"module": "sales_order", "record": orders[which], "values": {"lines": lines}}
            customer = {"module": "customer", "record": customers[which], "values": {"city": str(n)}}
            new = {"module": "sales_order", "values": {"customer": customers[which], "status": "approved", "lines": [line]}}
            operations += [{"operation": "update", **order}, {"operation": "update", **customer}, {"operation": "create", **new}]
        return work.again(ann).post("/batch", {"operations": operations}).status_code

    assert set(in_parallel(cross, 40)) == {200}
    for customer, order in zip(customers, orders, strict=True):
        stored, changed = ann.get(f"/customer/{customer}").get_json(), ann.get(f"/sales_order/{order}").get_json()
        assert stored["order_count"] == 41
        assert Decimal(stored["open_amount"]) == Decimal(changed["grand_total"]) + 40 * 10
    assert len({ann.get(f"/customer/{customer}").get_json()["city"] for customer in customers}) == 1


# -- R-11 ---------------------------------------------------------------------------------------------------------


def test_people_go_on_working_while_definitions_change(work: Workplace, ann: Caller) -> None:
    stop = Event()

    def people(number: int) -> list[tuple[int, str]]:
        caller, told = work.again(ann), []
        while not stop.is_set():
            name = f"Meanwhile {number}-{len(told)}"
            made = caller.post("/customer", {"name": name})
            told.append((made.status_code, name))
            if made.status_code == 201:
                told.append((caller.patch(f"/customer/{made.get_json()['id']}", {"city": "Lugo"}).status_code, ""))
                told.append((caller.get("/customer?limit=3&sort=-created_at").status_code, ""))
        return told

    def publish(_: int) -> list[tuple[int, str]]:
        try:
            for number in range(5):
                path = f"modules/customer/fields/x_during_{number}"
                work.change(
                    {"op": "add", "path": path, "value": {"type": "integer", "label": "During", "index": True, "default": 7}}
                )
            work.change({"op": "remove", "path": "modules/customer/fields/x_during_0"})
        finally:
            stop.set()
        return []

    outcomes = in_parallel(lambda n: publish(n) if n == 4 else people(n), 5, threads=5)
    told = [one for outcome in outcomes for one in outcome]
    assert {status for status, _ in told} <= {200, 201, 409, 503}, Counter(status for status, _ in told)
    made = {name for status, name in told if status == 201}
    rows = [*pages(ann, {"field": "name", "op": "starts_with", "value": "Meanwhile "})]
    assert {row["name"] for row in rows} == made
    assert len(rows) == len(made)
    assert all("x_during_4" in row and "x_during_0" not in row for row in rows)
    assert ann.made("/customer", {"name": "After"})["x_during_4"] == 7


def pages(caller: Caller, condition: dict[str, object]) -> Iterator[dict[str, object]]:
    cursor = ""
    while True:
        query = {"filter": json.dumps(condition), "limit": "500", "cursor": cursor}
        answer = caller.get("/customer", query_string={key: value for key, value in query.items() if value}).get_json()
        yield from answer["items"]
        cursor = answer["next_cursor"]
        if not cursor:
            return
