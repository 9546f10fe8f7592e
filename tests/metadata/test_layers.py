"""Layering: what an overlay can do, what is kept of it, and what is parked."""

from collections.abc import Callable
from typing import Any

import pytest

from tessera.metadata.definitions import Definitions
from tessera.metadata.errors import AppErrors, OperationRefused
from tessera.metadata.layers import Effective, effective, with_base
from tessera.metadata.loader import load_app
from tessera.metadata.operations import Operation
from tessera.metadata.packages import AppPackage
from tessera.metadata.schema_check import SchemaCheck
from tests.metadata.conftest import WriteApp
from tests.metadata.sample_apps import FIELD_TYPES, SHOP

Lay = Callable[..., Effective]
FIELDS = "modules/sh_customer/fields"
TEXT = {"type": "text", "label": "Text"}


@pytest.fixture
def lay(packages: tuple[AppPackage, ...], checks: SchemaCheck) -> Lay:
    """The effective definitions of the sample apps under an overlay given as (op, path, more) tuples."""

    def laid(*operations: tuple[Any, ...]) -> Effective:
        overlay = [Operation(op=op, path=path, **(more[0] if more else {})) for op, path, *more in operations]
        return effective(packages, overlay, checks=checks)

    return laid


def reasons(result: Effective) -> list[str]:
    return [parked.reason for parked in result.parked]


def fields_of(definitions: Definitions, module: str = "sh_customer") -> list[str]:
    return [key for key, field in definitions.modules[module].fields.items() if not field.hidden]


def test_without_an_overlay_the_apps_hold(lay: Lay) -> None:
    result = lay()
    assert list(result.definitions.modules) == ["user", "sh_customer", "sh_order"]
    assert result.definitions.modules["sh_customer"].app == "shop"
    assert result.definitions.settings == {"shop.weeks": 2, "shop.mode": "safe"}
    assert result.definitions.menus["sh_sales"].items["sh_order"].module == "sh_order"
    assert result.parked == ()


def test_a_field_is_added_after_another_one(lay: Lay) -> None:
    added = lay(("add", f"{FIELDS}/x_rank", {"value": TEXT, "after": "name"}), ("add", f"{FIELDS}/x_last", {"value": TEXT}))
    first = lay(("add", f"{FIELDS}/x_first", {"value": TEXT, "after": ""}))
    assert fields_of(added.definitions) == ["name", "x_rank", "fax", "colour", "keeper", "orders", "x_last"]
    assert fields_of(first.definitions)[0] == "x_first"


def test_a_property_is_changed_and_its_layer_known(lay: Lay) -> None:
    definitions = lay(
        ("change", f"{FIELDS}/fax/label", {"value": "Telefax"}), ("change", f"{FIELDS}/fax/max_length", {"value": 9})
    ).definitions
    fax = definitions.modules["sh_customer"].fields["fax"]
    assert (fax.label, fax.options) == ("Telefax", {"max_length": 9})
    assert definitions.provenance["modules", "sh_customer", "fields", "fax", "label"] == "overlay"
    assert definitions.provenance["modules", "sh_customer", "fields", "fax", "type"] == "shop"
    assert definitions.provenance["modules", "user", "label"] == "core"
    assert ("modules", "nothing") not in definitions.provenance


def test_a_property_changed_to_nothing_has_its_default_again(lay: Lay) -> None:
    result = lay(("change", "modules/sh_customer/views/red/filter", {"value": None}))
    assert result.definitions.modules["sh_customer"].views["red"].filter is None


def test_an_entry_is_moved(lay: Lay) -> None:
    view = "modules/sh_customer/views/all/columns"
    definitions = lay(("move", f"{view}/fax", {"after": ""}), ("move", f"{view}/name")).definitions
    assert definitions.modules["sh_customer"].views["all"].columns == ("fax", "keeper.email", "name")


