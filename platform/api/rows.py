"""Rows of values, as the record service returns them after a change, as JSON."""

from typing import Any

from tessera.runtime.model import CompiledModule
from tessera.runtime.values import Reference, Row


def row_json(module: CompiledModule, row: Row) -> Row:
    """The row in the form that orjson takes; lines likewise. None is null, and for links the empty list."""
    made: Row = {}
    for key, value in row.items():
        if value is None:
            made[key] = [] if key in module.links else None
        elif key in module.lines:
            made[key] = [row_json(module.lines[key], line) for line in value]
        elif isinstance(value, Reference):
            made[key] = reference_json(value)
        else:
            field = module.fields.get(key)
            made[key] = value if field is None else field.type.to_json(field, value)
    return made


def reference_json(reference: Reference) -> dict[str, Any]:
    """A record that another one points to; `title` is null when the reader may not see it."""
    return {"id": reference.id, "module": reference.module, "title": reference.title}
