"""The description of the API: for programs as OpenAPI, for people as a page."""

from tessera.api.answers import Answer
from tessera.api.call import Call
from tessera.api.docs_page import CONTENT_SECURITY_POLICY, docs_page
from tessera.api.openapi.document import openapi_document, openapi_json
from tessera.api.resources.records import read_session


def openapi(call: Call) -> Answer:
    """GET /openapi.json"""
    call.parameters()
    return Answer(200, openapi_json(read_session(call), _title(call), call.base))


def docs(call: Call) -> Answer:
    """GET /api/docs"""
    call.parameters()
    page = docs_page(openapi_document(read_session(call), _title(call)), call.base, call.translator)
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Content-Language": call.context.locale}
    return Answer(200, page, headers, "text/html; charset=utf-8")


def _title(call: Call) -> str:
    return f"{call.tenant.record.name} API"
