"""A record's own id: the type of the system field `id`. Not for definitions, so it stands in no registry."""

from typing import Any
from uuid import UUID

from tessera.expressions.types import TEXT, Type
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField
from tessera.runtime.fields.reference_input import read_id
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec


class IdentifierField(ScalarField):
    """A UUIDv7: sorting by it is sorting by when the record was made."""

    key = "id"
    label = "Identifier"
    writable = False
    json_ready = True

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "uuid", nullable=False),)

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> UUID | None:
        return read_id(raw)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return str(value)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return str(value)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


IDENTIFIER = IdentifierField()
