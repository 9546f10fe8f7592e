"""The stored form: whatever the definitions, and whatever the store does to the order of keys, they come back the same."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessera.metadata.definitions import (
    Definitions,
    FieldDefinition,
    Layout,
    LayoutField,
    ListView,
    MenuGroup,
    MenuItem,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
    RelatedList,
    Section,
    Tab,
    ValidationRule,
)
from tessera.metadata.documents import from_documents, to_documents
from tessera.metadata.ordered import pack, unpack

KEYS = st.sampled_from(["name", "zeta", "a", "b_2", "order", "city", "no", "m1"])
TEXTS = st.text(max_size=8)
LABELS = st.text(min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["$order", "$$order"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.lists(KEYS, max_size=3, unique=True).map(tuple)
MAYBE = st.none() | LABELS


def keyed(entry: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A collection whose entries know their key."""
    return st.lists(entry, max_size=3, unique_by=lambda one: one.key).map(lambda all_: {one.key: one for one in all_})


def ruled(entry: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return keyed(entry).map(lambda entries: tuple(entries.values()))


RULES = st.builds(ValidationRule, key=KEYS, formula=LABELS, message=LABELS)
VALUES = st.builds(PicklistValue, key=KEYS, label=LABELS, tone=TEXTS, parent=st.none() | KEYS, retired=st.booleans(), when=PATHS)
OPTIONS = st.dictionaries(st.sampled_from(["values", "max_length", "scheme"]), JSON, max_size=2)


def fields(nested: Any) -> Any:
    return st.builds(
        FieldDefinition,
        key=KEYS,
        type=KEYS,
        label=LABELS,
        help=TEXTS,
        required=st.booleans(),
        history=st.booleans(),
        hidden=st.booleans(),
        default=JSON,
        default_formula=MAYBE,
        visible_if=MAYBE,
        validations=ruled(RULES),
        options=OPTIONS,
        fields=nested,
    )


FIELDS = keyed(fields(keyed(fields(st.just({})))))
SECTIONS = st.builds(
    Section,
    key=KEYS,
    label=TEXTS,
    columns=st.integers(1, 4),
    fields=keyed(st.builds(LayoutField, key=KEYS, span=st.integers(1, 4))),
)
TABS = st.builds(Tab, key=KEYS, label=LABELS, visible_if=MAYBE, sections=keyed(SECTIONS))
RELATED = st.builds(RelatedList, key=KEYS, module=KEYS, field=KEYS, label=TEXTS, columns=PATHS, sort=PATHS)
LAYOUTS = st.builds(Layout, key=KEYS, highlights=PATHS, tabs=keyed(TABS), related=keyed(RELATED))
VIEWS = st.builds(
    ListView,
    key=KEYS,
    label=LABELS,
    columns=PATHS,
    filter=st.none() | st.dictionaries(KEYS, JSON, max_size=3),
    sort=PATHS,
    default=st.booleans(),
    options=st.dictionaries(KEYS, JSON, max_size=2),
)
MODULES = st.builds(
    ModuleDefinition,
    key=KEYS,
    label=LABELS,
    label_plural=LABELS,
    title_field=KEYS,
    subtitle_fields=PATHS,
    fields=FIELDS,
    validations=ruled(RULES),
    layouts=keyed(LAYOUTS),
    views=keyed(VIEWS),
    card=PATHS,
    behaviours=st.dictionaries(KEYS, st.dictionaries(KEYS, JSON, max_size=2), max_size=2),
    hidden=st.booleans(),
    app=KEYS | st.just(""),
)
GROUPS = st.builds(
    MenuGroup,
    key=KEYS,
    label=LABELS,
    items=keyed(st.builds(MenuItem, key=KEYS, module=KEYS, view=st.none() | KEYS, label=TEXTS)),
)
DEFINITIONS = st.builds(
    Definitions,
    modules=keyed(MODULES),
    picklists=keyed(st.builds(PicklistDefinition, key=KEYS, label=LABELS, tree=st.booleans(), values=keyed(VALUES))),
    menus=keyed(GROUPS),
    texts=st.dictionaries(st.sampled_from(["es", "zh"]), st.dictionaries(LABELS, LABELS, max_size=3)),
    settings=st.dictionaries(KEYS, JSON, max_size=2),
    provenance=st.dictionaries(
        st.lists(KEYS, min_size=1, max_size=4).map(tuple), st.sampled_from(["core", "overlay"]), max_size=3
    ),
)


def shape(value: Any) -> Any:
    """A value with the order of its mappings made visible, since equality of mappings does not see it."""
    if hasattr(value, "__dataclass_fields__"):
        return [(name, shape(getattr(value, name))) for name in value.__dataclass_fields__ if name != "provenance"]
    if isinstance(value, Mapping):
        return [(key, shape(entry)) for key, entry in value.items()]
    return [shape(entry) for entry in value] if isinstance(value, list | tuple) else value


@settings(max_examples=150, deadline=None)
@given(DEFINITIONS)
def test_definitions_come_back_the_same_from_a_store_that_sorts_keys(definitions: Definitions) -> None:
    stored = json.dumps(to_documents(definitions), sort_keys=True)
    again = from_documents(json.loads(stored))
    assert again == definitions
    assert shape(again) == shape(definitions)


@given(JSON)
def test_packing_keeps_every_json_value_and_its_order(value: Any) -> None:
    stored = json.loads(json.dumps(pack(value), sort_keys=True))
    assert shape(unpack(stored)) == shape(value)


def test_documents_of_a_newer_form_are_not_guessed_at() -> None:
    documents = to_documents(Definitions())
    with pytest.raises(ValueError, match="newer version"):
        from_documents({**documents, "format": 2})
