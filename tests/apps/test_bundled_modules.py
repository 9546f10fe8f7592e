"""What every bundled module keeps to, checked once for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tessera.metadata.definitions import Definitions, ModuleDefinition
from tessera.metadata.loader import discover
from tessera.metadata.packages import AppPackage
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import Catalog, CompiledModule

MODULES = sorted(path.parent.name for folder in discover().values() for path in folder.glob("modules/*/module.yaml"))
FIRST_MODULES = (
    "customer", "contact", "contact_record", "product", "product_category", "price_list", "supplier", "warehouse", "quote",
    "sales_order", "delivery_note", "purchase_order",
)  # fmt: skip


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest, definitions: Definitions) -> ModuleDefinition:
    return definitions.modules[request.param]


@pytest.fixture
def compiled(module: ModuleDefinition, catalog: Catalog) -> CompiledModule:
    return catalog.module(module.key)


def test_the_modules_are_all_there(definitions: Definitions) -> None:
    assert set(FIRST_MODULES) <= {key for key, module in definitions.modules.items() if module.app == "standard_crm"}
    assert {"user", "currency", "exchange_rate"} <= {key for key, module in definitions.modules.items() if module.app == "core"}


def test_a_module_has_a_page_lists_and_a_card(module: ModuleDefinition) -> None:
    assert "default" in module.layouts
    assert len(module.views) >= 2
    assert [view.default for view in module.views.values()].count(True) == 1
    assert 3 <= len(module.card) <= 10
    assert module.subtitle_fields
    assert module.layouts["default"].highlights


def test_every_field_stands_on_the_page(module: ModuleDefinition) -> None:
    layout = module.layouts["default"]
    placed = {key for tab in layout.tabs.values() for section in tab.sections.values() for key in section.fields}
    assert set(module.fields) - placed - set(layout.highlights) == set()


def test_every_required_field_can_be_filled_in_on_the_form(compiled: CompiledModule) -> None:
    layout = compiled.definition.layouts["default"]
    placed = {key for tab in layout.tabs.values() for section in tab.sections.values() for key in section.fields}
    assert {key for key, field in compiled.definition.fields.items() if field.required} <= placed


def test_every_module_can_be_reached_from_the_menu(module: ModuleDefinition, definitions: Definitions) -> None:
    assert module.key in {item.module for group in definitions.menus.values() for item in group.items.values()}


def test_the_documents_of_a_customer_and_a_supplier_are_found_from_its_page(definitions: Definitions) -> None:
    documents = ("quote", "sales_order", "delivery_note", "purchase_order")
    for key in ("customer", "supplier"):
        pointing = {
            (name, field)
            for name in documents
            for field, one in definitions.modules[name].fields.items()
            if one.options.get("module") == key
        }
        related = {(one.module, one.field) for one in definitions.modules[key].layouts["default"].related.values()}
        assert pointing <= related


def test_the_filters_of_lists_use_operators_that_the_fields_answer_to(compiled: CompiledModule, catalog: Catalog) -> None:
    for view in compiled.definition.views.values():
        for condition in conditions(view.filter):
            field = field_at(catalog, compiled, condition["field"])
            assert condition["op"] in field.type.operators_of(field), (view.key, condition)


def test_the_filters_of_lookups_use_operators_that_the_fields_answer_to(compiled: CompiledModule, catalog: Catalog) -> None:
    for table in (compiled, *compiled.lines.values()):
        for field in table.fields.values():
            for condition in conditions(field.definition.options.get("filter")):
                target = catalog.module(str(field.definition.options["module"]))
                found = field_at(catalog, target, condition["field"])
                assert condition["op"] in found.type.operators_of(found), (field.key, condition)


def test_what_lists_sort_by_can_be_sorted(compiled: CompiledModule, catalog: Catalog) -> None:
    for view in compiled.definition.views.values():
        for key in view.sort:
            assert field_at(catalog, compiled, key.removeprefix("-")).type.sortable, (view.key, key)


def test_what_a_lookup_brings_along_fits_where_it_goes(compiled: CompiledModule, catalog: Catalog) -> None:
    for table in (compiled, *compiled.lines.values()):
        for field in table.fields.values():
            for here, there in (field.definition.options.get("copies") or {}).items():
                source = catalog.module(str(field.definition.options["module"])).fields[there]
                target = table.fields[here]
                assert target.type.key in (source.type.key, "text"), (field.key, here)
                assert target.definition.options.get("module") == source.definition.options.get("module")


def test_members_see_only_their_own_business_records(definitions: Definitions) -> None:
    private = {key for key, module in definitions.modules.items() if module.access == "private"}
    assert private == {"customer", "contact", "contact_record", "quote", "sales_order", "delivery_note", "purchase_order"}


def test_numbers_follow_their_schemes(definitions: Definitions) -> None:
    schemes = {
        key: module.fields["number"].options["scheme"] for key, module in definitions.modules.items() if "number" in module.fields
    }
    assert schemes == {
        "quote": "Q-{YYYYMM}-{0000}",
        "sales_order": "SO-{YYYYMM}-{0000}",
        "delivery_note": "DN-{YYYYMM}-{0000}",
        "purchase_order": "PO-{YYYYMM}-{0000}",
    }


def test_core_needs_nobody_and_the_crm_needs_core(bundled: Mapping[str, AppPackage]) -> None:
    assert bundled["core"].depends == {}
    assert list(bundled["standard_crm"].depends) == ["core"]


def conditions(node: Any) -> Iterator[Mapping[str, Any]]:
    """The conditions of a filter tree."""
    if not isinstance(node, Mapping):
        return
    for inner in (*node.get("and", ()), *node.get("or", ()), node.get("not")):
        yield from conditions(inner)
    if "field" in node:
        yield node


def field_at(catalog: Catalog, module: CompiledModule, path: str) -> CompiledField:
    """The field that a path leads to."""
    *ways, last = path.split(".")
    for name in ways:
        if name in module.lines:
            module = module.lines[name]
        else:
            field = module.fields[name]
            module = catalog.module(field.type.references(field.definition, field.options)[0])
    return module.fields[last]
