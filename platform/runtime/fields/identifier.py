"""The record's own id as a field, so that it can be filtered, sorted and shown like any other. Not for definitions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.runtime.fields.base import Coercion, CompiledField, FieldType, Rejected


class IdentifierField(FieldType):
    """A UUIDv7."""

    key = "id"
    label = "Record ID"
    operators = ("eq", "ne", "in", "not_in")
    writable = False
    groupable = False
    json_ready = True
    widget = "text"

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return str(value)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> UUID | None:
        return None if raw in (None, "") else as_uuid(raw)

    def to_json(self, field: CompiledField, value: Any) -> str | None:
        return None if value is None else str(value)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}

    def filter(
        self,
        field: CompiledField,
        columns: Sequence[sa.ColumnElement[Any]],
        operator: str,
        operand: Any,
        context: Context,
    ) -> sa.ColumnElement[bool]:
        column = columns[0]
        if operator in ("in", "not_in"):
            if not isinstance(operand, list):
                raise Rejected("not_a_list", "A list of ids is needed.")
            ids = [as_uuid(item) for item in operand]
            return column.in_(ids) if operator == "in" else column.not_in(ids)
        wanted = as_uuid(operand)
        return column == wanted if operator == "eq" else column != wanted


def as_uuid(raw: Any) -> UUID:
    """`raw` as an id; raises `Rejected`."""
    if isinstance(raw, UUID):
        return raw
    if isinstance(raw, str) and len(raw) <= 45:
        try:
            return UUID(raw.strip())
        except ValueError:
            pass
    raise Rejected("not_an_id", "This is not the id of a record.")


IDENTIFIER = IdentifierField()
