"""What a field type is. One file per type; a type is whole in its file: options, columns, conversion, filters, cells.

To add one, copy `text.py`, change it, and add it to `FIELD_TYPES` in `registry.py`; the conformance suite in
`tests/runtime/fields/` then holds it to the rules. Its page fragments live in `web/templates/fields/<key>/`.

A value has five shapes:

- *raw*: what a form, an API client, a file or a script sends; anything at all;
- *value*: the Python value after `coerce` (Decimal, date, UUID …), or None for "no value";
- *columns*: what the table stores, one entry per `column_specs`;
- *json*: what the API and events show (`to_json`), which `coerce` takes back unchanged;
- *text*: what a person reads in their language (`to_text`).
"""

from abc import ABC
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from tessera.expressions.types import Type
from tessera.kernel.context import Context
from tessera.kernel.errors import Problem
from tessera.kernel.messages import English, Translator
from tessera.metadata.definitions import FieldDefinition, PicklistDefinition
from tessera.storage.columns import ColumnSpec, TableSpec

#: What a spreadsheet cell may hold; moments are naive, in the reader's time zone.
Cell = str | int | float | bool | Decimal | date | datetime | time | timedelta | None


class Rejected(Exception):
    """Raised by `coerce` when a raw value does not fit; becomes a `Problem` at the field's pointer."""

    def __init__(self, code: str, message: str, **params: Any) -> None:
        self.problem = Problem("", code, message, params)
        super().__init__(self.problem.text())


@dataclass(frozen=True, slots=True)
class Coercion:
    """What `coerce` may know: the circumstances, the language of the input, and whether it is text typed by a person.

    `localized` is true for forms and files in the person's own notation ("1.234,50"); the API speaks plain JSON.
    `stored` is the value the record has now (None on create): a retired choice may stay, but not be chosen anew.
    """

    context: Context
    localized: bool = False
    stored: Any = None
    currency: str = ""  # the tenant's base currency, for money that names none
    translator: Translator = field(default_factory=English)  # for choices given by their label


#: For values that the product itself worked out.
OWN_WORK = Coercion(Context(tenant=""))


@dataclass(frozen=True, slots=True)
class Display:
    """How to show a value: language, time zone, translator, and how to name a referenced record."""

    locale: str = "en"
    timezone: str = "UTC"
    translator: Translator = field(default_factory=English)
    title_of: Callable[[str, UUID], str] | None = None
    currency: str = ""  # of money without a currency of its own


@dataclass(frozen=True, slots=True)
class FieldEnvironment:
    """What option parsing may look up in the tenant's definitions."""

    picklists: Mapping[str, PicklistDefinition]
    module_keys: frozenset[str]
    module_key: str  # the module (or line table) the field belongs to
    siblings: Mapping[str, FieldDefinition]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CompiledField:
    """A field of a compiled module: its definition, its type, its parsed options and its place in the table."""

    key: str
    definition: FieldDefinition
    type: "FieldType"
    options: Any
    specs: tuple[ColumnSpec, ...]
    columns: tuple[sa.Column[Any], ...]

    @property
    def label(self) -> str:
        return self.definition.label

    @property
    def column(self) -> sa.Column[Any]:
        """The first (for most types the only) column."""
        return self.columns[0]