def test_a_removed_field_is_kept_hidden_and_shown_nowhere(lay: Lay) -> None:
    result = lay(("remove", f"{FIELDS}/fax"))
    customer = result.definitions.modules["sh_customer"]
    assert customer.fields["fax"].hidden
    assert customer.views["all"].columns == ("name", "keeper.email")
    assert customer.layouts["default"].highlights == ("name",)
    assert list(customer.layouts["default"].tabs["details"].sections["main"].fields) == ["name", "colour", "keeper"]
    assert customer.card == ("colour",)
    assert result.parked == ()


def test_a_removed_choice_is_retired(lay: Lay) -> None:
    values = lay(("remove", "picklists/colours/values/red")).definitions.picklists["colours"].values
    assert values["red"].retired
    assert not values["blue"].retired


def test_a_removed_module_is_kept_hidden_and_shown_nowhere(lay: Lay) -> None:
    definitions = lay(("remove", f"{FIELDS}/orders"), ("remove", "modules/sh_order")).definitions
    assert definitions.modules["sh_order"].hidden
    assert list(definitions.menus["sh_sales"].items) == ["sh_customer"]
    assert definitions.modules["sh_customer"].layouts["default"].related == {}


def test_what_the_tenant_added_itself_is_gone_when_removed(lay: Lay) -> None:
    definitions = lay(("add", f"{FIELDS}/x_rank", {"value": TEXT}), ("remove", f"{FIELDS}/x_rank")).definitions
    assert "x_rank" not in definitions.modules["sh_customer"].fields
    assert ("modules", "sh_customer", "fields", "x_rank") not in list(definitions.provenance)


def test_a_hidden_field_can_be_shown_again(lay: Lay) -> None:
    definitions = lay(("remove", f"{FIELDS}/fax"), ("change", f"{FIELDS}/fax/hidden", {"value": False})).definitions
    assert definitions.modules["sh_customer"].views["all"].columns == ("name", "fax", "keeper.email")


def test_a_module_of_the_tenants_own(lay: Lay) -> None:
    vehicle = {
        "label": "Vehicle",
        "label_plural": "Vehicles",
        "title_field": "plate",
        "fields": {"plate": TEXT, "owner_of": {"type": "lookup", "label": "Customer", "module": "sh_customer"}},
    }
    result = lay(
        ("add", "modules/x_vehicle", {"value": vehicle}),
        ("add", "modules/x_vehicle/fields/mileage", {"value": {"type": "integer", "label": "Mileage"}}),
        ("add", "menus/sh_sales/items/x_vehicle", {"value": {}}),
    )
    assert result.parked == ()
    assert result.definitions.modules["x_vehicle"].app == ""
    assert list(result.definitions.modules["x_vehicle"].fields) == ["plate", "owner_of", "mileage"]
    assert result.definitions.menus["sh_sales"].items["x_vehicle"].module == "x_vehicle"


