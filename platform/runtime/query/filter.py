"""Filter nodes → SQL under the reader's policy; the field types say what an operator means, this file joins and nests.

`bind` walks a filter on every request: it checks every name against the policy, lets the field types take the operands, and
returns the *shape* of the filter (what the SQL text depends on) apart from its values. `clause` makes the SQL of a new shape.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from tessera.kernel.context import Context
from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import Rejected
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query.access import Reader
from tessera.runtime.query.links import link_condition
from tessera.runtime.query.paths import Path, check_visible, resolve
from tessera.runtime.query.sources import Scope, Sources
from tessera.runtime.query.tree import Condition, Group, Node


@dataclass(slots=True)
class BoundFilter:
    """A filter ready to run: nodes, their resolved paths in reading order, the shape, and the values by parameter name."""

    node: Node | None
    paths: list[Path] = field(default_factory=list)
    shape: Hashable = None
    values: dict[str, Any] = field(default_factory=dict)


def bind(catalog: Catalog, reader: Reader, module: CompiledModule, node: Node | None) -> BoundFilter:
    """Resolve and check every condition of `node`. Raises `BadQuery` for names unknown or forbidden and for wrong operands."""
    bound = BoundFilter(node)
    if node is not None:
        bound.shape = _bind(catalog, reader, module, node, bound)
    return bound


def _bind(catalog: Catalog, reader: Reader, module: CompiledModule, node: Node, bound: BoundFilter) -> Hashable:
    if isinstance(node, Condition):
        path = resolve(catalog, module, node.path, f"{node.pointer}/field")
        check_visible(reader, path, f"{node.pointer}/field")
        number = len(bound.paths)
        bound.paths.append(path)
        clause = _condition(path, path.field.columns, path.module.table, node, reader.context)
        return (node.path, node.operator.key, *take_values(clause, f"f{number}", bound.values))
    if isinstance(node, Group):
        return (node.kind, *[_bind(catalog, reader, module, child, bound) for child in node.nodes])
    return ("not", _bind(catalog, reader, module, node.node, bound))


def take_values(clause: sa.ColumnElement[Any], prefix: str, values: dict[str, Any]) -> tuple[Hashable, ...]:
    """Put the values bound in `clause` into `values` under names of their own; returns what is left, the clause's shape."""
    # SQLAlchemy's own statement cache is built on this key: equal keys compile to equal text but for the values.
    key = clause._generate_cache_key()
    if key is None:
        raise AssertionError(f"{clause} cannot be cached: a type in it lacks cache_ok")
    lengths = []
    for number, parameter in enumerate(key.bindparams):
        name, value = f"{prefix}_{number}", cast("Any", parameter.effective_value)
        if parameter.expanding:
            lengths.append(len(value))
            for index, item in enumerate(value, 1):
                values[f"{name}_{index}"] = item
        else:
            values[name] = value
    return key.key, tuple(lengths)


def name_values(clause: sa.ColumnElement[Any], prefix: str) -> sa.ColumnElement[Any]:
    """The same clause with its parameters named as `take_values` names their values."""
    key = clause._generate_cache_key()
    assert key is not None
    named = {
        parameter: sa.bindparam(
            f"{prefix}_{number}", parameter.effective_value, type_=parameter.type, expanding=parameter.expanding
        )
        for number, parameter in enumerate(key.bindparams)
    }
    return visitors.replacement_traverse(clause, {}, lambda element, **_: named.get(element))  # type: ignore[no-any-return]


def clause(bound: BoundFilter, sources: Sources, context: Context) -> sa.ColumnElement[bool] | None:
    """The SQL of a bound filter over `sources`, which gains the joins it needs. None when there is no filter."""
    if bound.node is None:
        return None
    return _clause(bound.node, iter(enumerate(bound.paths)), sources, context)


def _clause(node: Node, paths: Iterator[tuple[int, Path]], sources: Sources, context: Context) -> sa.ColumnElement[bool]:
    if isinstance(node, Condition):
        number, path = next(paths)
        return _Crossing(path, node, f"f{number}", context).ask(0, sources.base, sources)
    if isinstance(node, Group):
        parts = [_clause(child, paths, sources, context) for child in node.nodes]
        return sa.and_(sa.true(), *parts) if node.kind == "and" else sa.or_(sa.false(), *parts)
    # IS NOT TRUE: what is unknown because a value is empty counts as "not so", and its negation as so.
    return _clause(node.node, paths, sources, context).self_group().is_not(sa.true())


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A condition on its way through the relations of its path."""

    path: Path
    node: Condition
    prefix: str
    context: Context

    def ask(self, start: int, scope: Scope, sources: Sources) -> sa.ColumnElement[bool]:
        """Cross the hops from `start` on, then ask; behind many rows ask whether there is one for which it holds."""
        hops = self.path.hops
        for index in range(start, len(hops)):
            if not hops[index].is_many:
                scope = sources.to_one(scope, hops[index])
                continue
            inner, ties = sources.to_many(scope, hops[index])
            holds = self.ask(index + 1, inner.base, inner)
            query: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(inner.from_clause).where(*ties, holds)
            return sa.exists(query.correlate(scope.alias))
        made = _condition(self.path, scope.columns(self.path.field), scope.alias, self.node, self.context)
        return name_values(made, self.prefix)


def _condition(
    path: Path, columns: Sequence[sa.ColumnElement[Any]], source: sa.FromClause, node: Condition, context: Context
) -> sa.ColumnElement[bool]:
    """What the field makes of the operator and its operand."""
    target, operator = path.field, node.operator.key
    try:
        if target.columns:
            if operator not in target.type.operators:
                raise BadQuery(
                    "{field} cannot be asked {operator}.",
                    pointer=f"{node.pointer}/op",
                    field=repr(node.path),
                    operator=repr(operator),
                )
            return target.type.filter(target, columns, operator, node.value, context)
        lines = path.module.lines.get(target.key)
        links = path.module.links.get(target.key)
        if lines is not None and operator in ("is_empty", "is_not_empty"):
            return _has_lines(lines, source, wanted=operator == "is_not_empty")
        if links is not None:
            made = link_condition(target, links, source, operator=operator, operand=node.value, context=context)
            if made is not None:
                return made
    except Rejected as rejected:
        problem = rejected.problem
        raise BadQuery(problem.message, pointer=f"{node.pointer}/value{problem.pointer}", **problem.params) from None
    raise BadQuery(
        "{field} cannot be asked {operator}.", pointer=f"{node.pointer}/op", field=repr(node.path), operator=repr(operator)
    )


def _has_lines(lines: CompiledModule, source: sa.FromClause, *, wanted: bool) -> sa.ColumnElement[bool]:
    table = lines.table.alias(f"l_{lines.key.partition('.')[2]}")
    query: sa.Select[Any] = (
        sa.select(sa.literal_column("1")).select_from(table).where(table.c.parent_id == source.c.id).correlate(source)
    )
    return sa.exists(query) if wanted else sa.not_(sa.exists(query))
