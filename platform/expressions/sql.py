"""Typed tree → an SQL expression of exactly the same meaning on PostgreSQL and SQLite.

Yes/no results are never NULL: whatever may be missing is COALESCEd, so that `not` and `if` see what Python sees.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from tessera.expressions import tree
from tessera.expressions.environment import Environment
from tessera.expressions.errors import NotCompilable
from tessera.expressions.fragments import Fragment
from tessera.expressions.functions.base import Overload, listed, settled
from tessera.expressions.sql_types import CAST_NAMES, SQL_TYPES, NumberSql
from tessera.expressions.tree import AggregateOver, Node
from tessera.expressions.types import NUMBER, TEXT, Type

Dialect = Literal["postgresql", "sqlite"]
Sql = sa.ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows that a formula aggregates: what to select from (with a column `id`), what ties them to the row outside, and how
    their names are read."""

    source: sa.FromClause
    correlation: sa.ColumnElement[bool]
    resolver: "SqlResolver"


class SqlResolver(Protocol):
    """Turns names into columns of the row that a statement stands on."""

    dialect: Dialect
    environment: Environment

    def column(self, path: tuple[str, ...]) -> Sql:
        """The value of a path: on PostgreSQL the column (or a scalar subquery), on SQLite in the form of `sqlite`
        (see `stored_number`). References give the id. Raises `NotCompilable`."""
        ...

    def rows(self, path: tuple[str, ...]) -> RowSource:
        """The rows at the end of a path. Raises `NotCompilable`."""
        ...


def stored_number(column: Sql, dialect: Dialect, scale: int | None) -> Sql:
    """A number column for formulas. `scale`: on SQLite the column holds integers of 10^-scale units; None: whole numbers."""
    if dialect == "postgresql":
        return Fragment("{0}::numeric", (column,), NumberSql()) if scale is None else column
    raw = sa.type_coerce(column, sa.BigInteger())
    if scale is None:
        return Fragment("CAST({0} AS TEXT)", (raw,), NumberSql())
    return Fragment(f"tx_scaled({{0}}, {scale:d})", (raw,), NumberSql())


def compile_sql(node: Node, resolver: SqlResolver) -> Sql:
    """The SQL of `node` for the rows of `resolver`. Raises `NotCompilable`."""
    return _Compiler((resolver,)).value(node)


def compile_condition(node: Node, resolver: SqlResolver) -> Sql:
    """The SQL of a condition, fit for a WHERE clause: NULL there means no, so that plain comparisons can use an index."""
    return _Compiler((resolver,)).predicate(node)


