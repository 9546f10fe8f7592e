"""Figures over records: grouped counts, sums, averages, least and greatest values, exact on both databases.

A path into a line table (`lines.amount`) aggregates lines. Records without lines still count where no group comes from the
lines. Figures of the record itself are not mixed with figures of its lines, since each line would repeat them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import sqlalchemy as sa

from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.periods import zone_of
from tessera.runtime.model import CompiledModule
from tessera.runtime.query import filter as filters
from tessera.runtime.query.access import QuerySession, Reader, require_readable
from tessera.runtime.query.buckets import UNITS, bucket, register_local_date
from tessera.runtime.query.listing import row_conditions
from tessera.runtime.query.paths import Path, check_visible, resolve, unknown_field
from tessera.runtime.query.plans import plan_for, run
from tessera.runtime.query.rows import Form, field_reader
from tessera.runtime.query.search import bind_search
from tessera.runtime.query.sources import Scope, Sources, names
from tessera.runtime.query.tree import parse_filter
from tessera.runtime.values import Aggregate, GroupKey, Measure
from tessera.storage.statements import CompiledStatement
from tessera.storage.tenant_database import driver_connection
from tessera.storage.types import ExactDecimal

MAX_GROUPS = 8
MAX_MEASURES = 20
MAX_ROWS = 10_000
MAX_NAME = 100
#: Decimals of an average beyond those of the field.
AVERAGE_DECIMALS = 4

_FUNCTIONS = ("count", "count_distinct", "sum", "avg", "min", "max")
_ORDERED_KINDS = frozenset({"integer", "decimal", "date", "datetime", "time", "text"})

Read = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True, eq=False)
class AggregatePlan:
    """A compiled aggregate: its statement and how each named figure is read from a driver row."""

    statement: CompiledStatement
    readers: tuple[tuple[str, Read], ...]
    local_dates: bool


def aggregate(session: QuerySession, module: CompiledModule, request: Aggregate) -> list[dict[str, Any]]:
    """The groups as rows of values: `{name: value}`. Names default to the field, and to `sum_amount` for a measure.

    Raises `BadQuery`, or `Forbidden` when the module may not be read at all.
    """
    return _Aggregation(session, module, request, "value").rows()


def aggregate_json(session: QuerySession, module: CompiledModule, request: Aggregate) -> list[dict[str, Any]]:
    """The same with figures in JSON form: exact numbers as text."""
    return _Aggregation(session, module, request, "json").rows()


def group_name(key: GroupKey) -> str:
    """The name a group key goes by in the result."""
    return key.name or key.field


def measure_name(measure: Measure) -> str:
    """The name a measure goes by in the result."""
    if measure.name:
        return measure.name
    return measure.function if measure.field is None else f"{measure.function}_{measure.field.replace('.', '_')}"


@dataclass(slots=True)
class _Layout:
    """The columns of the statement, and for each name of the result what it is sorted by and how it is read."""

    columns: list[sa.ColumnElement[Any]] = field(default_factory=list)
    order: list[sa.ColumnElement[Any]] = field(default_factory=list)
    readers: list[Callable[[CompiledStatement], Read]] = field(default_factory=list)


class _Aggregation:
    """One call of `aggregate`."""

    def __init__(self, session: QuerySession, module: CompiledModule, request: Aggregate, form: Form) -> None:
        require_readable(session, module)
        self.session, self.module, self.request, self.form = session, module, request, form
        self.reader = Reader(session)
        self.dialect = session.database.dialect
        self.zone = zone_of(session.context).key
        self.groups = [self._group_path(key, f"/group_by/{i}") for i, key in enumerate(request.group_by)]
        self.measures = [self._measure_path(measure, f"/measures/{i}") for i, measure in enumerate(request.measures)]
        self.names = self._checked_names()
        self.lines = self._line_table()
        self.order = self._order()
        self.filter = filters.bind(session.catalog, self.reader, module, parse_filter(request.filter))
        self.search = bind_search(self.reader, module, request.search)

    def rows(self) -> list[dict[str, Any]]:
        request = self.request
        key = (
            "aggregate", self.module.key, self.form, self.filter.shape, self.search.shape, request.measures, request.group_by,
            request.sort, request.limit, self.zone,
        )  # fmt: skip
        kept = plan_for(self.session, self.reader, key, self._make)
        plan: AggregatePlan = kept.plan
        if plan.local_dates:
            self._register()
        found = run(
            self.session, plan.statement, {**self.filter.values, **self.search.values, **self.reader.values(kept.modules)}
        )
        return [{name: read(row) for name, read in plan.readers} for row in found]

    # -- checking ---------------------------------------------------------------------------------------------------

    def _path(self, name: str, pointer: str) -> Path:
        path = resolve(self.session.catalog, self.module, name, pointer)
        check_visible(self.reader, path, pointer)
        if any(hop.is_many and not (hop.kind == "lines" and index == 0) for index, hop in enumerate(path.hops)):
            raise BadQuery(
                "{field} has many values for a record; only lines can be aggregated.", pointer=pointer, field=repr(name)
            )
        return path

    def _group_path(self, key: GroupKey, pointer: str) -> Path:
        path = self._path(key.field, f"{pointer}/field")
        kind = path.field.specs[0].kind if path.field.specs else None
        if not path.field.columns or not path.field.type.groupable:
            raise BadQuery("{field} cannot be grouped by.", pointer=f"{pointer}/field", field=repr(key.field))
        if key.bucket is not None and (key.bucket not in UNITS or kind not in ("date", "datetime")):
            raise BadQuery(
                "{field} cannot be put in buckets of {unit}.",
                pointer=f"{pointer}/bucket",
                field=repr(key.field),
                unit=repr(key.bucket),
            )
        return path

    def _measure_path(self, measure: Measure, pointer: str) -> Path | None:
        if measure.function not in _FUNCTIONS:
            raise BadQuery("There is no measure {function}.", pointer=f"{pointer}/function", function=repr(measure.function)[:80])
        if measure.field is None:
            if measure.function != "count":
                raise BadQuery("{function} needs a field.", pointer=f"{pointer}/field", function=measure.function)
            return None
        path = self._path(measure.field, f"{pointer}/field")
        if not path.field.columns or not _measurable(path.field, measure.function):
            raise BadQuery(
                "{function} cannot be taken of {field}.",
                pointer=f"{pointer}/field",
                function=measure.function,
                field=repr(measure.field),
            )
        return path

    def _checked_names(self) -> list[str]:
        request = self.request
        if not 1 <= len(request.measures) <= MAX_MEASURES:
            raise BadQuery("An aggregate has from 1 to {limit} measures.", pointer="/measures", limit=MAX_MEASURES)
        if len(request.group_by) > MAX_GROUPS:
            raise BadQuery("An aggregate has at most {limit} group keys.", pointer="/group_by", limit=MAX_GROUPS)
        if not 1 <= request.limit <= MAX_ROWS:
            raise BadQuery("limit is from 1 to {most}.", pointer="/limit", most=MAX_ROWS)
        found = [group_name(key) for key in request.group_by] + [measure_name(measure) for measure in request.measures]
        for name in found:
            if len(name) > MAX_NAME or found.count(name) > 1:
                raise BadQuery("The name {name} is too long or used twice.", pointer="/measures", name=repr(name[:80]))
        return found

    def _line_table(self) -> str | None:
        tables = {path.hops[0].name for path in (*self.groups, *self.measures) if path is not None and path.is_many}
        if not tables:
            return None
        if len(tables) > 1:
            raise BadQuery("Figures over two line tables cannot stand in one aggregate.", pointer="/measures")
        for index, path in enumerate(self.measures):
            function = self.request.measures[index].function
            if path is not None and not path.is_many and function not in ("min", "max", "count_distinct"):
                raise BadQuery(
                    "{field} belongs to the record and would be counted once for every line.",
                    pointer=f"/measures/{index}/field", field=repr(path.text),
                )  # fmt: skip
        return tables.pop()

    def _order(self) -> list[tuple[int, bool]]:
        """The result columns to sort by, as (number among the names, descending)."""
        found = []
        for index, key in enumerate(self.request.sort):
            name = key.removeprefix("-")
            if name not in self.names:
                raise unknown_field(name, f"/sort/{index}")
            found.append((self.names.index(name), key.startswith("-")))
        chosen = {number for number, _ in found}
        return found + [(number, False) for number in range(len(self.groups)) if number not in chosen]

    # -- making -----------------------------------------------------------------------------------------------------

    def _make(self, reader: Reader) -> AggregatePlan:
        sources = Sources(reader, self.module, names())
        conditions = row_conditions(reader, sources, self.filter, self.search)
        lines = self._join_lines(sources) if self.lines is not None else None
        layout = _Layout()
        for key, path in zip(self.request.group_by, self.groups, strict=True):
            self._add_group(layout, key, path, _scope(path, sources, lines))
        grouped = len(layout.columns)
        for measure, measured in zip(self.request.measures, self.measures, strict=True):
            if measured is None:
                self._add_count(layout, sources, lines)
            else:
                self._add_measure(layout, measure, measured, _scope(measured, sources, lines))
        columns, order = layout.columns, layout.order
        statement = (
            sa.select(*[column.label(f"c{number}") for number, column in enumerate(columns)])
            .select_from(sources.from_clause)
            .where(*conditions)
            # by place: the same expression with another parameter would not be the same to PostgreSQL
            .group_by(*[sa.literal_column(str(number + 1)) for number in range(grouped)])
            .order_by(*[(order[n].desc() if down else order[n].asc()).nulls_last() for n, down in self.order])
            .limit(sa.literal_column(str(self.request.limit)))
        )
        compiled = self.session.database.render(statement)
        local = self.dialect == "sqlite" and any(
            key.bucket and path.field.specs[0].kind == "datetime"
            for key, path in zip(self.request.group_by, self.groups, strict=True)
        )
        return AggregatePlan(compiled, tuple(zip(self.names, [make(compiled) for make in layout.readers], strict=True)), local)

    def _join_lines(self, sources: Sources) -> Scope:
        assert self.lines is not None
        table = self.module.lines[self.lines]
        alias = table.table.alias(next(sources.names))
        tie = alias.c.parent_id == sources.base.alias.c.id
        outer = not any(path.is_many for path in self.groups)
        sources.from_clause = sources.from_clause.join(alias, tie, isouter=outer)
        return Scope(table, alias)

    def _add_group(self, layout: "_Layout", key: GroupKey, path: Path, scope: Scope) -> None:
        own = scope.columns(path.field)
        place = len(layout.columns)
        if key.bucket is not None:
            zone = self.zone if path.field.specs[0].kind == "datetime" else None
            layout.columns.append(bucket(own[0], key.bucket, self.dialect, zone=zone))
            layout.order.append(sa.literal_column(f"c{place}"))
            layout.readers.append(lambda compiled: _plain_reader(compiled, place, as_is=self.form == "json"))
            return
        layout.columns += own
        layout.order.append(path.field.type.order_by(path.field, own))
        places = tuple(range(place, place + len(own)))
        layout.readers.append(lambda compiled: field_reader(path.field, places, compiled.results, self.form, self.dialect))

    def _add_count(self, layout: "_Layout", sources: Sources, lines: Scope | None) -> None:
        place = len(layout.columns)
        counted = sa.func.count() if lines is None else sa.func.count(sources.base.alias.c.id.distinct())
        layout.columns.append(counted)
        layout.order.append(counted)
        layout.readers.append(lambda _: lambda row: row[place])

    def _add_measure(self, layout: "_Layout", measure: Measure, path: Path, scope: Scope) -> None:
        place = len(layout.columns)
        made, figure = _FIGURES[measure.function](scope.columns(path.field)[0])
        layout.columns += made
        layout.order.append(made[0] if measure.function != "avg" else sa.cast(made[0], sa.Float()) / sa.func.nullif(made[1], 0))
        layout.readers.append(lambda compiled: figure(compiled, place, path.field, self.form, self.dialect))

    def _register(self) -> None:
        if self.session.write:
            register_local_date(driver_connection(self.session.connection))
            return
        with self.session.database.hot() as connection:
            register_local_date(connection)


def _scope(path: Path, sources: Sources, lines: Scope | None) -> Scope:
    scope = sources.base
    for hop in path.hops:
        if hop.kind == "lines":
            assert lines is not None
            scope = lines
        else:
            scope = sources.to_one(scope, hop)
    return scope


def _measurable(field: CompiledField, function: str) -> bool:
    kind = field.specs[0].kind
    if function in ("count", "count_distinct"):
        return True
    if function in ("sum", "avg"):
        return kind in ("integer", "decimal") and field.type.expression_type(field).kind in ("number", "duration")
    plain = field.type.order_by(field, field.columns) is field.columns[0] or field.type.case_folded
    return kind in _ORDERED_KINDS and field.type.sortable and plain


# -- figures: the columns of a measure, and how they are read --------------------------------------------------------

_Columns = list[sa.ColumnElement[Any]]
_Figure = Callable[[CompiledStatement, int, CompiledField, Form, str], Read]


def _count(column: sa.ColumnElement[Any]) -> tuple[_Columns, _Figure]:
    return [sa.func.count(column)], lambda compiled, place, *_: lambda row: row[place]


def _count_distinct(column: sa.ColumnElement[Any]) -> tuple[_Columns, _Figure]:
    return [sa.func.count(column.distinct())], lambda compiled, place, *_: lambda row: row[place]


def _sum(column: sa.ColumnElement[Any]) -> tuple[_Columns, _Figure]:
    # the driver's own number: NUMERIC on PostgreSQL, the scaled integer on SQLite
    total = sa.func.sum(sa.type_coerce(column, sa.BigInteger()), type_=sa.types.NullType())
    return [sa.func.coalesce(total, sa.literal_column("0"))], _read_sum


def _avg(column: sa.ColumnElement[Any]) -> tuple[_Columns, _Figure]:
    bare = sa.type_coerce(column, sa.BigInteger())
    return [sa.func.sum(bare, type_=sa.types.NullType()), sa.func.count(bare)], _read_average


def _min(column: sa.ColumnElement[Any]) -> tuple[_Columns, _Figure]:
    return [sa.func.min(column, type_=column.type)], _read_value


def _max(column: sa.ColumnElement[Any]) -> tuple[_Columns, _Figure]:
    return [sa.func.max(column, type_=column.type)], _read_value


_FIGURES: dict[str, Callable[[sa.ColumnElement[Any]], tuple[_Columns, _Figure]]] = {
    "count": _count,
    "count_distinct": _count_distinct,
    "sum": _sum,
    "avg": _avg,
    "min": _min,
    "max": _max,
}


def _scale(field: CompiledField) -> int:
    kind = field.columns[0].type
    return kind.scale if isinstance(kind, ExactDecimal) else 0


def _exact(raw: Any, scale: int, dialect: str) -> Decimal:
    """A sum as the driver gave it → the exact number."""
    return Decimal(raw).scaleb(-scale) if dialect == "sqlite" else Decimal(raw)


def _read_sum(compiled: CompiledStatement, place: int, field: CompiledField, form: Form, dialect: str) -> Read:
    scale = _scale(field)
    if field.specs[0].kind == "integer":
        return lambda row: int(row[place])
    unit = Decimal(1).scaleb(-scale)

    def read(row: Sequence[Any]) -> Any:
        with localcontext(prec=60):
            total = _exact(row[place], scale, dialect).quantize(unit)
        return f"{total:f}" if form == "json" else total

    return read


def _read_average(compiled: CompiledStatement, place: int, field: CompiledField, form: Form, dialect: str) -> Read:
    scale = _scale(field)
    unit = Decimal(1).scaleb(-scale - AVERAGE_DECIMALS)

    def read(row: Sequence[Any]) -> Any:
        total, number = row[place], row[place + 1]
        if not number:
            return None
        with localcontext(prec=60):
            average = (_exact(total, scale, dialect) / number).quantize(unit, ROUND_HALF_UP)
        return f"{average:f}" if form == "json" else average

    return read


def _read_value(compiled: CompiledStatement, place: int, field: CompiledField, form: Form, dialect: str) -> Read:
    if len(field.columns) == 1:
        return field_reader(field, (place,), compiled.results, form, dialect)
    read = _plain_reader(compiled, place, as_is=False)
    if form == "value":
        return read

    def as_json(row: Sequence[Any]) -> Any:
        value = read(row)
        return f"{value:f}" if isinstance(value, Decimal) else value

    return as_json


def _plain_reader(compiled: CompiledStatement, place: int, *, as_is: bool) -> Read:
    convert = None if as_is else compiled.results[place]
    if convert is None:
        return lambda row: row[place]
    return lambda row: None if row[place] is None else convert(row[place])