def test_translations_and_settings_of_the_tenant(lay: Lay) -> None:
    result = lay(
        ("add", "texts/es/Customer", {"value": "Comprador"}),
        ("add", "texts/zh/Net/gross", {"value": "净/毛"}),
        ("change", "settings/shop.weeks", {"value": 4}),
        ("change", "settings/shop.mode", {"value": "fast"}),
    )
    assert result.parked == ()
    assert result.definitions.texts == {"es": {"Customer": "Comprador"}, "zh": {"Net/gross": "净/毛"}}
    assert result.definitions.settings == {"shop.weeks": 4, "shop.mode": "fast"}
    assert result.definitions.provenance["settings", "shop.weeks"] == "overlay"


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (("change", f"{FIELDS}/faxs/label", {"value": "F"}), "There is no modules/sh_customer/fields/faxs. Did you mean 'fax'?"),
        (("add", f"{FIELDS}/rank", {"value": TEXT}), "must begin with 'x_'"),
        (("add", "modules/vehicle", {"value": {}}), "must begin with 'x_'"),
        (("add", f"{FIELDS}/fax", {"value": TEXT}), "already"),
        (("add", f"{FIELDS}/x_a", {"value": TEXT, "after": "nobody"}), "no 'nobody' to stand after"),
        (("add", f"{FIELDS}/x_a", {"value": "text"}), "a mapping of properties"),
        (("add", f"{FIELDS}/fax/label", {"value": "F"}), "a property is changed"),
        (
            ("add", f"{FIELDS}/x_a", {"value": {"type": "txt", "label": "A"}}),
            "There is no field type 'txt'. Did you mean 'text'?",
        ),
        (("add", f"{FIELDS}/x_a", {"value": {"type": "lookup", "label": "A", "module": "gone"}}), "There is no module 'gone'"),
        (("add", f"{FIELDS}/x_a", {"value": {"type": "lines", "label": "A", "fields": {"b": "text"}}}), "must be a mapping"),
        (("change", f"{FIELDS}/fax", {"value": TEXT}), "only a property of it is changed"),
        (("change", f"{FIELDS}/fax/label", {"value": 5}), "must be a text"),
        (("change", f"{FIELDS}/fax/label", {"value": None}), "'label' is missing"),
        (("change", f"{FIELDS}/fax/colour", {"value": "red"}), "'colour' is not known here"),
        (("change", "modules/sh_customer/card", {"value": ["name"]}), "entry by entry"),
        (("change", "modules/sh_customer/app", {"value": "core"}), "cannot be changed"),
        (("change", "modules/sh_customer/title_field", {"value": "nam"}), "no field 'nam'"),
        (("move", f"{FIELDS}/fax", {"after": "fax"}), "after itself"),
        (("move", f"{FIELDS}/faxes", {"after": "name"}), "There is no"),
        (("remove", f"{FIELDS}/colour"), "views/red/filter/and/0/field: There is no field 'colour'"),
        (("remove", f"{FIELDS}/name"), "There is no field 'name' in sh_customer"),
        (("remove", f"{FIELDS}/fax/label"), "There is no"),
        (("remove", "modules/sh_order"), "There is no module 'sh_order'"),
        (("remove", "menus/nothing"), "There is no menus/nothing"),
        (("change", "nonsense/a/b", {"value": 1}), "A path begins with"),
        (("change", "modules", {"value": 1}), "A path begins with"),
        (("change", f"{FIELDS}/fax/label/deeper", {"value": 1}), "is not a mapping"),
        (("add", "texts/es", {"value": "x"}), "texts/<language>/<English text>"),
        (("add", "texts/../Customer", {"value": "x"}), "texts/<language>/<English text>"),
        (("add", "texts/es/Customer", {"value": 5}), "A translation is a text"),
        (("remove", "texts/es/Nothing"), "no translation"),
        (("change", "settings/shop.week", {"value": 1}), "Did you mean 'shop.weeks'?"),
        (("change", "settings/shop.weeks", {"value": "many"}), "of type integer"),
        (("change", "settings/shop.weeks", {"value": True}), "of type integer"),
        (("change", "settings/shop.mode", {"value": "slow"}), "not a choice"),
    ],
)
def test_an_operation_that_does_not_fit_is_parked_and_the_others_hold(lay: Lay, operation: Any, reason: str) -> None:
    result = lay(
        ("change", f"{FIELDS}/fax/help", {"value": "before"}), operation, ("change", f"{FIELDS}/name/help", {"value": "after"})
    )
    assert len(result.parked) == 1, reasons(result)
    assert reason in result.parked[0].reason
    assert result.parked[0].index == 1
    fields = result.definitions.modules["sh_customer"].fields
    assert (fields["fax"].help, fields["name"].help) == ("before", "after")
    assert lay().definitions.modules["sh_order"] == result.definitions.modules["sh_order"]


def test_what_builds_on_a_parked_operation_is_parked_too(lay: Lay) -> None:
    result = lay(
        ("add", f"{FIELDS}/x_a", {"value": {"type": "lookup", "label": "A", "module": "gone"}}),
        ("change", f"{FIELDS}/x_a/help", {"value": "h"}),
        ("add", "modules/sh_customer/views/all/columns/x_a", {}),
    )
    assert [parked.index for parked in result.parked] == [0, 1, 2]
    assert result.definitions.modules == lay().definitions.modules


