"""The schemas: everything in them is described, and the published ones say the same as the loader."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tessera.metadata.published import KINDS, base_schema, build_schemas
from tests.metadata.sample_apps import FIELD_TYPES

PUBLISHED = build_schemas(FIELD_TYPES)


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property and definition in a schema, with its path."""
    if isinstance(schema, dict):
        for holder in ("properties", "$defs"):
            for name, inner in schema.get(holder, {}).items():
                yield f"{path}/{holder}/{name}", inner
        for name, inner in schema.items():
            yield from properties(inner, f"{path}/{name}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from properties(inner, f"{path}/{index}")


@pytest.mark.parametrize("kind", ["common", *KINDS])
def test_every_key_of_every_schema_is_described(kind: str) -> None:
    schema = base_schema(kind)
    undescribed = [
        path
        for path, inner in properties(schema)
        if not inner.get("description") and "/allOf/" not in path and "/oneOf/" not in path
    ]
    assert undescribed == []
    assert schema["description"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_schema_is_valid_and_stands_alone(kind: str) -> None:
    Draft202012Validator.check_schema(PUBLISHED[kind])
    references = [inner["$ref"] for _, inner in properties(PUBLISHED[kind]) if "$ref" in inner]
    assert all(reference.startswith("#/$defs/") for reference in references)


@pytest.mark.parametrize(
    ("field", "fits"),
    [
        ({"type": "text", "label": "A", "max_length": 5}, True),
        ({"type": "text", "label": "A", "max": 5}, False),
        ({"type": "txt", "label": "A"}, False),
        ({"type": "picklist", "label": "A", "values": {"x": "X"}}, True),
        ({"type": "picklist", "label": "A", "values": {"x": 5}}, False),
        ({"type": "integer", "label": "A", "values": {"x": "X"}}, False),
        ({"type": "lines", "label": "A", "fields": {"b": {"type": "text", "label": "B", "max_length": 3}}}, True),
        ({"type": "lines", "label": "A", "fields": {"b": {"type": "text", "label": "B", "max": 3}}}, False),
        ({"type": "lines", "label": "A"}, False),
    ],
)
def test_the_published_module_schema_knows_the_options_of_each_type(field: dict[str, Any], fits: bool) -> None:
    module = {"module": "a", "label": "A", "label_plural": "A", "fields": {"a": field}}
    assert Draft202012Validator(PUBLISHED["module"]).is_valid(module) is fits
