"""PLT-03 to PLT-05, what stands behind them: layouts, picklists and shared dictionaries changed by a tenant.

Their studio pages are of later parts; the ids are claimed where those are checked.
"""

import json
from typing import Any

import pytest

from tests.api.service import Caller
from tests.features.workplace import Workplace, by_key

LAYOUT = "modules/customer/layouts/default"


def arranged(caller: Caller) -> dict[str, list[str]]:
    """The fields of each section of the Customer page, by `tab/section`."""
    layout = by_key(caller.get("/customer/describe").get_json()["layouts"])["default"]
    return {
        f"{tab['key']}/{section['key']}": [field["key"] for field in section["fields"]]
        for tab in layout["tabs"]
        for section in tab["sections"]
    }


def test_a_field_moves_to_a_new_section_and_another_goes_while_data_stay(work: Workplace, ann: Caller) -> None:
    """PLT-03: move Industry into a new section and hide Fax on the Customer layout."""
    made = ann.made("/customer", {"name": "Acme", "industry": "energy", "fax": "123"})
    before = arranged(ann)
    assert "industry" in before["details/main"]
    assert "fax" in before["details/reach"]
    work.change(
        {
            "op": "add",
            "path": f"{LAYOUT}/tabs/details/sections/x_business",
            "value": {"label": "Business", "fields": ["industry"]},
            "after": "main",
        },
        {"op": "remove", "path": f"{LAYOUT}/tabs/details/sections/main/fields/industry"},
        {"op": "remove", "path": f"{LAYOUT}/tabs/details/sections/reach/fields/fax"},
    )
    after = arranged(ann)
    assert after["details/x_business"] == ["industry"]
    assert list(after)[:2] == ["details/main", "details/x_business"]
    assert "fax" not in after["details/reach"]
    assert after["details/main"] == [key for key in before["details/main"] if key != "industry"]
    kept = ann.get(f"/customer/{made['id']}").get_json()
    assert (kept["industry"], kept["fax"]) == ("energy", "123")


def test_fields_and_columns_change_their_order(work: Workplace, ann: Caller) -> None:
    work.change(
        {"op": "move", "path": f"{LAYOUT}/tabs/details/sections/main/fields/status", "after": ""},
        {"op": "move", "path": "modules/customer/views/all/columns/city", "after": "name"},
    )
    assert arranged(ann)["details/main"][0] == "status"
    columns = by_key(ann.get("/customer/describe").get_json()["views"])["all"]["columns"]
    assert columns[:2] == ["name", "city"]


def test_a_retired_value_is_shown_and_found_but_not_chosen(work: Workplace, ann: Caller) -> None:
    """PLT-04: retire Fair in Customer Source; new records cannot choose it, old ones still show it, filters still find them."""
    old = ann.made("/customer", {"name": "Old", "source": "fair"})
    other = ann.made("/customer", {"name": "Other", "source": "website"})
    work.change({"op": "remove", "path": "picklists/customer_sources/values/fair"})
    assert ann.get(f"/customer/{old['id']}").get_json()["source"] == "fair"
    choices = by_key(by_key(ann.get("/customer/describe").get_json()["fields"])["source"]["choices"])
    assert (choices["fair"]["label"], choices["fair"]["retired"]) == ("Fair", True)
    refused = [
        ann.post("/customer", {"name": "New", "source": "fair"}),
        ann.patch(f"/customer/{other['id']}", {"source": "fair"}),
    ]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert {answer.get_json()["errors"][0]["pointer"] for answer in refused} == {"/source"}
    found = ann.get("/customer", query_string={"filter": json.dumps({"field": "source", "op": "eq", "value": "fair"})})
    assert [row["name"] for row in found.get_json()["items"]] == ["Old"]
    kept = ann.patch(f"/customer/{old['id']}", {"source": "fair", "city": "Madrid"})
    assert (kept.status_code, kept.get_json()["source"]) == (200, "fair")


def test_values_are_added_renamed_and_put_in_another_order(work: Workplace, ann: Caller) -> None:
    path = "picklists/customer_sources/values"
    work.change(
        {"op": "add", "path": f"{path}/x_radio", "value": {"label": "Radio"}, "after": "referral"},
        {"op": "change", "path": f"{path}/website/label", "value": "Web shop"},
        {"op": "move", "path": f"{path}/other", "after": ""},
    )
    choices = by_key(ann.get("/customer/describe").get_json()["fields"])["source"]["choices"]
    assert [choice["key"] for choice in choices][:3] == ["other", "referral", "x_radio"]
    assert by_key(choices)["website"]["label"] == "Web shop"
    ann.made("/customer", {"name": "B", "source": "x_radio"})
    ann.made("/customer", {"name": "A", "source": "other"})
    assert [row["name"] for row in ann.get("/customer?sort=source").get_json()["items"]] == ["A", "B"]


@pytest.fixture
def regions(work: Workplace) -> Workplace:
    """A shared tree that Customer and Supplier both offer."""
    values = {"spain": {"label": "Spain"}, "galicia": {"label": "Galicia", "parent": "spain"}}
    field = {"type": "picklist", "label": "Sales region", "picklist": "x_regions"}
    work.change(
        {"op": "add", "path": "picklists/x_regions", "value": {"label": "Regions", "tree": True, "values": values}},
        {"op": "add", "path": "modules/customer/fields/x_region", "value": field},
        {"op": "add", "path": "modules/supplier/fields/x_region", "value": field},
    )
    return work


def test_nodes_of_a_shared_tree_are_offered_by_every_module_that_uses_it(regions: Workplace, ann: Caller) -> None:
    """PLT-05: add Province > City nodes to the Region dictionary; Customer and Supplier offer them at once."""
    regions.change(
        {"op": "add", "path": "picklists/x_regions/values/x_lugo", "value": {"label": "Lugo", "parent": "galicia"}},
        {"op": "add", "path": "picklists/x_regions/values/x_monforte", "value": {"label": "Monforte", "parent": "x_lugo"}},
    )
    for module in ("customer", "supplier"):
        choices = by_key(by_key(ann.get(f"/{module}/describe").get_json()["fields"])["x_region"]["choices"])
        assert (choices["x_monforte"]["label"], choices["x_monforte"]["parent"]) == ("Monforte", "x_lugo")
        ann.made(f"/{module}", {"name": "In the city", "x_region": "x_monforte"})
        ann.made(f"/{module}", {"name": "In the country", "x_region": "spain"})
        assert named(ann, module, {"field": "x_region", "op": "under", "value": "galicia"}) == ["In the city"]
        assert named(ann, module, {"field": "x_region", "op": "under", "value": "spain"}) == ["In the city", "In the country"]


def named(caller: Caller, module: str, condition: dict[str, Any]) -> list[str]:
    answer = caller.get(f"/{module}", query_string={"filter": json.dumps(condition), "sort": "name"})
    return [row["name"] for row in answer.get_json()["items"]]