def test_an_overlay_survives_an_app_that_dropped_what_it_changed(
    packages: tuple[AppPackage, ...], write_app: WriteApp, checks: SchemaCheck
) -> None:
    files = {path: text.replace("          fax: {type: text, label: Fax}\n", "") for path, text in SHOP.items()}
    files = {
        path: text.replace(", fax", "").replace("[fax, name]", "[name]").replace("[fax, colour]", "[colour]")
        for path, text in files.items()
    }
    newer = load_app(write_app("newer/shop", files), FIELD_TYPES, packages[:1])
    overlay = [
        Operation(op="change", path=f"{FIELDS}/fax/label", value="Telefax", base="Fax"),
        Operation(op="change", path=f"{FIELDS}/name/label", value="Full name", base="Name"),
    ]
    result = effective([packages[0], newer], overlay, checks=checks)
    assert reasons(result) == ["There is no modules/sh_customer/fields/fax."]
    assert result.parked[0].operation is overlay[0]
    assert result.definitions.modules["sh_customer"].fields["name"].label == "Full name"


def test_an_extension_of_an_app_lies_between_it_and_the_overlay(
    packages: tuple[AppPackage, ...], write_app: WriteApp, checks: SchemaCheck
) -> None:
    more = {
        "app.yaml": "name: more\ntitle: More\nversion: 0.1\nnamespace: mo\ndepends: {shop: '>=1'}\n",
        "extensions/customer.yaml": """
            extend: modules/sh_customer
            add: {fields/mo_fleet: {type: integer, label: Fleet}}
            change: {fields/fax/label: Telefax, fields/name/label: Name of it}
            remove: [fields/keeper/help, views/red]
            """.replace("fields/keeper/help, ", ""),
    }
    package = load_app(write_app("more", more), FIELD_TYPES, packages)
    overlay = [Operation(op="change", path=f"{FIELDS}/fax/label", value="Fax no.")]
    definitions = effective([package, *packages], overlay, checks=checks).definitions
    customer = definitions.modules["sh_customer"]
    assert (customer.fields["fax"].label, customer.fields["name"].label) == ("Fax no.", "Name of it")
    assert list(customer.views) == ["all"]
    assert definitions.provenance["modules", "sh_customer", "fields", "mo_fleet", "label"] == "more"
    assert definitions.provenance["modules", "sh_customer", "fields", "fax", "label"] == "overlay"


def test_apps_that_do_not_fit_together_are_an_error(packages: tuple[AppPackage, ...], checks: SchemaCheck) -> None:
    with pytest.raises(AppErrors, match="no picklist 'colours'"):
        effective(packages[1:], [], checks=checks)


def test_a_change_keeps_the_value_that_it_replaces(packages: tuple[AppPackage, ...]) -> None:
    first = Operation(op="change", path=f"{FIELDS}/fax/label", value="Telefax")
    assert with_base(packages, [], first).base == "Fax"
    assert with_base(packages, [first], Operation(op="change", path=first.path, value="F")).base == "Telefax"
    assert with_base(packages, [], Operation(op="change", path="settings/shop.weeks", value=3)).base == 2
    assert with_base(packages, [], Operation(op="change", path="texts/es/Customer", value="C")).base == "Cliente"
    with pytest.raises(OperationRefused):
        with_base(packages, [], Operation(op="change", path=f"{FIELDS}/gone/label", value="x"))


def test_an_operation_survives_its_stored_form() -> None:
    operation = Operation(op="add", path="a/b", value={"b": [1, {"c": None}]}, after="")
    assert Operation.from_json(operation.to_json()) == operation


@pytest.mark.parametrize("document", [{"op": "drop", "path": "a"}, {"op": "add"}, {"op": "add", "path": "a", "where": 1}])
def test_what_is_no_operation_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(OperationRefused):
        Operation.from_json(document)
