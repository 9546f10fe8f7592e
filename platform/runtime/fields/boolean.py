"""Yes or no."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.expressions.types import BOOLEAN, Type
from tessera.kernel.context import Context
from tessera.kernel.messages import N_
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, Rejected
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec

_YES = frozenset({"true", "1", "yes", "on", "y", "t", "x", "✓", "sí", "si", "是", "ja", "wahr", "verdadero"})
_NO = frozenset({"false", "0", "no", "off", "n", "f", "否", "nein", "falsch", "falso"})


class BooleanField(ScalarField):
    """A check box. Empty is a state of its own in filters (`is_empty`); `is_false` includes it, as a box not ticked."""

    key = "boolean"
    label = "Yes/no"
    widget = "boolean"
    operators: ClassVar[tuple[str, ...]] = ("is_true", "is_false", "eq", "ne", "is_empty", "is_not_empty")
    may_be_unique = False
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "boolean"),)

    def expression_type(self, field: CompiledField) -> Type:
        return BOOLEAN

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> bool | None:
        if raw is None or isinstance(raw, bool):
            return raw
        if isinstance(raw, int) and raw in (0, 1):
            return bool(raw)
        if isinstance(raw, str) and len(raw) <= 20:
            word = raw.strip().lower()
            if not word:
                return None
            if word in _YES or word in _NO:
                return word in _YES
        raise Rejected("not_a_boolean", "This must be yes or no.")

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return bool if dialect == "sqlite" else None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        return display.translator.gettext(N_("Yes") if value else N_("No"))

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        cell: Cell = value
        return cell

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "boolean"}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator in ("is_true", "is_false"):
            wanted = (operator == "is_true") != (operand is False)
            return columns[0] == sa.true() if wanted else sa.func.coalesce(columns[0], sa.false()) == sa.false()
        return super().filter(field, columns, operator, operand, context)
