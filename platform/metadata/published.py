"""The JSON Schemas of definitions: those in `schemas/`, and the whole ones that include the options of the field types.

Field types live above this package; their option schemas are handed in as `{type key: {option: schema}}`. An editor gets one
complete module schema out of that; the loader takes one closed schema per field type from the same place.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

from referencing import Registry, Resource

KINDS = ("app", "module", "picklist", "menu", "extension")
#: Common properties that only some types have: `fields` of a line table, `values` of a choice.
_PARTIAL = ("fields", "values")

Schema = Mapping[str, Any]
FieldTypeSchemas = Mapping[str, Schema]


@cache
def base_schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of definition as it stands in `schemas/`, field options left open. Not to be changed."""
    content = files(__package__).joinpath("schemas", f"{kind}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(content)
    return schema


@cache
def registry() -> Registry[Any]:
    """All base schemas by their `$id`; nothing is ever fetched."""
    resources = [(base_schema(kind)["$id"], Resource.from_contents(base_schema(kind))) for kind in ("common", *KINDS)]
    return Registry().with_resources(resources)


def field_schema(type_key: str, options: Schema) -> dict[str, Any]:
    """The closed schema of a field of one type: the common properties and its options, with the module schema's references."""
    common = dict(base_schema("module")["$defs"]["field"]["properties"])
    partial = {name: common.pop(name) for name in _PARTIAL}
    if type_key == "lines":
        common["fields"] = partial["fields"]
    own = {name: partial.get(name, schema) for name, schema in options.items() if name not in common}
    common["type"] = {"description": common["type"]["description"], "const": type_key}
    required = ["type", "label", *(["fields"] if type_key == "lines" else [])]
    return {
        "description": f"A field of type {type_key}.",
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": {**common, **own},
    }


def build_schemas(field_types: FieldTypeSchemas) -> dict[str, dict[str, Any]]:
    """The published schemas by kind, each in one piece that an editor can use alone."""
    return {kind: _standalone(_with_field_types(field_types) if kind == "module" else base_schema(kind)) for kind in KINDS}


def _with_field_types(field_types: FieldTypeSchemas) -> dict[str, Any]:
    """The module schema with a definition for each field type, chosen by `type`."""
    module = deepcopy(base_schema("module"))
    for key, options in field_types.items():
        module["$defs"][f"field_{key}"] = field_schema(key, options)
    open_field = module["$defs"]["field"]
    module["$defs"]["field"] = {
        "description": open_field["description"],
        "type": "object",
        "required": ["type", "label"],
        "properties": {"type": {"description": open_field["properties"]["type"]["description"], "enum": list(field_types)}},
        "allOf": [
            {"if": {"properties": {"type": {"const": key}}, "required": ["type"]}, "then": {"$ref": f"#/$defs/field_{key}"}}
            for key in field_types
        ],
    }
    return module


def _standalone(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` with the common parts inside it, so that it refers to nothing else."""
    whole = deepcopy(schema)
    parts = deepcopy(base_schema("common")["$defs"])
    whole["$defs"] = {**whole.get("$defs", {}), **parts}
    local: dict[str, Any] = _localised(whole)
    return local


def _localised(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: entry.replace("common.schema.json#", "#") if key == "$ref" and isinstance(entry, str) else _localised(entry)
            for key, entry in value.items()
        }
    return [_localised(entry) for entry in value] if isinstance(value, list) else value
