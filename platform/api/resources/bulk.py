"""Up to 10,000 rows of one module in a request: all or nothing, or each row for itself with a result of its own."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from tessera.api import schemas
from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.api.errors import BadBody
from tessera.api.problems import as_tessera_error, problem_body
from tessera.api.rows import row_json
from tessera.kernel.errors import Problem, TesseraError, ValidationFailed
from tessera.runtime.session import Session

Rows = Sequence[Any]


def bulk(call: Call, module: str) -> Answer:
    """POST /<module>/bulk"""
    call.parameters()
    body = call.form(schemas.BULK)
    prepare, all_at_once, one = _OPERATIONS[body["operation"]]
    rows = prepare(body["rows"])
    if body["mode"] == "all_or_nothing":
        return call.write(lambda session: json_answer({"results": all_at_once(session, module, rows)}))
    return call.write(lambda session: json_answer({"results": _one_by_one(call, session, module, rows, one)}))


def _one_by_one(
    call: Call, session: Session, module: str, rows: Rows, one: Callable[..., dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each row in a savepoint of its own; a refusal becomes the row's result."""
    results: list[dict[str, Any]] = []
    for row in rows:
        noted = len(session.entries), len(session.outbox)
        try:
            with session.savepoint():
                results.append(one(session, module, row))
        except (TesseraError, IntegrityError) as error:
            # what the undone row wanted to be told to others must not be told
            del session.entries[noted[0] :], session.outbox[noted[1] :]
            known = as_tessera_error(error, call.context.request_id)
            results.append({"status": known.status, "error": problem_body(known, call.translator, call.context.request_id)})
    return results


# -- create ---------------------------------------------------------------------------------------------------------


def _create_rows(rows: Rows) -> Rows:
    return _checked(rows, lambda row: isinstance(row, dict), "A row to create is an object with the values of a record.")


def _create_all(session: Session, module: str, rows: Rows) -> list[dict[str, Any]]:
    compiled = session.catalog.module(module)
    try:
        made = session.records.create_many(module, rows)
    except ValidationFailed as error:  # a single row has no number in its pointers
        raise ValidationFailed([p.under("/rows" if len(rows) > 1 else "/rows/0") for p in error.problems]) from error
    return [{"status": 201, "record": row_json(compiled, row)} for row in made]


def _create_one(session: Session, module: str, row: Any) -> dict[str, Any]:
    return {"status": 201, "record": row_json(session.catalog.module(module), session.records.create(module, row))}


# -- update ---------------------------------------------------------------------------------------------------------


def _update_rows(rows: Rows) -> list[tuple[UUID, dict[str, Any]]]:
    """`{"id": …, field: value …}` → (id, values); nobody is named twice, so that the order of the rows cannot matter."""
    _checked(rows, lambda row: isinstance(row, dict), "A row to update is an object with an id and the values to change.")
    ids = _ids([row.get("id") for row in rows], "/id")
    return [(found, {k: v for k, v in row.items() if k != "id"}) for found, row in zip(ids, rows, strict=True)]


def _update_all(session: Session, module: str, rows: Rows) -> list[dict[str, Any]]:
    compiled = session.catalog.module(module)
    try:
        changed = session.records.update_many(module, rows)
    except ValidationFailed as error:
        raise ValidationFailed([p.under("/rows") for p in error.problems]) from error
    return [{"status": 200, "record": row_json(compiled, row)} for row in changed]


def _update_one(session: Session, module: str, row: Any) -> dict[str, Any]:
    record_id, values = row
    return {"status": 200, "record": row_json(session.catalog.module(module), session.records.update(module, record_id, values))}


# -- delete ---------------------------------------------------------------------------------------------------------


def _delete_rows(rows: Rows) -> list[UUID]:
    """Ids, bare or as `{"id": …}`."""
    return _ids([row.get("id") if isinstance(row, dict) and row.keys() == {"id"} else row for row in rows], "")


def _delete_all(session: Session, module: str, rows: Rows) -> list[dict[str, Any]]:
    session.records.delete_many(module, rows)
    return [{"status": 204, "id": record_id} for record_id in rows]


def _delete_one(session: Session, module: str, row: Any) -> dict[str, Any]:
    session.records.delete(module, row)
    return {"status": 204, "id": row}


# -- reading rows ---------------------------------------------------------------------------------------------------


def _checked(rows: Rows, fits: Callable[[Any], bool], message: str) -> Rows:
    problems = [Problem(f"/rows/{index}", "invalid", message) for index, row in enumerate(rows) if not fits(row)]
    if problems:
        raise BadBody(problems)
    return rows


def _ids(values: Sequence[Any], suffix: str) -> list[UUID]:
    ids: list[UUID] = []
    seen: set[UUID] = set()
    problems: list[Problem] = []
    for index, value in enumerate(values):
        try:
            found = UUID(value) if isinstance(value, str) and len(value) == 36 else None
        except ValueError:
            found = None
        if found is None:
            problems.append(Problem(f"/rows/{index}{suffix}", "invalid", "This is not the id of a record."))
            continue
        if found in seen:
            problems.append(Problem(f"/rows/{index}{suffix}", "duplicate", "This record is in the request already."))
        seen.add(found)
        ids.append(found)
    if problems:
        raise BadBody(problems)
    return ids


_OPERATIONS: dict[str, tuple[Callable[[Rows], Any], Callable[..., list[dict[str, Any]]], Callable[..., dict[str, Any]]]] = {
    "create": (_create_rows, _create_all, _create_one),
    "update": (_update_rows, _update_all, _update_one),
    "delete": (_delete_rows, _delete_all, _delete_one),
}
