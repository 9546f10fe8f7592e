"""Aggregates, and what a lookup may choose."""

from decimal import Decimal
from typing import Any

from tessera.api import schemas
from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.api.rows import reference_json
from tessera.runtime.values import Aggregate, GroupKey, Measure, Reference


def aggregate(call: Call, module: str) -> Answer:
    """POST /<module>/aggregate"""
    call.parameters()
    request = aggregate_of(call.form(schemas.AGGREGATE))
    with call.reading() as session:
        rows = session.records.aggregate(module, request)
    return json_answer({"items": [{key: _shown(value) for key, value in row.items()} for row in rows]})


def aggregate_of(body: dict[str, Any]) -> Aggregate:
    """The aggregate that a checked body asks for."""
    return Aggregate(
        measures=tuple(Measure(m["function"], m.get("field"), m.get("name")) for m in body["measures"]),
        group_by=tuple(GroupKey(g["field"], g.get("bucket"), g.get("name")) for g in body.get("group_by", ())),
        filter=body.get("filter"),
        search=body.get("search") or None,
        sort=tuple(body.get("sort", ())),
        limit=body.get("limit", 1_000),
    )


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return reference_json(value) if isinstance(value, Reference) else value


def options(call: Call, module: str, field: str) -> Answer:
    """GET /<module>/options/<field>?q=: what a lookup may choose, best match first"""
    wanted = call.parameters("q", "limit")
    limit = wanted.integer("limit", 20, least=1, most=100)
    with call.reading() as session:
        found = session.records.options(module, field, wanted.text("q") or "", limit=limit)
    return json_answer({"items": [reference_json(reference) for reference in found]})
