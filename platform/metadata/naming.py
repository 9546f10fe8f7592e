"""Which names may be given to things: reserved words, lengths that databases allow, and whose prefix a name carries."""

from collections.abc import Iterator, Mapping
from typing import Any

from tessera.metadata.errors import Finding, Path

#: Columns of the product in every module table, and in every line table.
SYSTEM_FIELDS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner")
RESERVED_FIELDS = frozenset({*SYSTEM_FIELDS, "deleted_at", "deleted_by", "search_text"})
RESERVED_LINE_FIELDS = frozenset({"id", "parent", "parent_id", "position"})
#: Words of the formula language; a field called so could not be named in a formula.
FORMULA_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null", "empty", "me", "record"})
#: `sys` and `tessera` are the product's; the others are addresses of the API, where they stand beside the module keys.
RESERVED_MODULES = frozenset(
    {"sys", "tessera", "auth", "batch", "describe", "docs", "files", "health", "jobs", "me", "openapi", "tokens"}
)
#: Table names stay under what PostgreSQL keeps of a name, with room for the names of indexes.
MAX_TABLE_NAME = 50
#: The product's own apps, whose names carry no prefix.
BARE_APPS = frozenset({"core", "standard_crm"})
#: The prefix of a tenant's own things, without the underscore.
TENANT_NAMESPACE = "x"
#: Field types that have a table of their own, named `module__field`.
_TABLE_TYPES = frozenset({"lines", "multi_lookup"})


def module_findings(key: str, document: Mapping[str, Any]) -> Iterator[Finding]:
    """Names in a module that cannot be used, whoever gives them."""
    path: Path = ("modules", key)
    if key in RESERVED_MODULES or key.startswith("sys_"):
        yield Finding(path, f"{key!r} is a reserved name; choose another one.")
    for name, field in document.get("fields", {}).items():
        yield from _field_findings((*path, "fields", name), RESERVED_FIELDS)
        if field.get("type") in _TABLE_TYPES and len(key) + 2 + len(name) > MAX_TABLE_NAME:
            message = f"The table {key}__{name} would have a name of more than {MAX_TABLE_NAME} characters; choose a shorter key."
            yield Finding((*path, "fields", name), message)
        for inner, definition in field.get("fields", {}).items():
            if definition.get("type") == "lines":
                yield Finding((*path, "fields", name, "fields", inner), "A line table cannot hold another line table.")
            yield from _field_findings((*path, "fields", name, "fields", inner), RESERVED_LINE_FIELDS)


def _field_findings(path: Path, reserved: frozenset[str]) -> Iterator[Finding]:
    name = path[-1]
    if name in reserved:
        yield Finding(path, f"{name!r} is a field that the product itself keeps; choose another key.")
    elif name in FORMULA_WORDS:
        yield Finding(path, f"{name!r} is a word of the formula language; choose another key.")


def prefix_finding(path: Path, namespace: str) -> Finding | None:
    """What is wrong when the last name of `path` does not begin with `namespace` and an underscore; "" asks for none."""
    if not namespace or path[-1].startswith(f"{namespace}_"):
        return None
    wanted = f"{namespace}_{path[-1]}"
    return Finding(
        path, f"{path[-1]!r} must begin with {namespace + '_'!r}, so that it can never meet a name of somebody else.", wanted
    )
