"""The reference of the definition files, as Markdown made from their schemas: one page a kind, and one of the field types."""

from collections.abc import Iterator, Mapping
from typing import Any

from tessera.metadata.published import KINDS, FieldTypeSchemas, base_schema

NOTICE = "<!-- Made from the schemas by tools/build_reference.py; changes here are lost. -->\n"
#: Definitions of the common parts that have properties of their own and so a table of their own.
_COMMON_TABLES = ("picklist_value", "validation", "filter")
#: So many known names are listed in a table; of longer lists (the icons) only the beginning.
_MOST_NAMES = 24


def reference_pages(field_types: FieldTypeSchemas) -> dict[str, str]:
    """{file name: Markdown} of the whole reference."""
    pages = {f"{kind}.md": _kind_page(kind) for kind in KINDS}
    return {**pages, "common.md": _common_page(), "field-types.md": _field_types_page(field_types), "README.md": _index()}


def _index() -> str:
    lines = [
        NOTICE,
        "# Reference of definitions",
        "",
        "What each file of an app may say. `docs/metadata.md` explains how it works together.",
        "",
    ]
    for kind in KINDS:
        lines.append(f"- [{base_schema(kind)['title']}]({kind}.md): {base_schema(kind)['description']}")
    lines.append("- [Field types](field-types.md): the options of each type of field.")
    lines.append("- [Common parts](common.md): keys, texts, filters, choices, rules.")
    return "\n".join(lines) + "\n"


def _kind_page(kind: str) -> str:
    schema = base_schema(kind)
    lines = [NOTICE, f"# {schema['title']}", "", schema["description"], ""]
    lines += _table(schema)
    for name, inner in schema.get("$defs", {}).items():
        lines += _section(name, inner)
    return "\n".join(lines).rstrip() + "\n"


def _common_page() -> str:
    schema = base_schema("common")
    lines = [NOTICE, "# Common parts", "", schema["description"], "", "| part | meaning | form |", "| --- | --- | --- |"]
    for name, inner in schema["$defs"].items():
        lines.append(f"| `{name}` | {_cell(inner['description'])} | {_form(inner)} |")
    lines.append("")
    for name in _COMMON_TABLES:
        lines += _section(name, schema["$defs"][name])
    return "\n".join(lines).rstrip() + "\n"


def _field_types_page(field_types: FieldTypeSchemas) -> str:
    lines = [
        NOTICE,
        "# Field types",
        "",
        "Beside the [properties of every field](module.md#field), each type has options of its own.",
        "",
    ]
    for key, options in field_types.items():
        lines += [f"## {key}", ""]
        lines += _table({"properties": options}) if options else ["No options.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _section(name: str, schema: Mapping[str, Any]) -> list[str]:
    properties = _with_properties(schema)
    return [f"## {name}", "", schema["description"], "", *(_table(properties) if properties else [f"Form: {_form(schema)}", ""])]


def _with_properties(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The part of a schema that lists properties: itself, or one of its alternatives."""
    if "properties" in schema:
        return schema
    return next((part for part in schema.get("anyOf", ()) if "properties" in part), None)


def _table(schema: Mapping[str, Any]) -> list[str]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        return []
    required = schema.get("required", ())
    lines = ["| key | meaning | form |", "| --- | --- | --- |"]
    for name, inner in properties.items():
        mark = " **required**" if name in required else ""
        lines.append(f"| `{name}`{mark} | {_cell(inner.get('description', ''))} | {_form(inner)} |")
    return [*lines, ""]


def _form(schema: Mapping[str, Any]) -> str:
    """What may stand there, in a few words."""
    return _cell("; ".join(dict.fromkeys(_forms(schema)))) or "anything"


def _forms(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield _link(schema["$ref"])
    if "const" in schema:
        yield f"`{schema['const']}`"
    if "enum" in schema:
        names = [f"`{name}`" for name in schema["enum"][:_MOST_NAMES]]
        yield ", ".join(names) + (" …" if len(schema["enum"]) > _MOST_NAMES else "")
    for alternative in schema.get("anyOf", ()):
        yield from _forms(alternative)
    kind = schema.get("type")
    if kind == "object":
        inner = schema.get("additionalProperties")
        yield f"mapping of {' or '.join(_forms(inner))}" if isinstance(inner, Mapping) and inner else "mapping"
    elif kind == "array":
        yield f"list of {' or '.join(_forms(schema.get('items', {}))) or 'anything'}"
    elif kind is not None:
        yield " or ".join([kind] if isinstance(kind, str) else kind) + _limits(schema)
    if "default" in schema:
        yield f"default `{_literal(schema['default'])}`"


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _limits(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low}"
    if high is not None:
        return f" to {high}"
    return f" of at most {schema['maxLength']} characters" if "maxLength" in schema else ""


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    page = "common.md" if name in base_schema("common")["$defs"] else ""
    return f"[{name}]({page}{f'#{name}' if not page or name in _COMMON_TABLES else ''})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
