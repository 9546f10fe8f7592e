"""Whatever an overlay holds, the tenant keeps working: operations fit or are parked, and nothing else ever happens."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tessera.metadata.documents import from_documents, to_documents
from tessera.metadata.layers import effective
from tessera.metadata.operations import KINDS, Operation
from tessera.metadata.packages import AppPackage
from tessera.metadata.references import check
from tessera.metadata.schema_check import SchemaCheck
from tessera.metadata.shape import encode

WORDS = st.sampled_from(
    [
        "modules", "picklists", "menus", "settings", "texts", "sh_customer", "sh_order", "user", "x_a", "colours", "sh_sales",
        "fields", "views", "layouts", "values", "items", "columns", "card", "default", "tabs", "sections", "related", "filter",
        "name", "fax", "colour", "orders", "lines", "quantity", "customer", "all", "red", "label", "type", "hidden", "options",
        "title_field", "main", "details", "validations", "behaviours", "es", "", "app", "help", "sort", "-number", "keeper",
    ]
)  # fmt: skip
STARTS = st.sampled_from(
    [
        "modules/sh_customer/fields", "modules/sh_customer/views/all/columns", "modules/sh_customer", "modules/x_a/fields",
        "modules/sh_order/fields/lines/fields", "modules/sh_customer/layouts/default/tabs/details/sections/main/fields",
        "modules/sh_customer/fields/colour", "picklists/colours/values", "menus/sh_sales/items", "modules", "settings",
        "texts/es", "modules/sh_customer/layouts/default/related", "modules/sh_order/views",
        "modules/sh_customer/behaviours",
    ]
)  # fmt: skip
FIELD = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "lookup", "lines", "picklist", "rollup", "nonsense"]), "label": st.just("L")},
    optional={
        "module": st.sampled_from(["user", "sh_order", "gone"]),
        "values": st.sampled_from([{"a": "A"}, ["a"], "a", {"a": {"label": "A", "parent": "b"}}]),
        "fields": st.sampled_from(
            [{}, {"a": {"type": "text", "label": "A"}}, {"a": "b"}, {"a": {"type": "lines", "label": "A"}}, 5]
        ),
        "hidden": st.booleans(),
        "default": st.sampled_from(["a", 5, None]),
    },
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), WORDS, FIELD, st.lists(WORDS, max_size=2),
    st.dictionaries(WORDS, st.one_of(st.none(), WORDS, FIELD, st.lists(WORDS, max_size=2)), max_size=2),
    st.just({"label": "A", "label_plural": "A", "fields": {"name": {"type": "text", "label": "N"}}}),
    st.just({"label": "V", "columns": ["name", "x_a"], "sort": ["-name"]}),
)  # fmt: skip
PATHS = st.one_of(
    st.builds(lambda start, rest: "/".join([start, *rest]), STARTS, st.lists(WORDS, min_size=1, max_size=3)),
    st.lists(WORDS, min_size=1, max_size=6).map("/".join),
)
OPERATIONS = st.builds(
    Operation, op=st.sampled_from(KINDS), path=PATHS, value=VALUES, after=st.one_of(st.none(), st.just(""), WORDS)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATIONS, max_size=6))
def test_an_overlay_never_keeps_a_tenant_from_working(
    packages: tuple[AppPackage, ...], checks: SchemaCheck, overlay: list[Operation]
) -> None:
    result = effective(packages, overlay, checks=checks)
    assert all(parked.reason and parked.operation is overlay[parked.index] for parked in result.parked)
    assert from_documents(to_documents(result.definitions)) == result.definitions
    assert check(plain_documents(result.definitions)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATIONS, max_size=5))
def test_parked_operations_can_be_left_out_and_nothing_changes(
    packages: tuple[AppPackage, ...], checks: SchemaCheck, overlay: list[Operation]
) -> None:
    result = effective(packages, overlay, checks=checks)
    parked = {one.index for one in result.parked}
    again = effective(packages, [one for index, one in enumerate(overlay) if index not in parked], checks=checks)
    assert again.parked == ()
    assert again.definitions == result.definitions


def plain_documents(definitions: Any) -> dict[str, dict[str, Any]]:
    roots = ("modules", "picklists", "menus")
    return {root: {key: encode(entry) for key, entry in getattr(definitions, root).items()} for root in roots}
