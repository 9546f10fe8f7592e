"""The schemas of what `/describe` answers: kept beside `describing.py`, which makes it."""

from typing import Any, Final

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_FLAG: Final[Json] = {"type": "boolean"}
_NAMES: Final[Json] = {"type": "array", "items": _TEXT}


def _object(properties: Json, *optional: str, description: str = "") -> Json:
    schema: Json = {"type": "object", "properties": properties, "required": [key for key in properties if key not in optional]}
    return {**schema, "description": description} if description else schema


def _list(name: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_SUMMARY: Final[Json] = {
    "key": _TEXT,
    "label": _TEXT,
    "label_plural": _TEXT,
    "help": _TEXT,
    "icon": _TEXT,
    "tone": _TEXT,
    "app": {**_TEXT, "description": "The app that brought it; empty for the tenant's own."},
    "actions": {**_NAMES, "description": "What the caller may do to records of the module."},
}

DESCRIPTIONS: Final[dict[str, Json]] = {
    "CatalogDescription": _object(
        {
            "version": {"type": "integer", "description": "The metadata version: it grows with every publish."},
            "modules": _list("ModuleSummary"),
            "menus": _list("MenuDescription"),
        }
    ),
    "ModuleSummary": _object(_SUMMARY, description="A module in brief."),
    "MenuDescription": _object({"key": _TEXT, "label": _TEXT, "items": _list("MenuEntry")}),
    "MenuEntry": _object({"key": _TEXT, "module": _TEXT, "view": {"type": ["string", "null"]}, "label": _TEXT}),
    "ModuleDescription": _object(
        {
            **_SUMMARY,
            "title_field": _TEXT,
            "subtitle_fields": _NAMES,
            "fields": _list("FieldDescription"),
            "views": _list("ViewDescription"),
            "layouts": _list("LayoutDescription"),
            "card": _NAMES,
        },
        description="A module with everything in it.",
    ),
    "FieldDescription": _object(
        {
            "key": _TEXT,
            "type": {**_TEXT, "description": "The field type: text, picklist, lookup, lines …"},
            "label": _TEXT,
            "help": _TEXT,
            "required": _FLAG,
            "unique": _FLAG,
            "read_only": _FLAG,
            "searchable": _FLAG,
            "sortable": _FLAG,
            "groupable": _FLAG,
            "operators": {**_NAMES, "description": "What filters may ask of it."},
            "schema": {"type": "object", "additionalProperties": True, "description": "JSON Schema of its values."},
            "modules": {**_NAMES, "description": "Modules whose records it points to."},
            "choices": _list("ChoiceDescription"),
            "controlled_by": {
                "type": ["string", "null"],
                "description": "The choice field that decides which choices are offered.",
            },
            "fields": {**_list("FieldDescription"), "description": "Of a line table."},
        },
        "modules",
        "choices",
        "controlled_by",
        "fields",
    ),
    "ChoiceDescription": _object(
        {
            "key": _TEXT,
            "label": _TEXT,
            "tone": _TEXT,
            "parent": {"type": ["string", "null"]},
            "retired": _FLAG,
            "when": {**_NAMES, "description": "Values of the controlling field that allow it; none: always."},
        }
    ),
    "ViewDescription": _object(
        {
            "key": _TEXT,
            "label": _TEXT,
            "kind": _TEXT,
            "columns": _NAMES,
            "filter": {"type": ["object", "null"], "additionalProperties": True},
            "sort": _NAMES,
            "default": _FLAG,
            "options": {"type": "object", "additionalProperties": True},
        }
    ),
    "LayoutDescription": _object(
        {"key": _TEXT, "highlights": _NAMES, "tabs": _list("TabDescription"), "related": _list("RelatedDescription")}
    ),
    "TabDescription": _object({"key": _TEXT, "label": _TEXT, "sections": _list("SectionDescription")}),
    "SectionDescription": _object({"key": _TEXT, "label": _TEXT, "columns": {"type": "integer"}, "fields": _list("PlacedField")}),
    "PlacedField": _object({"key": _TEXT, "span": {"type": "integer"}}),
    "RelatedDescription": _object(
        {"key": _TEXT, "module": _TEXT, "field": _TEXT, "label": _TEXT, "columns": _NAMES, "sort": _NAMES}
    ),
}
