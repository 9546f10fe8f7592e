"""The whole document: put together once for a metadata version, language and kind of reader, then kept with the catalog.

A publish brings a new catalog, and with it a new description: nothing has to be told to forget.
"""

from importlib.metadata import version
from typing import Any

import orjson

from tessera.api.openapi.components import ModuleSchemas
from tessera.api.openapi.fixed import PARAMETERS, SCHEMAS, Json, ref
from tessera.api.openapi.names import SUFFIXES, class_names
from tessera.api.openapi.paths import fixed_paths, module_paths
from tessera.api.texts import texts_of
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query.access import QuerySession

_MOST_KEPT = 32
_INTRODUCTION = (
    "Records of every module, under the rights of whoever asks. Errors are problem documents (RFC 9457) whose `code` is stable. "
    "Send a personal access token as `Authorization: Bearer tsr_…`."
)


def openapi_json(session: QuerySession, title: str, server: str) -> bytes:
    """The description as the reader of `session` may know it, as JSON, with `server` as the address of the API."""
    document = openapi_document(session, title)
    return orjson.dumps({**document, "servers": [{"url": server}]})


def openapi_document(session: QuerySession, title: str) -> Json:
    """The description without `servers`; shared, not to be changed."""
    catalog, language = session.catalog, session.context.locale
    known: dict[Any, Json] = catalog.extras.setdefault("api.openapi", {})
    modules = [module for module in catalog.modules.values() if session.access(module).actions and not module.definition.hidden]
    shapes = tuple(
        (module.key, (access := session.access(module)).actions, access.hidden_fields, access.read_only_fields)
        for module in modules
    )
    key = (title, language, shapes)
    document = known.get(key)
    if document is None:
        if len(known) >= _MOST_KEPT:
            known.clear()
        document = known[key] = _build(catalog, session, modules, title, language)
    return document


def _build(catalog: Catalog, session: QuerySession, modules: list[CompiledModule], title: str, language: str) -> Json:
    texts = texts_of(catalog, language)

    def text(english: str) -> str:
        return texts.get(english, english)

    keys = [key for module in modules for key in (module.key, *(lines.key for lines in module.lines.values()))]
    names = class_names(keys, SCHEMAS)
    taken = {*SCHEMAS, *(name + suffix for name in names.values() for suffix in SUFFIXES)}
    schemas: dict[str, Json] = dict(SCHEMAS)
    paths: Json = {}
    tags: list[Json] = []
    for module in modules:
        access, label = session.access(module), text(module.definition.label_plural)
        builder = ModuleSchemas(module, names, taken, access, text)
        schemas.update(builder.build())
        paths.update(module_paths(module, builder.name, access, label))
        tags.append({"name": label, "description": text(module.definition.help)})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": str(catalog.version),
            "description": f"{_INTRODUCTION}\n\nTessera {version('tessera')}, metadata version {catalog.version}.",
        },
        "security": [{"token": []}],
        "tags": list({tag["name"]: tag for tag in tags}.values()),
        "paths": {**paths, **fixed_paths()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A personal access token."}},
            "parameters": PARAMETERS,
            "responses": {
                "Problem": {"description": "What is wrong.", "content": {"application/problem+json": {"schema": ref("Problem")}}}
            },
            "schemas": schemas,
        },
    }
