"""Names of components: readable, and never two for one thing or one for two."""

import pytest

from tessera.api.openapi.components import for_clients
from tessera.api.openapi.names import SUFFIXES, choice_name, class_name, class_names


@pytest.mark.parametrize(
    ("key", "name"),
    [("customer", "Customer"), ("sales_order", "SalesOrder"), ("sales_order.lines", "SalesOrderLines"), ("x_2nd", "X2nd")],
)
def test_a_key_becomes_a_class_name(key: str, name: str) -> None:
    assert class_name(key) == name


def test_no_two_components_share_a_name() -> None:
    keys = ["job", "customer", "customer_create", "customer_page", "token", "a_b", "a__b", "sales_order", "sales_order.lines"]
    names = class_names(keys, {"Job", "Token", "TokenCreate"})
    every = [name + suffix for name in names.values() for suffix in SUFFIXES]
    assert len(every) == len(set(every)) == len(keys) * len(SUFFIXES)
    assert not set(every) & {"Job", "Token", "TokenCreate"}
    assert names["customer"] == "Customer"
    assert names["job"] == "JobModule"


def test_choices_give_way_to_modules() -> None:
    assert choice_name("Customer", "level", {"CustomerLevelChoice"}) == "CustomerLevelChoiceValue"
    assert choice_name("Customer", "level", ()) == "CustomerLevelChoice"


def test_a_closed_tuple_is_said_by_its_length() -> None:
    pair = {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "items": False}
    assert for_clients({"properties": {"at": pair}})["properties"]["at"] == {
        "type": "array",
        "prefixItems": [{"type": "number"}, {"type": "number"}],
        "maxItems": 2,
    }