class _Compiler:
    """`resolvers` are those of the levels: the record, then the rows of each aggregate around the place."""

    def __init__(self, resolvers: tuple[SqlResolver, ...]) -> None:
        self.resolvers = resolvers
        self.dialect = resolvers[0].dialect
        self.postgresql = self.dialect == "postgresql"

    def value(self, node: Node) -> Sql:
        """The value of `node`; conditions as true or false, never NULL."""
        if type(node) in _PREDICATES:
            found = self.predicate(node)
            return found if type(node) in _NEVER_NULL else self.certain(found)
        return _VALUES[type(node)](self, node)

    def predicate(self, node: Node) -> Sql:
        """A condition that is true, or else false or NULL."""
        compiled = _PREDICATES.get(type(node))
        return compiled(self, node) if compiled is not None else self.value(node)

    def certain(self, condition: Sql) -> Sql:
        return self.boolean("COALESCE({0}, false)" if self.postgresql else "COALESCE({0}, 0)", condition)

    # -- values -------------------------------------------------------------------------------------------------

    def constant(self, node: tree.Constant) -> Sql:
        kind = node.type.kind
        if kind not in SQL_TYPES:
            raise NotCompilable(f"a constant of kind {kind}")
        if node.value is None:
            return Fragment(f"CAST(NULL AS {CAST_NAMES[kind]})" if self.postgresql else "NULL", (), SQL_TYPES[kind])
        return self.bound(node.value, node.type)

    def bound(self, value: Any, type_: Type) -> Sql:
        """A bind parameter, of known type on PostgreSQL."""
        parameter = sa.bindparam(None, value, type_=SQL_TYPES[type_.kind], unique=True)
        if self.postgresql:
            return Fragment(f"CAST({{0}} AS {CAST_NAMES[type_.kind]})", (parameter,), SQL_TYPES[type_.kind])
        return parameter

    def field(self, node: tree.Field) -> Sql:
        return self.resolvers[node.level].column(node.names)

    def circumstance(self, node: tree.Circumstance) -> Sql:
        value = getattr(self.resolvers[0].environment, node.name)
        return self.constant(tree.Constant(value, TEXT if node.name == "timezone" else node.type))

    def apply(self, node: tree.Apply) -> Sql:
        arguments = [self.value(argument) for argument in node.arguments]
        return Fragment(self.template(node.overload, len(arguments)), arguments, SQL_TYPES[node.type.kind])

    def template(self, overload: Overload, count: int) -> str:
        if overload.postgresql is None:
            raise NotCompilable(f"{overload.key} has no SQL form")
        if self.postgresql:
            chosen = overload.postgresql
        elif overload.sqlite is not None:
            chosen = overload.sqlite
        else:
            chosen = listed(f"tx_{overload.key}(", ", ", ")")
        return chosen if isinstance(chosen, str) else chosen(count)

    def choose(self, node: tree.Choose) -> Sql:
        parts = [part for condition, result in node.branches for part in (self.predicate(condition), self.value(result))]
        return self.case("CASE", parts, 0, self.value(node.otherwise), node.type)

    def switch(self, node: tree.Switch) -> Sql:
        parts = [self.value(node.subject)]
        parts += [self.value(part) for branch in node.branches for part in branch]
        return self.case("CASE {0}", parts, 1, self.value(node.otherwise), node.type)

    def case(self, head: str, parts: list[Sql], start: int, otherwise: Sql, type_: Type) -> Sql:
        branches = "".join(f" WHEN {{{at}}} THEN {{{at + 1}}}" for at in range(start, len(parts), 2))
        return Fragment(f"{head}{branches} ELSE {{{len(parts)}}} END", (*parts, otherwise), SQL_TYPES[type_.kind])

    def first_filled(self, node: tree.FirstFilled) -> Sql:
        if len(node.operands) == 1:
            return self.value(node.operands[0])
        template = listed("COALESCE(", ", ", ")")(len(node.operands))
        return Fragment(template, [self.value(operand) for operand in node.operands], SQL_TYPES[node.type.kind])

    # -- conditions ---------------------------------------------------------------------------------------------

    def both(self, node: tree.Both) -> Sql:
        return self.boolean(listed("(", " AND ", ")")(len(node.operands)), *map(self.predicate, node.operands))

    def either(self, node: tree.Either) -> Sql:
        return self.boolean(listed("(", " OR ", ")")(len(node.operands)), *map(self.predicate, node.operands))

    def negated(self, node: tree.Not) -> Sql:
        operand = self.value(node.operand)
        if type(node.operand) not in _PREDICATES:
            operand = self.certain(operand)
        return self.boolean("(NOT {0})", operand)

    def equal(self, node: tree.Equal) -> Sql:
        left, right = self.value(node.left), self.value(node.right)
        if _is_certain(node.left) or _is_certain(node.right):
            return self.boolean(self.exactly(node.left.type, "({0} = {1})"), left, right)
        same = "({0} IS NOT DISTINCT FROM {1})" if self.postgresql else self.exactly(node.left.type, "({0} IS {1})")
        return self.boolean(same, left, right)

    def exactly(self, type_: Type, template: str) -> str:
        """Texts are the same only letter by letter, whatever the collation of their column."""
        return template.replace("{0}", "{0} COLLATE BINARY") if type_.kind == "text" and not self.postgresql else template

    def compare(self, node: tree.Compare) -> Sql:
        left, right, kind = self.value(node.left), self.value(node.right), node.left.type.kind
        if kind == "null":
            kind = node.right.type.kind
        if kind == "text":
            by_code = '{0} COLLATE "C"' if self.postgresql else "{0} COLLATE BINARY"
            return self.boolean(f"({by_code} {node.operator} {{1}})", left, right)
        if kind == "number" and not self.postgresql:
            return self.boolean(f"(tx_compare({{0}}, {{1}}) {node.operator} 0)", left, right)
        return self.boolean(f"({{0}} {node.operator} {{1}})", left, right)

    def one_of(self, node: tree.OneOf) -> Sql:
        options = ", ".join(f"{{{at + 1}}}" for at in range(len(node.options)))
        template = self.exactly(node.subject.type, f"({{0}} IN ({options}))")
        return self.boolean(template, self.value(node.subject), *map(self.value, node.options))

    def is_empty(self, node: tree.IsEmpty) -> Sql:
        if node.operand.type.kind == "choices":
            template = "COALESCE({0}::text IN ('[]', 'null'), true)" if self.postgresql else "COALESCE({0} IN ('[]', 'null'), 1)"
            return self.boolean(template, self.stored_choices(node.operand))
        if node.operand.type.kind == "any":
            raise NotCompilable("a value of any kind")
        return self.boolean("({0} IS NULL)", self.value(node.operand))

    def has(self, node: tree.Has) -> Sql:
        template = "COALESCE(jsonb_exists({0}, {1}), false)" if self.postgresql else "tx_has({0}, {1})"
        return self.boolean(template, self.stored_choices(node.subject), self.value(node.key))

    def stored_choices(self, node: Node) -> Sql:
        if not isinstance(node, tree.Field):
            raise NotCompilable("choices that are no field")
        return self.field(node)

    def boolean(self, template: str, *arguments: Sql) -> Sql:
        return Fragment(template, arguments, sa.Boolean())

    # -- rows ---------------------------------------------------------------------------------------------------

    def aggregate(self, node: AggregateOver) -> Sql:
        rows = self.resolvers[node.rows.level].rows(node.rows.names)
        inner = _Compiler((*self.resolvers[: node.rows.inner], rows.resolver))
        if node.function in ("any", "all"):
            return self.existence(node, rows, inner)
        figure = self.figure(node, inner, rows.source)
        found: sa.Select[Any] = sa.select(figure).select_from(rows.source).where(rows.correlation)
        if node.condition is not None:
            found = found.where(inner.predicate(node.condition))
        return found.correlate_except(rows.source).scalar_subquery()

    def existence(self, node: AggregateOver, rows: RowSource, inner: "_Compiler") -> Sql:
        condition = node.condition if node.condition is not None else tree.Constant(True, node.type)
        wanted = inner.predicate(condition if node.function == "any" else tree.Not(condition))
        found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(rows.source).where(rows.correlation, wanted)
        exists = found.correlate_except(rows.source).scalar_subquery()
        return self.boolean("(EXISTS {0})" if node.function == "any" else "(NOT EXISTS {0})", exists)

    def figure(self, node: AggregateOver, inner: "_Compiler", source: sa.FromClause) -> Sql:
        """The aggregate itself, inside the subquery."""
        if node.function == "count":
            count = "COUNT({0})" if node.operand is not None else "COUNT(*)"
            arguments: Sequence[Sql] = [inner.taken(node, source)] if node.operand is not None else []
            return Fragment(f"{count}::numeric" if self.postgresql else f"CAST({count} AS TEXT)", arguments, NumberSql())
        if node.operand is None:
            raise NotCompilable(f"{node.function} of nothing")
        template = self.figure_template(node.function, node.operand.type)
        return Fragment(template, [inner.taken(node, source)], SQL_TYPES[node.type.kind])

    def taken(self, node: AggregateOver, source: sa.FromClause) -> Sql:
        """What is taken of each row.

        In SQL an aggregate of nothing but outer columns belongs to the outer query, so such a value is tied to the row.
        """
        operand = node.operand
        if operand is None or operand.type.kind in ("choices", "any", "list"):
            raise NotCompilable(f"{node.function} of values of this kind")
        value = self.value(operand)
        levels = set(_levels(operand))
        if node.rows.inner not in levels and any(level < node.rows.inner for level in levels):
            # SQLite sees through IS NOT NULL where the column cannot be null
            tied = "CASE WHEN {0} IS NOT NULL THEN {1} END" if self.postgresql else "CASE {0} WHEN '' THEN NULL ELSE {1} END"
            return Fragment(tied, (source.c.id, value), SQL_TYPES[operand.type.kind])
        return value

    def figure_template(self, function: str, type_: Type) -> str:
        if type_.kind != NUMBER.kind:
            return f"{function.upper()}({{0}})"
        if not self.postgresql:
            # an aggregate of Python's own is not asked at all where there are no rows
            return "CASE WHEN COUNT(*) > 0 THEN tx_sum({0}) ELSE '0' END" if function == "sum" else f"tx_{function}({{0}})"
        if function == "sum":
            return settled("COALESCE(SUM({0}), 0)")
        if function == "avg":
            return settled(f"ROUND({settled('SUM({0})')}, 60) / NULLIF(COUNT({{0}}), 0)")
        return f"{function.upper()}({{0}})"


