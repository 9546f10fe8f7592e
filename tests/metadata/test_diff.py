"""What a publish changes, in words."""

from typing import Any

import pytest

from tessera.metadata.definitions import Definitions
from tessera.metadata.diff import changes
from tessera.metadata.layers import effective
from tessera.metadata.operations import Operation
from tessera.metadata.packages import AppPackage
from tessera.metadata.schema_check import SchemaCheck

FIELDS = "modules/sh_customer/fields"


@pytest.mark.parametrize(
    ("operations", "sentences"),
    [
        ([], []),
        (
            [
                (
                    "add",
                    "modules/x_a",
                    {"value": {"label": "A", "label_plural": "A", "fields": {"name": {"type": "text", "label": "N"}}}},
                )
            ],
            ["Module x_a is added."],
        ),
        (
            [("add", f"{FIELDS}/x_a", {"value": {"type": "text", "label": "A"}})],
            ["Field sh_customer/fields/x_a is added."],
        ),
        ([("change", f"{FIELDS}/fax/label", {"value": "T"})], ["Label of field sh_customer/fields/fax changes from Fax to T."]),
        (
            [("change", f"{FIELDS}/fax/max_length", {"value": 9})],
            ["Max length of field sh_customer/fields/fax changes from — to 9."],
        ),
        ([("move", f"{FIELDS}/fax", {"after": ""})], ["Fields of module sh_customer stand in another order."]),
        (
            [("remove", "picklists/colours/values/red")],
            ["Retired of choice colours/values/red changes from — to True."],
        ),
        (
            [("remove", "modules/sh_customer/card/fax")],
            ["Card of module sh_customer changes from fax, colour to colour."],
        ),
        (
            [("remove", "modules/sh_customer/views/red")],
            ["List sh_customer/views/red is removed."],
        ),
        (
            [("add", "texts/zh/Customer", {"value": "客户"})],
            ["Text of translation zh/Customer changes from — to 客户."],
        ),
        (
            [("change", "settings/shop.weeks", {"value": 3})],
            ["Value of setting shop.weeks changes from 2 to 3."],
        ),
    ],
)
def test_changes_are_said_in_words(
    packages: tuple[AppPackage, ...], checks: SchemaCheck, operations: list[Any], sentences: list[str]
) -> None:
    before, after = laid(packages, checks, []), laid(packages, checks, operations)
    assert [change.text() for change in changes(before, after)] == sentences
    assert changes(after, after) == []


def test_a_hidden_field_is_said_to_be_hidden_and_shown_again(packages: tuple[AppPackage, ...], checks: SchemaCheck) -> None:
    before, after = laid(packages, checks, []), laid(packages, checks, [("remove", f"{FIELDS}/fax", {})])
    assert "Field sh_customer/fields/fax is hidden; what is stored stays." in [change.text() for change in changes(before, after)]
    assert "Field sh_customer/fields/fax is shown again." in [change.text() for change in changes(after, before)]


def laid(packages: tuple[AppPackage, ...], checks: SchemaCheck, operations: list[Any]) -> Definitions:
    overlay = [Operation(op=op, path=path, **(more[0] if more else {})) for op, path, *more in operations]
    result = effective(packages, overlay, checks=checks)
    assert result.parked == ()
    return result.definitions
