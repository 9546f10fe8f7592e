"""The documentation page: the OpenAPI document as one self-contained HTML page, without a script or anything from elsewhere."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from tessera.api.openapi.fixed import Json
from tessera.api.problems import TITLES, TYPE_PREFIX
from tessera.kernel.errors import TesseraError
from tessera.kernel.messages import Translator

_FOLDER: Final = files("tessera.api").joinpath("templates")
_STYLE: Final = _FOLDER.joinpath("docs.css").read_text("utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"
_METHODS: Final = ("get", "post", "patch", "delete")


def docs_page(document: Json, server: str, translator: Translator) -> bytes:
    """The page of an OpenAPI document."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                sections.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation))
    schemas = {name: _schema(schema) for name, schema in document["components"]["schemas"].items()}
    page = _template().render(
        info=document["info"],
        server=server,
        sections=sections,
        schemas=schemas,
        problems=_problem_kinds(translator),
        anchor=TYPE_PREFIX.partition("#")[2],
        style=_STYLE,
        language=translator.locale,
        t=translator.gettext,
    )
    return page.encode()


@cache
def _template() -> Template:
    source = _FOLDER.joinpath("docs.html").read_text("utf-8")
    environment = Environment(
        loader=DictLoader({"docs.html": source}), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("docs.html")


def _operation(document: Json, path: str, method: str, operation: Json) -> dict[str, Any]:
    shared = document["components"]["parameters"]
    parameters = [
        shared[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
        for parameter in operation.get("parameters", ())
    ]
    body = _schema_in(operation.get("requestBody", {}))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "parameters": parameters,
        "body": _type_text(body) if body else "",
        "body_link": _link(body),
        "answers": [_answer(status, answer) for status, answer in operation["responses"].items() if status != "default"],
    }


def _answer(status: str, answer: Json) -> dict[str, str]:
    schema = _schema_in(answer)
    return {
        "status": status,
        "text": answer.get("description", ""),
        "type": _type_text(schema) if schema else "",
        "link": _link(schema),
    }


def _schema_in(part: Json) -> Json | None:
    """The schema of a body or an answer, whatever its media type."""
    for content in part.get("content", {}).values():
        schema: Json = content["schema"]
        return schema
    return None


def _schema(schema: Json) -> dict[str, Any]:
    return {"text": schema.get("description", ""), "type": _type_text(schema), "properties": _properties(schema)}


def _properties(schema: Json) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "type": _type_text(inner),
            "link": _link(inner),
            "required": name in required,
            "text": inner.get("description", ""),
        }
        for name, inner in schema.get("properties", {}).items()
    ]


def _type_text(schema: Json) -> str:
    """A type in a few words: `uuid | Reference | null`, `list of OrderLines`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(_type_text(option) for option in schema[union])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(_type_text({**schema, "type": one}) if one != "null" else "null" for one in kind)
    if kind == "array":
        return f"list of {_type_text(schema.get('items', {}))}"
    return str(schema.get("format", kind))


def _link(schema: Json | None) -> str:
    """The component that a schema is about, to be linked; "" when it is about none."""
    if not schema:
        return ""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    inner = [schema.get("items"), *schema.get("anyOf", ())]
    return next((found for option in inner if (found := _link(option))), "")


@cache
def _kinds() -> tuple[type[TesseraError], ...]:
    """Every kind of error there is, one for each code."""
    waiting, found = [TesseraError], dict[str, type[TesseraError]]()
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.code, kind)
        waiting.extend(kind.__subclasses__())
    return tuple(found[code] for code in sorted(found))


def _problem_kinds(translator: Translator) -> list[dict[str, Any]]:
    return [
        {
            "code": kind.code,
            "status": kind.status,
            "title": translator.gettext(TITLES.get(kind.status, TITLES[500])),
            "text": kind.__doc__,
        }
        for kind in _kinds()
    ]
