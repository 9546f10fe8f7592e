"""The addresses: those of each module, and those that every tenant has."""

from typing import Any, Final

from tessera.api.openapi.components import lookups_of
from tessera.api.openapi.fixed import UUID, Json, ref
from tessera.runtime.model import CompiledModule
from tessera.security.policy import ModuleAccess

_PROBLEM: Final[Json] = {"$ref": "#/components/responses/Problem"}
_ETAG: Final[Json] = {"ETag": {"schema": {"type": "string"}, "description": "The record's version."}}
_NO_CONTENT: Final[Json] = {"description": "Done."}


def parameter(name: str) -> Json:
    """A reference to a shared parameter."""
    return {"$ref": f"#/components/parameters/{name}"}


def _answer(schema: Json, description: str = "Done.", **more: Any) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}, **more}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _operation(operation_id: str, summary: str, tag: str, answers: Json, **more: Any) -> Json:
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": [tag],
        **more,
        "responses": {**answers, "default": _PROBLEM},
    }


def module_paths(module: CompiledModule, name: str, access: ModuleAccess, tag: str) -> Json:
    """The addresses of one module, as far as `access` allows anything there."""
    key, may, create_body = module.key, access.actions, _body(ref(f"{name}Create"))
    record, page, item = ref(name), ref(f"{name}Page"), [parameter("record")]
    key_header, match_header = parameter("idempotency_key"), parameter("if_match")
    paths: Json = {}

    def add(path: str, method: str, action: str, operation: Json) -> None:
        if action in may:
            paths.setdefault(path, {})[method] = operation

    listing = [parameter(p) for p in ("filter", "sort", "fields", "expand", "titles", "q", "limit", "cursor", "count", "deleted")]
    add(f"/{key}", "get", "read", _operation(f"list_{key}", "List", tag, {"200": _answer(page)}, parameters=listing))
    created = _answer(record, "Made.", headers={**_ETAG, "Location": {"schema": {"type": "string"}}})
    add(
        f"/{key}", "post", "create",
        _operation(f"create_{key}", "Create", tag, {"201": created}, parameters=[key_header], requestBody=create_body),
    )  # fmt: skip
    reading = [*item, *(parameter(p) for p in ("fields", "expand", "titles", "deleted"))]
    found = {"200": _answer(record, headers=_ETAG), "304": {"description": "Still the version of If-None-Match."}}
    add(f"/{key}/{{id}}", "get", "read", _operation(f"get_{key}", "Read", tag, found, parameters=reading))
    add(
        f"/{key}/{{id}}", "patch", "update",
        _operation(
            f"update_{key}", "Change the fields that are sent", tag, {"200": _answer(record, headers=_ETAG)},
            parameters=[*item, match_header, key_header], requestBody=_body(ref(f"{name}Update")),
        ),
    )  # fmt: skip
    deletion = _operation(
        f"delete_{key}", "Move to the recycle bin", tag, {"204": _NO_CONTENT}, parameters=[*item, match_header, key_header]
    )
    add(f"/{key}/{{id}}", "delete", "delete", deletion)
    restoring = _operation(
        f"restore_{key}", "Bring back", tag, {"200": _answer(record, headers=_ETAG)}, parameters=[*item, key_header]
    )
    add(f"/{key}/{{id}}/restore", "post", "restore", restoring)
    query = _operation(
        f"query_{key}", "List, with the filter in the body", tag, {"200": _answer(page)}, requestBody=_body(ref("Query"))
    )
    add(f"/{key}/query", "post", "read", query)
    figures = _operation(
        f"aggregate_{key}", "Figures", tag, {"200": _answer(ref("AggregateResult"))}, requestBody=_body(ref("Aggregate"))
    )
    add(f"/{key}/aggregate", "post", "read", figures)
    bulk = _operation(
        f"bulk_{key}", "Many rows in one request", tag, {"200": _answer(ref("OperationResults"))},
        parameters=[key_header], requestBody=_body(ref("Bulk")),
    )  # fmt: skip
    if may & {"create", "update", "delete"}:
        paths.setdefault(f"/{key}/bulk", {})["post"] = bulk
    describing = _operation(f"describe_{key}", "Fields, choices, views, layouts", tag, {"200": _answer(ref("ModuleDescription"))})
    add(f"/{key}/describe", "get", "read", describing)
    lookups = lookups_of(module, access)
    if lookups:
        field = {"name": "field", "in": "path", "required": True, "schema": {"type": "string", "enum": lookups}}
        limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}}
        add(
            f"/{key}/options/{{field}}", "get", "read",
            _operation(
                f"options_{key}", "What a lookup may choose", tag, {"200": _answer(ref("ReferenceList"))},
                parameters=[field, parameter("q"), limit],
            ),
        )  # fmt: skip
    return paths


def fixed_paths() -> Json:
    """The addresses that every tenant has."""
    one_token = [{"name": "id", "in": "path", "required": True, "schema": UUID}]
    key = parameter("idempotency_key")
    upload = {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            }
        },
    }
    octets = {"schema": {"type": "string", "format": "binary"}}
    # whatever was uploaded; the first entry is for clients that look for a type they know
    binary = {"description": "The content.", "content": {"application/octet-stream": octets, "*/*": octets}}
    return {
        "/me": {"get": _operation("me_get", "Who the caller is", "Access", {"200": _answer(ref("Me"))})},
        "/auth/token": {
            "post": _operation(
                "auth_token", "Login and password for a token", "Access", {"201": _answer(ref("Token"))},
                requestBody=_body(ref("Login")), security=[],
            )
        },
        "/tokens": {
            "get": _operation("tokens_list", "The caller's tokens", "Access", {"200": _answer(ref("TokenList"))}),
            "post": _operation(
                "tokens_create", "Another token", "Access", {"201": _answer(ref("Token"))}, requestBody=_body(ref("TokenCreate"))
            ),
        },
        "/tokens/{id}": {
            "delete": _operation(
                "tokens_revoke", "Revoke a token", "Access", {"204": _NO_CONTENT}, parameters=[*one_token, key]
            )
        },
        "/batch": {
            "post": _operation(
                "batch", "Several objects in one transaction", "Batch", {"200": _answer(ref("OperationResults"))},
                parameters=[key], requestBody=_body(ref("Batch")),
            )
        },
        "/files": {
            "post": _operation("files_upload", "Upload a file", "Files", {"201": _answer(ref("StoredFile"))}, requestBody=upload)
        },
        "/files/{id}": {"get": _operation("files_download", "Download a file", "Files", {"200": binary}, parameters=one_token)},
        "/jobs/{id}": {
            "get": _operation("jobs_get", "How a job stands", "Jobs", {"200": _answer(ref("Job"))}, parameters=one_token)
        },
        "/jobs/{id}/cancel": {
            "post": _operation("jobs_cancel", "Stop a job", "Jobs", {"200": _answer(ref("Job"))}, parameters=one_token)
        },
        "/describe": {
            "get": _operation("describe", "Modules and menus", "Description", {"200": _answer(ref("CatalogDescription"))})
        },
        "/openapi.json": {
            "get": _operation("openapi", "This description", "Description", {"200": _answer(ref("OpenApiDocument"))})
        },
    }  # fmt: skip
