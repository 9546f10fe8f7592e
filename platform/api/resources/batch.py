"""Several objects in one transaction, where later operations may point to what earlier ones made.

    {"operations": [
        {"id": "c", "operation": "create", "module": "customer", "values": {"name": "Acme"}},
        {"id": "o", "operation": "create", "module": "sales_order", "values": {"customer": {"$ref": "c.id"}}},
        {"operation": "update", "module": "customer", "record": "@{c.id}", "values": {"notes": "order @{o.number}"}}]}

`{"$ref": "c.id"}` becomes the value itself; `@{c.id}` is put into a text. Both name the `id` of an operation and a field of the
record it made or changed.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from tessera.api import schemas
from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.api.errors import BadBody
from tessera.api.rows import row_json
from tessera.kernel.errors import NotFound, Problem, TesseraError, ValidationFailed
from tessera.runtime.session import Session

_MARK: Final = re.compile(r"@\{([A-Za-z_][A-Za-z0-9_]{0,49})\.([a-z][a-z0-9_]{0,62})\}")
_REFERENCE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,49})\.([a-z][a-z0-9_]{0,62})")
Records = dict[str, dict[str, Any]]


def batch(call: Call) -> Answer:
    """POST /batch"""
    call.parameters()
    operations = call.form(schemas.BATCH)["operations"]
    _check(operations)
    return call.write(lambda session: json_answer({"results": _run(session, operations)}))


def _check(operations: list[dict[str, Any]]) -> None:
    """What can be said without the database: ids once, and what each operation needs."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, operation in enumerate(operations):
        pointer = f"/operations/{index}"
        name = operation.get("id")
        if name in seen:
            problems.append(Problem(f"{pointer}/id", "duplicate", "Another operation has this id."))
        seen.add(name or "")
        kind = operation["operation"]
        if kind != "create" and operation.get("record") is None:
            problems.append(Problem(f"{pointer}/record", "required", "Say which record is meant."))
        if kind in {"create", "update"} and operation.get("values") is None:
            problems.append(Problem(f"{pointer}/values", "required", "Send the values."))
    if problems:
        raise BadBody(problems)


def _run(session: Session, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    session.records.hold(_named(session, operations))
    records: Records = {}
    results: list[dict[str, Any]] = []
    for index, operation in enumerate(operations):
        pointer = f"/operations/{index}"
        try:
            result = _perform(session, operation, records, pointer)
        except BadBody:
            raise
        except ValidationFailed as error:
            raise ValidationFailed([problem.under(f"{pointer}/values") for problem in error.problems]) from error
        except TesseraError as error:
            error.pointer = pointer
            raise
        if "id" in operation:
            result = {"id": operation["id"], **result}
        results.append(result)
    return results


def _named(session: Session, operations: list[dict[str, Any]]) -> dict[str, set[UUID]]:
    """The records that the operations change or point to and whose figures they change with it, as far as ids are given."""
    named: dict[str, set[UUID]] = defaultdict(set)
    for operation in operations:
        module = session.catalog.modules.get(operation["module"])
        if module is None:
            continue
        _add(named[module.key], operation.get("record"))
        changing = session.catalog.computed.returning.get(module.key, frozenset())
        for key, value in (operation.get("values") or {}).items():
            field = module.fields.get(key)
            for target in field.type.references(field.definition, field.options) if field is not None else ():
                if target in changing:
                    _add(named[target], value)
    return named


def _add(ids: set[UUID], value: Any) -> None:
    if isinstance(value, str) and len(value) == 36:
        with suppress(ValueError):
            ids.add(UUID(value))


def _perform(session: Session, operation: Mapping[str, Any], records: Records, pointer: str) -> dict[str, Any]:
    service, module = session.records, operation["module"]
    values = _resolve(operation.get("values", {}), records, f"{pointer}/values")
    kind = operation["operation"]
    if kind == "create":
        row, status = service.create(module, values), 201
    else:
        record_id = _record_id(_resolve(operation["record"], records, f"{pointer}/record"))
        if kind == "delete":
            service.delete(module, record_id)
            return {"status": 204}
        status = 200
        if kind == "update":
            row = service.update(module, record_id, values, version=operation.get("version"))
        else:
            row = service.restore(module, record_id)
    record = row_json(session.catalog.module(module), row)
    if "id" in operation:
        records[operation["id"]] = record
    return {"status": status, "record": record}


def _record_id(value: Any) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise NotFound() from None


def _resolve(value: Any, records: Records, pointer: str) -> Any:
    """`value` with its references replaced; raises `BadBody` for one that leads nowhere."""
    if isinstance(value, str):
        return _MARK.sub(lambda found: _text(_look_up(found, records, pointer)), value) if "@{" in value else value
    if isinstance(value, list):
        return [_resolve(inner, records, f"{pointer}/{index}") for index, inner in enumerate(value)]
    if isinstance(value, dict):
        if value.keys() == {"$ref"}:
            found = _REFERENCE.fullmatch(value["$ref"]) if isinstance(value["$ref"], str) else None
            if found is None:
                raise _nowhere(str(value["$ref"]), pointer)
            return _look_up(found, records, pointer)
        return {key: _resolve(inner, records, f"{pointer}/{key}") for key, inner in value.items()}
    return value


def _look_up(found: re.Match[str], records: Records, pointer: str) -> Any:
    record = records.get(found[1])
    if record is None or found[2] not in record:
        raise _nowhere(f"{found[1]}.{found[2]}", pointer)
    value = record[found[2]]
    return str(value) if isinstance(value, UUID) else value


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _nowhere(reference: str, pointer: str) -> BadBody:
    message = "{reference} names no earlier operation and field."
    return BadBody([Problem(pointer, "bad_reference", message, {"reference": reference[:100]})])
