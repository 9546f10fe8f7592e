"""Attached files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from tessera.expressions.types import BOOLEAN, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.choice_set import SEPARATOR
from tessera.runtime.fields.comparison import emptiness, unknown_operator
from tessera.runtime.fields.lookup import title_text
from tessera.runtime.fields.reference_input import not_an_id, read_id
from tessera.storage.columns import ColumnSpec

MOST_FILES = 50
#: What `Display.title_of` is asked by for the name of a file.
FILES = "sys_file"


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How many, how large, of which media types (`application/pdf`, `image/*`; empty: any)."""

    most: int
    max_megabytes: int | None
    accept: tuple[str, ...]

    def takes(self, media_type: str) -> bool:
        """Whether files of `media_type` may be attached."""
        return not self.accept or any(
            media_type == pattern or (pattern.endswith("/*") and media_type.startswith(pattern[:-1])) for pattern in self.accept
        )


class FileField(FieldType):
    """Ids of uploads (see `runtime.files`). The record that has them guards them: who may read it may read them.

    JSON form: an id, with `max` above 1 a list of ids. Stored as text, `|id|id|`.
    """

    key = "file"
    label = "File"
    widget = "file"
    operators: ClassVar[tuple[str, ...]] = ("is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "max": {"type": "integer", "minimum": 1, "maximum": MOST_FILES, "default": 1, "description": "How many files it holds."},
        "max_megabytes": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "description": "Largest size of a file.",
        },
        "accept": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^[a-z]+/([a-z0-9.+-]+|\*)$"},
            "description": "Media types that may be attached, such as application/pdf or image/*; default: any.",
        },
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> FileOptions:
        given = definition.options
        return FileOptions(given.get("max", 1), given.get("max_megabytes"), tuple(given.get("accept", ())))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text"),)

    def expression_type(self, field: CompiledField) -> Type:
        return BOOLEAN

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> tuple[UUID, ...] | None:
        if raw is None or raw == "":
            return None
        listed = [raw] if isinstance(raw, str | UUID | Mapping) else raw
        if not isinstance(listed, Sequence) or isinstance(listed, bytes | bytearray):
            raise not_an_id()
        if len(listed) > field.options.most:
            raise Rejected("too_many", "At most {most} files are allowed.", most=field.options.most)
        found = [read_id(one) for one in listed]
        return tuple(dict.fromkeys(one for one in found if one is not None)) or None

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return (None if not value else SEPARATOR + SEPARATOR.join(str(one) for one in value) + SEPARATOR,)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        return None if not values[0] else tuple(UUID(one) for one in values[0][1:-1].split(SEPARATOR))

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return str(value[0]) if field.options.most == 1 else [str(one) for one in value]

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        if field.options.most == 1:
            return lambda text: text[1:-1]
        return lambda text: text[1:-1].split(SEPARATOR)

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return True

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return sa.case((columns[0].is_not(None), sa.true()), else_=sa.null())

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return ", ".join(title_text(FILES, one, display) for one in value or ())

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        one = {"type": "string", "format": "uuid"}
        return one if field.options.most == 1 else {"type": "array", "items": one, "minItems": 1, "maxItems": field.options.most}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        return emptiness(columns[0], operator, operand)
