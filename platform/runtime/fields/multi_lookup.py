"""References to any number of records of another module."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from tessera.expressions.types import Type, rows
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.lookup import checked_module, title_text
from tessera.runtime.fields.reference_input import not_an_id, read_id
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.naming import index_name

MOST_TARGETS = 1000


@dataclass(frozen=True, slots=True)
class MultiLookupOptions:
    """The module pointed to, which of its records are offered, and how many may be chosen."""

    module: str
    filter: Mapping[str, Any] | None
    max: int


class MultiLookupField(FieldType):
    """Many-to-many: the ids stand in order in a link table beside the module's own (`record_id`, `target_id`, `position`).

    Its filters need that table, so they stand with the query compiler.
    """

    key = "multi_lookup"
    label = "Several lookups"
    widget = "lookups"
    stored = False
    operators: ClassVar[tuple[str, ...]] = (
        "has_any",
        "has_all",
        "contains",
        "not_contains",
        "eq",
        "ne",
        "in",
        "not_in",
        "is_empty",
        "is_not_empty",
    )
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "module": {"type": "string", "description": "Key of the module whose records may be chosen."},
        "filter": {"type": "object", "description": "A filter tree on that module: only records it leaves are offered."},
        "max": {
            "type": "integer", "minimum": 1, "maximum": MOST_TARGETS, "default": 100,
            "description": "Most records that may be chosen.",
        },
    }  # fmt: skip
    required_options: ClassVar[tuple[str, ...]] = ("module",)

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> MultiLookupOptions:
        given = definition.options
        return MultiLookupOptions(checked_module(given.get("module"), environment), given.get("filter"), given.get("max", 100))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return ()

    def extra_tables(self, definition: FieldDefinition, options: MultiLookupOptions, table: str) -> tuple[TableSpec, ...]:
        name = f"{table}__{definition.key}"
        columns = (
            ColumnSpec("record_id", "uuid", nullable=False, references=table, on_delete="cascade"),
            ColumnSpec("target_id", "uuid", nullable=False, references=options.module, on_delete="cascade"),
            ColumnSpec("position", "integer", nullable=False, default=0),
        )
        back = ("target_id", "record_id")
        return (TableSpec(name, columns, (IndexSpec(index_name(name, back), back),)),)

    def references(self, definition: FieldDefinition, options: MultiLookupOptions) -> tuple[str, ...]:
        return (options.module,)

    def expression_type(self, field: CompiledField) -> Type:
        return rows(field.options.module)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> tuple[UUID, ...] | None:
        if raw is None or raw == "":
            return None
        if isinstance(raw, Mapping) or not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray):
            raise Rejected("not_a_list", "This must be a list of ids.")
        if len(raw) > field.options.max:
            raise Rejected("too_many", "Choose at most {most}.", most=field.options.max)
        found = []
        for one in raw:
            record_id = read_id(one)
            if record_id is None:
                raise not_an_id()
            found.append(record_id)
        return tuple(dict.fromkeys(found)) or None

    def targets(self, field: CompiledField, value: Any) -> Iterable[tuple[str, UUID]]:
        return [(field.options.module, one) for one in value or ()]

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return [str(one) for one in value]

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return ", ".join(title_text(field.options.module, one, display) for one in value or ())

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "uniqueItems": True,
            "maxItems": field.options.max,
        }
