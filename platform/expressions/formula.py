"""A checked formula: the one object that the rest of the product holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from tessera.expressions import tree
from tessera.expressions.checker import Checker
from tessera.expressions.environment import Environment
from tessera.expressions.evaluate import Evaluator, Record, compile_python
from tessera.expressions.parser import parse
from tessera.expressions.scope import Scope
from tessera.expressions.sql import SqlResolver, compile_condition, compile_sql
from tessera.expressions.tree import AggregateOver, Circumstance, Field, Node
from tessera.expressions.types import Type


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula about records of `module`, checked against what the module has. Immutable; safe to share between threads."""

    text: str
    module: str
    type: Type
    tree: Node

    def evaluate(self, record: Record, environment: Environment) -> Any:
        """The value for one record.

        Related records are nested mappings (or their bare id where only that is compared, or None), rows are sequences of
        mappings. A name that is not there counts as missing. Numbers come as Decimal, record references as ids.
        """
        return self._function(((record,), environment))

    def holds(self, record: Record, environment: Environment) -> bool:
        """For conditions: whether the value is true. Missing is not."""
        return bool(self.evaluate(record, environment))

    def to_sql(self, resolver: SqlResolver) -> sa.ColumnElement[Any]:
        """An SQL expression with the same value for every row. Raises `NotCompilable`."""
        return compile_sql(self.tree, resolver)

    def to_condition(self, resolver: SqlResolver) -> sa.ColumnElement[bool]:
        """For conditions: SQL fit for WHERE, where NULL means no. Raises `NotCompilable`."""
        return compile_condition(self.tree, resolver)

    @cached_property
    def dependencies(self) -> frozenset[tuple[str, ...]]:
        """The paths of names it reads, from the record: `("customer", "owner", "name")`, `("lines", "amount")`."""
        return frozenset(_paths(self.tree, ((),)))

    @cached_property
    def circumstances(self) -> frozenset[str]:
        """What it reads of the environment: any of `now`, `today`, `timezone`, `user`."""
        return frozenset(node.name for node in tree.walk(self.tree) if isinstance(node, Circumstance))

    @property
    def stale_by_time(self) -> bool:
        """Whether its value changes with the clock alone."""
        return bool(self.circumstances & {"now", "today"})

    @cached_property
    def _function(self) -> Evaluator:
        return compile_python(self.tree)


def check(text: str, scope: Scope, module: str, *, expect: Type | None = None) -> Formula:
    """The formula that `text` spells about records of `module`, of the kind that `expect` wants. Raises `FormulaError`."""
    typed = Checker(text, scope, module).whole(parse(text), expect)
    return Formula(text, module, typed.type, typed)


def _paths(node: Node, ways: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, ...]]:
    """Paths read below `node`; `ways` leads from the record to the row of each level."""
    if isinstance(node, Field):
        yield ways[node.level] + node.names
    if isinstance(node, AggregateOver):
        way = ways[node.rows.level] + node.rows.names
        yield way
        ways = (*ways[: node.rows.inner], way)
    for child in tree.children(node):
        yield from _paths(child, ways)
