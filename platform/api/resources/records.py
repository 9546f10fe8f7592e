"""One record and lists of records: the addresses that most programs live on."""

from typing import Any

import orjson

from tessera.api import parameters, schemas
from tessera.api.answers import Answer, etag, json_answer
from tessera.api.call import Call
from tessera.api.errors import BadBody
from tessera.api.preconditions import if_match, none_match
from tessera.api.read_session import ReadSession
from tessera.api.rows import row_json
from tessera.kernel.errors import Problem
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.listing import query_json
from tessera.runtime.query.reading import get_json
from tessera.runtime.session import Session
from tessera.runtime.values import Page, Query, Row

_LIST = ("filter", "sort", "fields", "expand", "titles", "q", "limit", "cursor", "count", "deleted")


def read_session(call: Call) -> ReadSession:
    """A session for the hot reads, narrowed to the token's scopes."""
    return ReadSession(call.context, call.catalog, call.tenant.database, call.policy)


# -- reading --------------------------------------------------------------------------------------------------------


def get_record(call: Call, module: str, record: str) -> Answer:
    """GET /<module>/<id>"""
    wanted = call.parameters("fields", "expand", "titles", "deleted")
    fields, expand, titles = wanted.names("fields") or None, wanted.names("expand"), wanted.flag("titles")
    session = read_session(call)
    row = get_json(
        session,
        session.catalog.module(module),
        parameters.record_id(record),
        fields=_with(fields, "id", "version"),
        expand=expand,
        titles=titles,
        deleted=wanted.flag("deleted"),
    )
    version = row.get("version")
    body = _dump(row)
    if version is None:
        return Answer(200, body)
    tag = etag(version, body)
    if none_match(call.request.headers.get("If-None-Match"), tag):
        return Answer(304, headers={"ETag": tag})
    return Answer(200, body, {"ETag": tag})


def list_records(call: Call, module: str) -> Answer:
    """GET /<module>"""
    wanted = call.parameters(*_LIST)
    query = Query(
        filter=wanted.json_object("filter"),
        sort=wanted.names("sort"),
        fields=_with(wanted.names("fields") or None, "id"),
        expand=wanted.names("expand"),
        titles=wanted.flag("titles"),
        search=wanted.text("q"),
        limit=wanted.integer("limit", 50, least=1, most=schemas.MAX_PAGE),
        cursor=wanted.text("cursor"),
        count=wanted.count(),
        deleted=wanted.flag("deleted"),
    )
    return _page(call, module, query)


def query_records(call: Call, module: str) -> Answer:
    """POST /<module>/query: for filters that are too long for an address"""
    call.parameters()
    return _page(call, module, query_of(call.form(schemas.QUERY)))


def query_of(body: dict[str, Any]) -> Query:
    """The query that a checked body asks for."""
    fields = body.get("fields_")
    return Query(
        filter=body.get("filter"),
        sort=tuple(body.get("sort", ())),
        fields=_with(tuple(fields) if fields else None, "id"),
        expand=tuple(body.get("expand", ())),
        titles=body.get("titles", False),
        search=body.get("search") or None,
        limit=body.get("limit", 50),
        cursor=body.get("cursor") or None,
        count=body.get("count", "none"),
        deleted=body.get("deleted", False),
    )


def _page(call: Call, module: str, query: Query) -> Answer:
    session = read_session(call)
    return Answer(200, _dump(page_json(query_json(session, session.catalog.module(module), query))))


def page_json(page: Page) -> dict[str, Any]:
    """A page as the API shows it; the count is there only when it was asked for."""
    body: dict[str, Any] = {"items": page.rows, "next_cursor": page.next_cursor}
    if page.count is not None:
        body["count"] = page.count
        body["count_bounded"] = page.count_bounded
    return body


# -- changing -------------------------------------------------------------------------------------------------------


def create_record(call: Call, module: str) -> Answer:
    """POST /<module>"""
    call.parameters()
    values = call.json_object()

    def work(session: Session) -> Answer:
        row = session.records.create(module, values)
        answer = record_answer(session.catalog.module(module), row, 201)
        answer.headers["Location"] = f"{call.base}/{module}/{row['id']}"
        return answer

    return call.write(work)


def update_record(call: Call, module: str, record: str) -> Answer:
    """PATCH /<module>/<id>: the fields that are sent; `version` says which version was read"""
    call.parameters()
    record_id, expected = parameters.record_id(record), if_match(call.request.headers.get("If-Match"))
    values = call.json_object()
    version = _read_version(values)

    def work(session: Session) -> Answer:
        row = session.records.update(module, record_id, values, version=version, if_match=expected)
        return record_answer(session.catalog.module(module), row)

    return call.write(work)


def delete_record(call: Call, module: str, record: str) -> Answer:
    """DELETE /<module>/<id>: to the recycle bin"""
    call.parameters()
    record_id, expected = parameters.record_id(record), if_match(call.request.headers.get("If-Match"))

    def work(session: Session) -> Answer:
        session.records.delete(module, record_id, if_match=expected)
        return Answer(204)

    return call.write(work)


def restore_record(call: Call, module: str, record: str) -> Answer:
    """POST /<module>/<id>/restore"""
    call.parameters()
    record_id = parameters.record_id(record)

    def work(session: Session) -> Answer:
        return record_answer(session.catalog.module(module), session.records.restore(module, record_id))

    return call.write(work)


def record_answer(module: CompiledModule, row: Row, status: int = 200) -> Answer:
    """A record after a change."""
    answer = json_answer(row_json(module, row), status)
    if row.get("version") is not None:
        answer.headers["ETag"] = etag(row["version"], answer.body)
    return answer


def _read_version(values: dict[str, Any]) -> int | None:
    """Take `version` out of the submitted values: it is no value but what the caller had read."""
    version = values.pop("version", None)
    if version is None or (isinstance(version, int) and not isinstance(version, bool) and 0 < version < 2**31):
        return version
    raise BadBody([Problem("/version", "invalid", "The version is the whole number that came with the record.")])


def _with(fields: tuple[str, ...] | None, *always: str) -> tuple[str, ...] | None:
    """The fields that were asked for, and those without which a row cannot be worked with."""
    return fields and (*(name for name in always if name not in fields), *fields)


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str)
