"""PLT-26: every module, bundled or custom, has a standard programming interface under the caller's own permissions."""

import json

import pytest

from tessera.security.scopes import Scopes
from tests.api.service import Caller
from tests.features.workplace import Workplace

VEHICLE = {
    "label": "Vehicle",
    "label_plural": "Vehicles",
    "title_field": "plate",
    "fields": {
        "plate": {"type": "text", "label": "Plate", "required": True},
        "seats": {"type": "integer", "label": "Seats"},
    },
}
READING_CUSTOMERS = Scopes(frozenset({"customer"}), frozenset({"read"}))


def seats(at_least: int) -> str:
    return f"/x_vehicle?filter={json.dumps({'field': 'seats', 'op': 'gte', 'value': at_least})}"


@pytest.mark.feature("PLT-26")
def test_a_staff_token_works_on_a_custom_module_and_one_without_rights_is_forbidden(work: Workplace) -> None:
    """With a staff token create, read, filter and update a record; with a token lacking rights the same calls: forbidden."""
    work.change({"op": "add", "path": "modules/x_vehicle", "value": VEHICLE})
    staff = work.caller("staff", "member")
    lacking = work.caller("staff", scopes=READING_CUSTOMERS)

    made = staff.made("/x_vehicle", {"plate": "1234 BCD", "seats": 3})
    staff.made("/x_vehicle", {"plate": "5678 FGH", "seats": 2})
    path = f"/x_vehicle/{made['id']}"
    assert staff.get(path).get_json()["plate"] == "1234 BCD"
    assert [row["id"] for row in staff.get(seats(3)).get_json()["items"]] == [made["id"]]
    assert staff.patch(path, {"seats": 5}).get_json()["seats"] == 5
    assert [row["plate"] for row in staff.get(seats(5)).get_json()["items"]] == ["1234 BCD"]

    refused = [
        lacking.post("/x_vehicle", {"plate": "9999 XXX"}),
        lacking.get(path),
        lacking.get(seats(3)),
        lacking.patch(path, {"seats": 9}),
        lacking.delete(path),
        lacking.post("/x_vehicle/query", {}),
        lacking.post("/x_vehicle/aggregate", {"measures": [{"function": "count", "name": "n"}]}),
        lacking.post("/x_vehicle/bulk", {"operation": "create", "rows": [{"plate": "9999 XXX"}]}),
        lacking.post("/batch", {"operations": [{"operation": "delete", "module": "x_vehicle", "record": made["id"]}]}),
    ]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in refused] == [(403, "forbidden")] * len(refused)
    assert staff.get(path).get_json()["seats"] == 5
    assert staff.delete(path).status_code == 204
    assert staff.get(path).status_code == 404


def test_the_rights_of_a_custom_module_are_those_of_any_other(work: Workplace) -> None:
    work.change({"op": "add", "path": "modules/x_vehicle", "value": VEHICLE})
    mine = work.caller("mel", "member").made("/x_vehicle", {"plate": "1234 BCD"})
    other: Caller = work.caller("moe", "member")
    for path in (f"/customer/{mine['id']}", f"/x_vehicle/{mine['id']}"):
        assert other.get(path).get_json()["code"] == "not_found"
        assert other.patch(path, {}).get_json()["code"] == "not_found"
