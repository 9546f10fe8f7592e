"""Statements compiled once to text, for hot paths: the schema rendered, the order of the parameters known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

_Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class CompiledStatement:
    """SQL text for the driver, and what turns values into its positional parameters and rows back into values.

    `parameters` lists (name, converter, value when the caller gives none) in the order of the placeholders.
    `results` has one converter a column, None where the driver's value is already right.
    """

    sql: str
    parameters: tuple[tuple[str, _Processor, Any], ...]
    results: tuple[_Processor, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameter names in the order of the placeholders."""
        return tuple(name for name, _, _ in self.parameters)

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """`values` by parameter name → the driver's positional parameters. Raises KeyError for a missing one."""
        bound = []
        for name, convert, default in self.parameters:
            value = values[name] if default is _REQUIRED else values.get(name, default)
            bound.append(value if convert is None or value is None else convert(value))
        return tuple(bound)

    def rows(self, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Driver rows → rows of Python values (UUID, Decimal, aware datetime …)."""
        convert = [(i, p) for i, p in enumerate(self.results) if p is not None]
        if not convert:
            return rows if isinstance(rows, list) else [tuple(r) for r in rows]
        converted = []
        for row in rows:
            values = list(row)
            for index, processor in convert:
                if values[index] is not None:
                    values[index] = processor(values[index])
            converted.append(tuple(values))
        return converted


_REQUIRED = object()


def render(statement: sa.sql.ClauseElement, dialect: sa.Dialect, schema: str | None) -> CompiledStatement:
    """Compile `statement` for `dialect`, its tables in `schema`.

    `sa.bindparam("name")` without a value is required at `bind`; literals keep their values. A list for `IN` must be a
    literal (it is expanded now); on PostgreSQL bind an array to `= ANY(:list)` instead.
    """
    positional = _positional(dialect)
    translated: dict[str, Any] = {"schema_translate_map": {None: schema}, "render_schema_translate": True} if schema else {}
    compiled = statement.compile(dialect=positional, **translated)
    assert isinstance(compiled, SQLCompiler)
    required = {name for name, bind in compiled.binds.items() if bind.required}
    expanded = compiled.construct_expanded_state(dict.fromkeys(required))  # spells IN lists out
    converters: dict[str, Any] = {**compiled._bind_processors, **expanded.processors}
    parameters = tuple(
        (name, converters.get(name), _REQUIRED if name in required else expanded.parameters.get(name))
        for name in expanded.positiontup or ()
    )
    results = tuple(_result_processor(entry.type, positional) for entry in compiled._result_columns)
    return CompiledStatement(expanded.statement, parameters, results)


def _result_processor(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> _Processor:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _positional(dialect: sa.Dialect) -> sa.Dialect:
    """The same dialect with positional placeholders: the driver need not look names up."""
    if dialect.positional:
        return dialect
    copy = _POSITIONAL.get(dialect.name)
    if copy is None:
        copy = _POSITIONAL[dialect.name] = cast(Any, type(dialect))(
            paramstyle="format",
            json_serializer=getattr(dialect, "_json_serializer", None),
            json_deserializer=getattr(dialect, "_json_deserializer", None),
        )
    return copy


_POSITIONAL: dict[str, sa.Dialect] = {}
