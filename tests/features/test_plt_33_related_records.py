"""PLT-33: modules link by lookups, and each parent record shows its related lists."""

import json

import pytest

from tests.api.service import Caller
from tests.features.pages import links_of
from tests.features.workplace import Workplace, by_key

VEHICLE = {
    "label": "Vehicle",
    "label_plural": "Vehicles",
    "title_field": "plate",
    "fields": {
        "plate": {"type": "text", "label": "Plate", "required": True},
        "customer": {"type": "lookup", "label": "Customer", "module": "customer"},
        "drivers": {"type": "multi_lookup", "label": "Drivers", "module": "contact"},
    },
}


@pytest.fixture
def fleet(work: Workplace) -> Workplace:
    work.change({"op": "add", "path": "modules/x_vehicle", "value": VEHICLE})
    return work


@pytest.mark.feature("PLT-33")
def test_the_customers_page_lists_its_vehicles_with_new_that_knows_the_customer(fleet: Workplace, ann: Caller) -> None:
    """A lookup from Vehicle to Customer puts a Vehicles list on the customer page with New, which pre-fills the customer."""
    acme, bolt = (ann.made("/customer", {"name": name})["id"] for name in ("Acme", "Bolt"))
    ann.made("/x_vehicle", {"plate": "1234 BCD", "customer": acme})
    ann.made("/x_vehicle", {"plate": "5678 FGH", "customer": bolt})
    visitor = fleet.visitor("ann")
    page = visitor.get(f"/m/customer/{acme}?tab=related")
    assert "Vehicles" in page
    assert "1234 BCD" in page
    assert "5678 FGH" not in page

    new = links_of(page)["New vehicle"]
    form = visitor.form(new)
    assert (form["/customer"], form["/customer~text"]) == (acme, "Acme")
    assert visitor.send(new, {"/plate": "9012 JKL"}).status_code == 303
    page = visitor.get(f"/m/customer/{acme}?tab=related")
    assert "9012 JKL" in page
    made = ann.get("/x_vehicle", query_string={"sort": "-plate", "limit": 1}).get_json()["items"][0]
    assert (made["plate"], made["customer"]) == ("9012 JKL", acme)


def test_a_lookup_alone_puts_a_related_list_on_the_other_record(fleet: Workplace, ann: Caller) -> None:
    related = by_key(by_key(ann.get("/customer/describe").get_json()["layouts"])["default"]["related"])
    vehicles = next(entry for entry in related.values() if entry["module"] == "x_vehicle")
    assert (vehicles["field"], vehicles["label"]) == ("customer", "Vehicles")
    assert "plate" in vehicles["columns"]


def test_the_related_records_are_those_that_point_there(fleet: Workplace, ann: Caller) -> None:
    acme, bolt = (ann.made("/customer", {"name": name}) for name in ("Acme", "Bolt"))
    van = ann.made("/x_vehicle", {"plate": "1234 BCD", "customer": acme["id"]})
    ann.made("/x_vehicle", {"plate": "5678 FGH", "customer": bolt["id"]})
    filtered = json.dumps({"field": "customer", "op": "eq", "value": acme["id"]})
    assert [row["id"] for row in ann.get(f"/x_vehicle?filter={filtered}").get_json()["items"]] == [van["id"]]
    shown = ann.get(f"/x_vehicle/{van['id']}?expand=customer").get_json()["customer"]
    assert (shown["module"], shown["title"]) == ("customer", "Acme")


def test_many_to_many_is_found_from_both_sides(fleet: Workplace, ann: Caller) -> None:
    acme = ann.made("/customer", {"name": "Acme"})["id"]
    ana, bea = (ann.made("/contact", {"name": name, "customer": acme})["id"] for name in ("Ana", "Bea"))
    van = ann.made("/x_vehicle", {"plate": "1", "drivers": [bea, ana]})
    ann.made("/x_vehicle", {"plate": "2", "drivers": [ana]})
    assert ann.get(f"/x_vehicle/{van['id']}").get_json()["drivers"] == [bea, ana]
    driven = json.dumps({"field": "drivers", "op": "has_any", "value": [bea]})
    assert [row["plate"] for row in ann.get(f"/x_vehicle?filter={driven}").get_json()["items"]] == ["1"]
    by_name = json.dumps({"field": "drivers.name", "op": "eq", "value": "Ana"})
    assert [row["plate"] for row in ann.get(f"/x_vehicle?filter={by_name}&sort=plate").get_json()["items"]] == ["1", "2"]
