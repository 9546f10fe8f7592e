"""Base of the types whose value is several texts, each in a column of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.comparison import parse_one, unknown_operator
from tessera.runtime.fields.folding import like_pattern, matches
from tessera.runtime.fields.text import TextField, TextOptions
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import OPERAND_LIMIT
from tessera.storage.columns import ColumnSpec

_PART_TYPE = TextField()


class CompositeField(FieldType):
    """The value is a frozen dataclass of texts, "" for none; None when all are empty. JSON form: an object of those given.

    Each part can be asked by itself: `address.city`.
    """

    #: Part → (label, most characters), in the order of the columns; the first column has the field's own name.
    parts: ClassVar[Mapping[str, tuple[str, int]]]
    #: The dataclass of the value.
    value_type: ClassVar[type[Any]]
    operators: ClassVar[tuple[str, ...]] = ("contains", "not_contains", "is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        first = next(iter(self.parts))
        return tuple(
            ColumnSpec(definition.key if part == first else f"{definition.key}__{part}", "text", length=limit)
            for part, (_, limit) in self.parts.items()
        )

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def part(self, field: CompiledField, name: str) -> CompiledField | None:
        if name not in self.parts:
            return None
        at = list(self.parts).index(name)
        label, limit = self.parts[name]
        definition = replace(field.definition, key=f"{field.key}.{name}", type="text", label=label, options={"max_length": limit})
        spec, column = field.specs[at], field.columns[at]
        return CompiledField(definition.key, definition, _PART_TYPE, TextOptions(limit), (spec,), (column,))

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, self.value_type):
            raw = asdict(raw)
        if isinstance(raw, str):
            raw = self.from_line(raw, coercion)
        if not isinstance(raw, Mapping):
            raise Rejected("not_an_object", "This must be an object with {parts}.", parts=", ".join(self.parts))
        unknown = [name for name in raw if name not in self.parts]
        if unknown:
            raise Rejected("unknown_part", "There is no part {part} here.", part=repr(unknown[0])[:60])
        found = {name: self.read_part(name, raw.get(name), coercion) for name in self.parts}
        return self.value_type(**found) if any(found.values()) else None

    def from_line(self, text: str, coercion: Coercion) -> Mapping[str, Any]:
        """A value written as one line of text → its parts. Raises `Rejected` where that cannot be told."""
        raise NotImplementedError

    def read_part(self, name: str, raw: Any, coercion: Coercion) -> str:
        """One part from outside. Raises `Rejected`."""
        return read_line(raw, coercion, self.parts[name][1]) or ""

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return tuple(None if value is None else getattr(value, part) or None for part in self.parts)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        return self.value_type(*(value or "" for value in values)) if any(values) else None

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return {part: getattr(value, part) for part in self.parts if getattr(value, part)}

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        names = tuple(self.parts)

        def convert(*values: Any) -> Any:
            return {name: value for name, value in zip(names, values, strict=True) if value} or None

        return convert

    def to_search(self, field: CompiledField, value: Any) -> str:
        return "" if value is None else " ".join(getattr(value, part) for part in self.parts if getattr(value, part))

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {part: {"type": "string", "maxLength": limit} for part, (_, limit) in self.parts.items()},
            "additionalProperties": False,
        }

    def spellings(self, columns: Sequence[sa.ColumnElement[Any]]) -> Sequence[sa.ColumnElement[Any]]:
        """The texts in which `contains` looks; any of them may be NULL."""
        return columns

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        if operator in ("is_empty", "is_not_empty"):
            empty = sa.and_(*(column.is_(None) for column in columns))
            return empty if (operator == "is_empty") != (operand is False) else sa.not_(empty)
        fragment = parse_one(operand, lambda raw: read_line(raw, Coercion(context), OPERAND_LIMIT))
        pattern = like_pattern(fragment, before="%", after="%")
        found = sa.or_(*(sa.func.coalesce(matches(text, pattern), sa.false()) for text in self.spellings(columns)))
        return found if operator == "contains" else sa.not_(found)