class FieldType(ABC):
    """Base of all field types; the defaults fit a type with one column whose database value is the Python value."""

    key: ClassVar[str]
    label: ClassVar[str]
    #: JSON Schema (properties only) of the type's own options in a definition, each with a description.
    options_schema: ClassVar[Mapping[str, Any]] = {}
    #: Options that a definition must give.
    required_options: ClassVar[tuple[str, ...]] = ()
    #: Filter operators the type answers to (see `runtime.query.operators`), the most usual first.
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "not_in", "is_empty", "is_not_empty")
    #: False for types with no value of their own in the row (line tables, multi_lookup in a link table).
    stored: ClassVar[bool] = True
    #: False where the product computes the value (formula, rollup, sequence): submitted values are refused.
    writable: ClassVar[bool] = True
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = True
    #: May carry `unique: true`.
    may_be_unique: ClassVar[bool] = True
    #: May carry `index: true`: False where values outgrow an index entry (2,704 bytes on PostgreSQL) or nothing would use it.
    may_be_indexed: ClassVar[bool] = True
    #: True where equality and sorting ignore case: indexes for them want `IndexSpec.case_folded`.
    case_folded: ClassVar[bool] = False
    #: True when the driver's value is the JSON value on both databases (orjson takes str, int, bool, UUID, date as they are).
    json_ready: ClassVar[bool] = False
    #: The CSS/markup family of the widget, for faces ("text", "number", "choice" …).
    widget: ClassVar[str] = "text"

    # -- definition ---------------------------------------------------------------------------------------------

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> Any:
        """The type's own typed options. Raises ValueError with a plain sentence when they do not fit together."""
        return None

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        """The columns the field needs; the first is named as the field's key, others `<key>__<part>`."""
        raise NotImplementedError

    def references(self, definition: FieldDefinition, options: Any) -> tuple[str, ...]:
        """Keys of the modules that values point to."""
        return ()

    def extra_tables(self, definition: FieldDefinition, options: Any, table: str) -> tuple[TableSpec, ...]:
        """Tables beside the module's own table (`table`) that hold the values: the link table of a multi_lookup."""
        return ()

    def expression_type(self, field: CompiledField) -> Type:
        """The field's type in the formula language."""
        raise NotImplementedError

    def operators_of(self, field: CompiledField) -> tuple[str, ...]:
        """The operators of this very field: of a computed one, those of its result."""
        return self.operators

    def accepts_input(self, field: CompiledField) -> bool:
        """Whether people may submit a value. Differs from `writable` where an option decides (codes typed by hand)."""
        return self.writable

    def part(self, field: CompiledField, name: str) -> CompiledField | None:
        """The part of a composed value as a field of its own (`address.city`), for filters, sorting and columns of lists."""
        return None

    # -- values -------------------------------------------------------------------------------------------------

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> Any:
        """Raw → value. Empty input gives None. Raises `Rejected`. `coerce(to_json(v)) == v` for every value."""
        raise NotImplementedError

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        """Value → column values, in the order of `column_specs`."""
        return (value,)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        """Column values → value."""
        return values[0]

    def to_json(self, field: CompiledField, value: Any) -> Any:
        """Value → what the API shows."""
        return value

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        """Value → what a person reads. None gives ""."""
        return "" if value is None else str(value)

    def shortened(self, field: CompiledField, value: Any, display: Display) -> Any:
        """A value that was worked out, as people want to read it: without decimals that only carry it exactly."""
        return value

    def to_search(self, field: CompiledField, value: Any) -> str:
        """Value → the words it is found by when the field is searchable."""
        return "" if value is None else str(value)

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        """Value → an Excel cell (dates and numbers stay dates and numbers)."""
        return self.to_text(field, value, display) or None

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        """JSON Schema (2020-12) of the json shape, without null."""
        raise NotImplementedError

    def targets(self, field: CompiledField, value: Any) -> Iterable[tuple[str, UUID]]:
        """The records that a value points to, as (module key, id). The fitting default: one id of the one referenced module."""
        modules = self.references(field.definition, field.options)
        return [(modules[0], value)] if len(modules) == 1 and isinstance(value, UUID) else []

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        """Value → what formulas calculate with (a percent of 10 is 0.10, money is its amount). Never called with None."""
        return value

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        """A formula's result → value, rounded to what the field stores; `Rejected` when it cannot fit. Not called with None."""
        return value

    def check(  # noqa: B027 - most types have nothing to say
        self, field: CompiledField, value: Any, record: Mapping[str, Any], stored: Mapping[str, Any] | None
    ) -> None:
        """Raises `Rejected` when a value does not go with the record's other values (a choice that another one rules out).

        `record` holds the values about to be saved, `stored` those before (None on create). Never called with None.
        """

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        """What turns raw driver values (no SQLAlchemy between) into the JSON form, for hot reads; None: nothing to do.

        `dialect` is "sqlite" or "postgresql". The function of a field with one column is called with its value and never
        with None; that of a field with several columns with all of them, None or not.
        """
        return None if self.json_ready else _convert_slowly(self, field, dialect)

    # -- queries ------------------------------------------------------------------------------------------------

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        """SQL for `operator` over `columns` (the field's own, maybe of an alias).

        `operand` is raw JSON; a wrong one raises `Rejected`. Operators are those of `operators`.
        """
        raise NotImplementedError

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        """Raw operand of a filter → value. Looser than `coerce` where a limit only matters for what is stored."""
        return self.coerce(field, raw, Coercion(context))

    def order_by(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        """What the field is sorted by."""
        return columns[0]

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        """What formulas calculate with, in SQL: the same as `to_expression`. None where SQL cannot say it."""
        return columns[0]


_DIALECTS: Mapping[str, sa.Dialect] = {
    "postgresql": sa.URL.create("postgresql+psycopg").get_dialect()(),
    "sqlite": sa.URL.create("sqlite").get_dialect()(),
}


def _convert_slowly(kind: FieldType, field: CompiledField, dialect: str) -> Callable[..., Any]:
    """Driver values → JSON by way of the value: right for every type."""
    processors = [
        column.type.dialect_impl(_DIALECTS[dialect]).result_processor(_DIALECTS[dialect], None) for column in field.columns
    ]

    def convert(*raw: Any) -> Any:
        values = [process(v) if process is not None and v is not None else v for process, v in zip(processors, raw, strict=True)]
        value = kind.from_columns(field, values)
        return None if value is None else kind.to_json(field, value)

    return convert
