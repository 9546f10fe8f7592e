"""Which indexes a table gets."""

from collections.abc import Sequence

from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.runtime.model import Catalog
from tessera.runtime.query.indexes import indexes_of
from tessera.storage.columns import IndexSpec
from tests.runtime.query.shop import field, module


def columns(indexes: Sequence[IndexSpec]) -> dict[tuple[str, ...], IndexSpec]:
    return {index.columns: index for index in indexes}


def test_a_private_list_is_indexed_for_everybody_and_for_owners(catalog: Catalog) -> None:
    found = columns(catalog.module("customer").spec.indexes)
    assert {("level", "name", "id"), ("owner", "level", "name", "id"), ("owner", "id"), ("name", "id")} <= set(found)
    assert found["owner", "level", "name", "id"].folded == ("name",)
    assert found["owner", "level", "name", "id"].live_only


def test_times_are_read_backwards_and_empty_values_need_their_own_direction(catalog: Catalog) -> None:
    found = columns(catalog.module("customer").spec.indexes)
    assert {("created_at", "id"), ("owner", "created_at", "id"), ("-credit", "-id"), ("owner", "-credit", "-id")} <= set(found)


def test_an_open_module_needs_no_index_by_owner(catalog: Catalog) -> None:
    assert not [
        index for index in catalog.module("region").spec.indexes if len(index.columns) > 2 and index.columns[0] == "owner"
    ]


def test_lookups_lines_and_search_are_indexed(catalog: Catalog) -> None:
    customer, order = catalog.module("customer"), catalog.module("order")
    assert {("region",), ("parent",)} <= set(columns(customer.spec.indexes))
    assert columns(customer.spec.indexes)["search_text",].method == "trigram"
    lines = columns(order.lines["lines"].spec.indexes)
    assert {("parent_id", "position"), ("product",)} <= set(lines)
    assert not any(index.live_only for index in lines.values())


def test_uniqueness_holds_among_live_records_without_regard_to_case() -> None:
    made = module("thing", field("code", "text", unique=True), field("serial", "text", unique=True, case_sensitive=True))
    typed = {
        key: (FIELD_TYPES.get("text"), FIELD_TYPES.get("text").column_specs(f, FIELD_TYPES.get("text").parse_options(f, None)))
        for key, f in made.fields.items()
    }  # type: ignore[arg-type]
    found = {index.columns: index for index in indexes_of(made, "thing", made.fields, typed) if index.unique}
    assert (found["code",].folded, found["code",].live_only) == (("code",), True)
    assert found["serial",].folded == ()


def test_no_index_is_the_beginning_of_another(catalog: Catalog) -> None:
    for compiled in catalog.modules.values():
        plain = [index for index in compiled.spec.indexes if not index.unique and index.live_only]
        for index in plain:
            assert not [o for o in plain if o is not index and o.columns[: len(index.columns)] == index.columns]
        assert len({index.name for index in compiled.spec.indexes}) == len(compiled.spec.indexes)
        assert all(len(index.name.encode()) <= 50 for index in compiled.spec.indexes)
