"""One choice of a dictionary."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.kernel.messages import English
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import OWN_WORK, Cell, Coercion, CompiledField, Display, FieldEnvironment
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.choices import CHOICE_OPTIONS, KEY_LENGTH, Choices, choice_text, parse_choices
from tessera.runtime.fields.comparison import parse_one
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec


class PicklistField(ScalarField):
    """A status, a kind, a region: stores the key of the choice, shows its label, sorts in the order of the dictionary.

    `under` finds a choice of a tree and everything below it. A retired choice stays on the records that have it.
    """

    key = "picklist"
    label = "Choice"
    widget = "choice"
    json_ready = True
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "not_in", "under", "is_empty", "is_not_empty")
    options_schema: ClassVar[Mapping[str, Any]] = CHOICE_OPTIONS

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> Choices:
        return parse_choices(definition, environment)

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=KEY_LENGTH),)

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        choices: Choices = field.options
        if raw is not None and raw == coercion.stored:
            return str(raw)  # also one that the dictionary has lost since
        key = choices.find(raw, coercion)
        if key is not None:
            choices.refuse_retired(key, coercion.stored)
        return key

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        return field.options.find(raw, Coercion(context))

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return field.options.find(value, OWN_WORK)

    def check(self, field: CompiledField, value: Any, record: Mapping[str, Any], stored: Mapping[str, Any] | None) -> None:
        choices: Choices = field.options
        if choices.controlled_by is not None and not _unchanged(field.key, choices.controlled_by, record, stored):
            choices.refuse_ruled_out(value, record)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else choice_text(field.options, value, display)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return "" if value is None else field.options.label(value, English())

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "enum": list(field.options.values)}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator == "under":
            key = parse_one(operand, lambda raw: self.operand(field, raw, context))
            return columns[0].in_(field.options.under(key))
        return super().filter(field, columns, operator, operand, context)

    def order_by(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return in_dictionary_order(field.options, columns[0])


def in_dictionary_order(choices: Choices, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The position of the stored choice; one that the dictionary has lost comes last, an empty one stays empty."""
    if not choices.positions:
        return column
    places = [(column == key, sa.literal(position, sa.Integer())) for key, position in choices.positions.items()]
    return sa.case(*places, (column.is_not(None), sa.literal(len(places), sa.Integer())), else_=sa.null())


def _unchanged(key: str, controlling: str, record: Mapping[str, Any], stored: Mapping[str, Any] | None) -> bool:
    """A pair that stood before the dictionary changed may stay."""
    return stored is not None and all(stored.get(name) == record.get(name) for name in (key, controlling))
