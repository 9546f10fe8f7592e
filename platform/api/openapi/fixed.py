"""Schemas, parameters, headers and answers that are the same for every tenant."""

from typing import Any, Final

from tessera.api.openapi.described import DESCRIPTIONS
from tessera.api.schemas import MAX_BATCH, MAX_BULK, MAX_GROUPS
from tessera.runtime.query.listing import MAX_LIMIT
from tessera.security.policy import EVERYTHING

Json = dict[str, Any]

UUID: Final[Json] = {"type": "string", "format": "uuid"}
MOMENT: Final[Json] = {"type": "string", "format": "date-time"}
TEXT: Final[Json] = {"type": "string"}
FILTER: Final[Json] = {
    "type": ["object", "null"],
    "additionalProperties": True,
    "description": 'A filter tree: `{"field": "status", "op": "eq", "value": "open"}`, combined with `and`, `or` and `not`.',
}


def ref(name: str) -> Json:
    """A reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Json) -> Json:
    """The schema, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema and "const" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Json, required: tuple[str, ...] | None = None, **more: Any) -> Json:
    needed = list(properties) if required is None else list(required)
    return {"type": "object", "properties": properties, **({"required": needed} if needed else {}), **more}


def _list(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


_SCOPE_MODULES: Final[Json] = {
    "anyOf": [{"type": "string", "const": "*"}, _list({"type": "string", "maxLength": 50}, maxItems=500)]
}
_SCOPE_ACTIONS: Final[Json] = {
    "anyOf": [{"type": "string", "const": "*"}, _list({"type": "string", "enum": sorted(EVERYTHING)}, maxItems=500)]
}
_NAME: Final[Json] = {"type": "string", "minLength": 1, "maxLength": 100}
_PATH: Final[Json] = {"type": "string", "maxLength": 300}
_SORT: Final[Json] = _list(_PATH, maxItems=8, description="Field paths, the first counting most; `-` before one for descending.")

SCHEMAS: Final[dict[str, Json]] = {
    "Problem": _object(
        {
            "type": {"type": "string", "format": "uri-reference"},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": {"type": "string", "description": "Stable: what programs should look at."},
            "request_id": TEXT,
            "errors": _list(ref("ProblemEntry")),
            "clashes": _list(ref("FieldClash")),
            "version": {"type": "integer", "description": "The record's version of the moment, where fields clash."},
        },
        ("type", "title", "status", "detail", "code", "request_id"),
        description="What is wrong (RFC 9457).",
    ),
    "ProblemEntry": _object(
        {
            "pointer": {"type": "string", "description": "JSON pointer into the body."},
            "parameter": {"type": "string", "description": "Name of the parameter or header."},
            "code": TEXT,
            "detail": TEXT,
        },
        ("code", "detail"),
        description="One place that is wrong.",
    ),
    "FieldClash": _object(
        {"field": TEXT, "base": {}, "current": {}, "submitted": {}},
        description="A field that somebody else changed since it was read: what was read, what stands now, what was sent.",
    ),
    "Reference": _object(
        {
            "id": UUID,
            "module": TEXT,
            "title": nullable(TEXT),
            "fields": {"type": "object", "additionalProperties": True, "description": "What `expand` asked for."},
        },
        ("id", "module", "title"),
        description="A record that another one points to. The title is null when you may not see it.",
    ),
    "ReferenceList": _object({"items": _list(ref("Reference"))}),
    "Query": _object(
        {
            "filter": FILTER,
            "sort": _SORT,
            "fields": {"type": ["array", "null"], "items": _PATH, "maxItems": 400},
            "expand": _list(_PATH, maxItems=50),
            "titles": {"type": "boolean", "description": "Lookups as references with a title."},
            "search": {"type": ["string", "null"], "maxLength": 200},
            "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
            "cursor": {"type": ["string", "null"], "maxLength": 4000},
            "count": {"type": "string", "enum": ["none", "bounded", "exact"]},
            "deleted": {"type": "boolean"},
        },
        (),
        additionalProperties=False,
    ),
    "Measure": _object(
        {
            "function": {"type": "string", "enum": ["count", "count_distinct", "sum", "avg", "min", "max"]},
            "field": {"type": ["string", "null"], "maxLength": 300},
            "name": {"type": ["string", "null"], "maxLength": 100},
        },
        ("function",),
        additionalProperties=False,
    ),
    "GroupKey": _object(
        {
            "field": _PATH,
            "bucket": nullable({"type": "string", "enum": ["day", "week", "month", "quarter", "year"]}),
            "name": {"type": ["string", "null"], "maxLength": 100},
        },
        ("field",),
        additionalProperties=False,
    ),
    "Aggregate": _object(
        {
            "measures": _list(ref("Measure"), minItems=1, maxItems=30),
            "group_by": _list(ref("GroupKey"), maxItems=10),
            "filter": FILTER,
            "search": {"type": ["string", "null"], "maxLength": 200},
            "sort": _SORT,
            "limit": {"type": "integer", "minimum": 1, "maximum": MAX_GROUPS},
        },
        ("measures",),
        additionalProperties=False,
    ),
    "AggregateResult": _object({"items": _list({"type": "object", "additionalProperties": True})}),
    "Bulk": _object(
        {
            "operation": {"type": "string", "enum": ["create", "update", "delete"]},
            "mode": {"type": "string", "enum": ["all_or_nothing", "per_row"], "default": "all_or_nothing"},
            "rows": _list(
                {},
                minItems=1,
                maxItems=MAX_BULK,
                description="Values of records; for update with their `id`; for delete ids.",
            ),
        },
        ("operation", "rows"),
        additionalProperties=False,
    ),
    "OperationResult": _object(
        {
            "id": {"type": "string", "description": "The operation's own id, or that of the record that was deleted."},
            "status": {"type": "integer"},
            "record": {"type": "object", "additionalProperties": True},
            "error": ref("Problem"),
        },
        ("status",),
    ),
    "OperationResults": _object({"results": _list(ref("OperationResult"))}),
    "BatchOperation": _object(
        {
            "id": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,49}$"},
            "operation": {"type": "string", "enum": ["create", "update", "delete", "restore"]},
            "module": {"type": "string", "maxLength": 50},
            "record": {"description": 'The id of the record, `@{a.id}` or `{"$ref": "a.id"}`.'},
            "version": {"type": "integer", "minimum": 1, "maximum": 2147483647},
            "values": {"type": "object", "additionalProperties": True},
        },
        ("operation", "module"),
        additionalProperties=False,
    ),
    "Batch": _object({"operations": _list(ref("BatchOperation"), minItems=1, maxItems=MAX_BATCH)}, additionalProperties=False),
    "Scopes": _object({"modules": _SCOPE_MODULES, "actions": _SCOPE_ACTIONS}, (), additionalProperties=False),
    "TokenCreate": _object(
        {"name": _NAME, "scopes": ref("Scopes"), "expires_at": nullable(MOMENT)}, ("name",), additionalProperties=False
    ),
    "Login": _object(
        {
            "login": {"type": "string", "minLength": 1, "maxLength": 200},
            "password": {"type": "string", "minLength": 1, "maxLength": 1000, "format": "password"},
            "name": _NAME,
            "scopes": ref("Scopes"),
            "expires_at": nullable(MOMENT),
        },
        ("login", "password"),
        additionalProperties=False,
    ),
    "Token": _object(
        {
            "id": UUID,
            "name": TEXT,
            "scopes": ref("Scopes"),
            "created_at": MOMENT,
            "expires_at": nullable(MOMENT),
            "last_used_at": nullable(MOMENT),
            "token": {"type": "string", "description": "The secret; only in the answer that makes it."},
        },
        ("id", "name", "scopes", "created_at", "expires_at", "last_used_at"),
    ),
    "TokenList": _object({"items": _list(ref("Token"))}),
    "Me": _object(
        {
            "id": UUID,
            "name": TEXT,
            "login": TEXT,
            "role": TEXT,
            "tenant": TEXT,
            "locale": TEXT,
            "timezone": TEXT,
            "scopes": ref("Scopes"),
        }
    ),
    "Job": _object(
        {
            "id": UUID,
            "kind": TEXT,
            "state": TEXT,
            "progress": {"type": "integer"},
            "total": {"type": ["integer", "null"]},
            "message": TEXT,
            "result": {},
            "error": nullable(TEXT),
            "attempts": {"type": "integer"},
            "cancel_requested": {"type": "boolean"},
            "created_at": MOMENT,
            "run_at": MOMENT,
            "finished_at": nullable(MOMENT),
        }
    ),
    "StoredFile": _object(
        {
            "id": UUID,
            "name": TEXT,
            "size": {"type": "integer"},
            "media_type": TEXT,
            "sha256": TEXT,
            "created_at": MOMENT,
        }
    ),
    "OpenApiDocument": {"type": "object", "additionalProperties": True},
    **DESCRIPTIONS,
}

