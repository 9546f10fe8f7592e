"""A reference to one record of another module."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from uuid import UUID

from tessera.expressions.types import Type, record
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.comparison import EQUALITY
from tessera.runtime.fields.reference_input import read_id
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec

OnDelete = Literal["restrict", "cascade", "set_null"]

ON_DELETE_OPTION: Mapping[str, Any] = {
    "enum": ["restrict", "set_null", "cascade"], "default": "restrict",
    "description": "When the record pointed to is purged: refuse, empty this field, or purge this record too.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LookupOptions:
    """The module pointed to; which of its records are offered; what happens when one is purged; which fields are copied."""

    module: str
    filter: Mapping[str, Any] | None = None
    on_delete: OnDelete = "restrict"
    copies: Mapping[str, str] | None = None


class LookupField(ScalarField):
    """Points to a record: stores its id, shows its title. `filter` narrows what may be chosen; the record service checks
    that the record exists and that the person may see it."""

    key = "lookup"
    label = "Lookup"
    widget = "lookup"
    json_ready = True
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    options_schema: ClassVar[Mapping[str, Any]] = {
        "module": {"type": "string", "description": "Key of the module whose records may be chosen."},
        "filter": {"type": "object", "description": "A filter tree on that module: only records it leaves are offered."},
        "on_delete": ON_DELETE_OPTION,
        "copies": {
            "type": "object", "additionalProperties": {"type": "string"},
            "description": "Fields filled from the chosen record: field key here: field key there.",
        },
    }  # fmt: skip
    required_options: ClassVar[tuple[str, ...]] = ("module",)

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> LookupOptions:
        given = definition.options
        options = LookupOptions(
            checked_module(given.get("module"), environment),
            given.get("filter"),
            given.get("on_delete", "restrict"),
            given.get("copies"),
        )
        for here in options.copies or ():
            if here not in environment.siblings or here == definition.key:
                raise ValueError(f"copies fills the field {here!r}, which is not a field beside this one")
        return options

    def column_specs(self, definition: FieldDefinition, options: LookupOptions) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "uuid", references=options.module, on_delete=options.on_delete),)

    def references(self, definition: FieldDefinition, options: LookupOptions) -> tuple[str, ...]:
        return (options.module,)

    def expression_type(self, field: CompiledField) -> Type:
        return record(field.options.module)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> UUID | None:
        return read_id(raw)

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return str(value)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return title_text(field.options.module, value, display)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


def checked_module(key: Any, environment: FieldEnvironment) -> str:
    """The key of a module that exists. Raises ValueError."""
    if not isinstance(key, str):
        raise ValueError("module is missing: name the module that is pointed to")
    if key not in environment.module_keys:
        raise ValueError(f"there is no module {key!r}")
    return key


def title_text(module: str, value: Any, display: Display) -> str:
    """The title of the record `value` (an id, or a `Reference` with its title)."""
    if value is None:
        return ""
    title = getattr(value, "title", None)
    if title is not None:
        return str(title)
    record_id = getattr(value, "id", value)
    return display.title_of(module, record_id) if display.title_of is not None else str(record_id)
