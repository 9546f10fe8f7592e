"""A reference to one record of any of several modules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.comparison import EQUALITY, emptiness, parse_list, unknown_operator
from tessera.runtime.fields.lookup import title_text
from tessera.runtime.fields.reference_input import read_id
from tessera.runtime.values import Reference
from tessera.storage.columns import ColumnSpec

MODULE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A record of a named module."""

    module: str
    id: UUID


@dataclass(frozen=True, slots=True)
class AnyLookupOptions:
    """The modules whose records may be chosen."""

    modules: tuple[str, ...]


class AnyLookupField(FieldType):
    """What a task or a note is about: a customer, an order, anything of the modules named. JSON form: {"module", "id"}.

    In filters an operand of a module alone ({"module": "customer"}) means any record of it.
    """

    key = "any_lookup"
    label = "Lookup to several modules"
    widget = "any_lookup"
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    sortable = False
    groupable = False
    may_be_unique = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "modules": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "Keys of the modules whose records may be chosen.",
        },
    }
    required_options: ClassVar[tuple[str, ...]] = ("modules",)

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> AnyLookupOptions:
        modules = definition.options.get("modules")
        if not modules:
            raise ValueError("modules is missing: name the modules that may be pointed to")
        for key in modules:
            if key not in environment.module_keys:
                raise ValueError(f"there is no module {key!r}")
        return AnyLookupOptions(tuple(modules))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "uuid"), ColumnSpec(f"{definition.key}__module", "text", length=MODULE_LENGTH))

    def references(self, definition: FieldDefinition, options: AnyLookupOptions) -> tuple[str, ...]:
        return options.modules

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> RecordLink | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, RecordLink | Reference):
            raw = {"module": raw.module, "id": raw.id}
        if isinstance(raw, str) and coercion.localized:  # the value of an option in a form: module/id
            module, _, rest = raw.strip().partition("/")
            raw = {"module": module, "id": rest}
        if not isinstance(raw, Mapping) or "module" not in raw:
            raise Rejected("not_a_link", "This must be an object with module and id.")
        record_id = read_id(raw.get("id"))
        if record_id is None:
            raise Rejected("not_a_link", "This must be an object with module and id.")
        return RecordLink(_module(raw["module"], field.options), record_id)

    def targets(self, field: CompiledField, value: Any) -> Iterable[tuple[str, UUID]]:
        return [(value.module, value.id)]

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return (None, None) if value is None else (value.id, value.module)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        return None if values[0] is None else RecordLink(values[1], values[0])

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return {"module": value.module, "id": str(value.id)}

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return lambda record_id, module: None if record_id is None else {"module": module, "id": str(record_id)}

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return f"{value.module}/{value.id}"

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return columns[1].concat("/").concat(sa.cast(columns[0], sa.Text()))

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else title_text(value.module, value.id, display)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                "module": {"type": "string", "enum": list(field.options.modules)},
                "id": {"type": "string", "format": "uuid"},
            },
            "required": ["module", "id"],
        }

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        if operator in ("is_empty", "is_not_empty"):
            return emptiness(columns[0], operator, operand)
        if operator in ("eq", "ne"):
            if operand is None:
                return emptiness(columns[0], "is_empty" if operator == "eq" else "is_not_empty", None)
            operand = [operand]
        clauses = parse_list(operand, lambda raw: raw)
        same = sa.or_(*(self._same(field, columns, raw, context) for raw in clauses))
        return same if operator in ("eq", "in") else sa.or_(columns[0].is_(None), sa.not_(same))

    def _same(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], raw: Any, context: Context) -> Any:
        if isinstance(raw, Mapping) and set(raw) == {"module"}:
            return columns[1] == _module(raw["module"], field.options)
        link = self.coerce(field, raw, Coercion(context))
        if link is None:
            raise Rejected("operand_missing", "This comparison needs a value.")
        return sa.and_(columns[0] == link.id, columns[1] == link.module)


def _module(raw: Any, options: AnyLookupOptions) -> str:
    if not isinstance(raw, str) or raw not in options.modules:
        raise Rejected("wrong_module", "Only records of {modules} may be chosen.", modules=", ".join(options.modules))
    return raw