def _levels(node: Node) -> Iterator[int]:
    """The levels of all rows that are read below `node`."""
    for part in tree.walk(node):
        if isinstance(part, tree.Field):
            yield part.level
        elif isinstance(part, AggregateOver):
            yield part.rows.level


def _is_certain(node: Node) -> bool:
    """Whether a node can never be missing, so that plain equality decides."""
    return isinstance(node, tree.Constant) and node.value is not None


_VALUES: dict[type, Callable[[_Compiler, Any], Sql]] = {
    tree.Constant: _Compiler.constant,
    tree.Field: _Compiler.field,
    tree.Circumstance: _Compiler.circumstance,
    tree.Apply: _Compiler.apply,
    tree.Choose: _Compiler.choose,
    tree.Switch: _Compiler.switch,
    tree.FirstFilled: _Compiler.first_filled,
    AggregateOver: _Compiler.aggregate,
}
_PREDICATES: dict[type, Callable[[_Compiler, Any], Sql]] = {
    tree.Both: _Compiler.both,
    tree.Either: _Compiler.either,
    tree.Not: _Compiler.negated,
    tree.Equal: _Compiler.equal,
    tree.Compare: _Compiler.compare,
    tree.OneOf: _Compiler.one_of,
    tree.IsEmpty: _Compiler.is_empty,
    tree.Has: _Compiler.has,
}
#: Conditions whose SQL is true or false in any case.
_NEVER_NULL = frozenset({tree.Not, tree.IsEmpty, tree.Has})