_IF_MATCH: Final[Json] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": r'^(\*|"v[0-9]{1,9}")$'},
    "description": "Only when the record is still at this version (its ETag).",
}
_IDEMPOTENCY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "The same key and body again within 24 hours has no second effect and gets the first answer.",
}


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


PARAMETERS: Final[dict[str, Json]] = {
    "record": {"name": "id", "in": "path", "required": True, "schema": UUID, "description": "The record's id."},
    "if_match": _IF_MATCH,
    "idempotency_key": _IDEMPOTENCY,
    "filter": _query("filter", TEXT, "A filter tree as JSON text."),
    "sort": _query("sort", TEXT, "Field paths separated by commas; `-` before one for descending."),
    "fields": _query("fields", TEXT, "Field paths separated by commas; default: all of the row."),
    "expand": _query("expand", TEXT, "Lookups, separated by commas, to give as references with their fields."),
    "titles": _query("titles", {"type": "boolean", "default": False}, "All lookups as references with a title."),
    "q": _query("q", {"type": "string", "maxLength": 200}, "Words to search for."),
    "limit": _query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50}, "Rows of a page."),
    "cursor": _query("cursor", {"type": "string", "maxLength": 4000}, "`next_cursor` of the page before."),
    "count": _query("count", {"type": "string", "enum": ["none", "bounded", "exact"], "default": "none"}, "How to count."),
    "deleted": _query("deleted", {"type": "boolean", "default": False}, "The recycle bin instead."),
}
