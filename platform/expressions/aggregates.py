"""The part of the checker for figures over rows: `sum(lines.amount)`, `sum(lines, price * quantity, kind = 'goods')`.

First the rows, then what is taken from each, then which of them count. Inside, names are looked up in the row first, then in
the record around it; `record.name` always means the record. `rows.name` is short for the rows and a field of theirs.
"""

from abc import ABC, abstractmethod
from typing import cast

from tessera.expressions import syntax
from tessera.expressions.fitting import Fitting
from tessera.expressions.functions.special import ORDERED
from tessera.expressions.tree import UNKNOWN, AggregateFunction, AggregateOver, Constant, Node, Rows
from tessera.expressions.types import BOOLEAN, INTEGER, NUMBER, Type

#: Functions over rows → whether they take something from each row (None: they may).
AGGREGATES: dict[str, bool | None] = {
    "sum": True,
    "avg": True,
    "min": True,
    "max": True,
    "count": None,
    "any": False,
    "all": False,
}


class AggregateChecks(Fitting, ABC):
    """Mixed into the checker, which has the rest."""

    modules: list[str]

    @abstractmethod
    def resolve(self, node: syntax.Path) -> Node | tuple[Rows, syntax.Path | None]: ...

    @abstractmethod
    def value(self, node: syntax.Node) -> Node: ...

    @abstractmethod
    def walk(self, level: int, node: syntax.Path, start: int) -> Node | tuple[Rows, syntax.Path | None]: ...

    @abstractmethod
    def condition(self, node: syntax.Node) -> Node: ...

    def is_over_rows(self, node: syntax.Call) -> bool:
        """Whether a function that may aggregate does: `min` and `max` also take plain values."""
        if node.function not in ("min", "max"):
            return True
        first = node.arguments[0] if node.arguments else None
        return isinstance(first, syntax.Path) and self.leads_to_rows(first)

    def leads_to_rows(self, node: syntax.Path) -> bool:
        """Whether a path resolves to rows, without reporting anything."""
        before = len(self.issues)
        found = self.resolve(node)
        del self.issues[before:]
        return isinstance(found, tuple)

    def aggregate(self, function: str, node: syntax.Call) -> Node:
        first = node.arguments[0] if node.arguments else None
        if not isinstance(first, syntax.Path):
            span = first.span if first is not None else node.span
            return self.wrong("{name}() needs rows first: a line table or a related list.", span, name=function)
        found = self.resolve(first)
        if not isinstance(found, tuple):
            if found is UNKNOWN:
                return UNKNOWN
            return self.wrong("{name}() needs rows first: a line table or a related list.", first.span, name=function)
        rows, rest = found
        self.modules.append(rows.module)
        try:
            return self.over(function, node, rows, rest)
        finally:
            self.modules.pop()

    def over(self, function: str, node: syntax.Call, rows: Rows, rest: syntax.Path | None) -> Node:
        remaining = list(node.arguments[1:])
        takes = AGGREGATES[function]
        operand: Node | None = None
        if rest is not None:
            if takes is False:
                return self.wrong("{name}() takes rows and a condition.", rest.span, name=function)
            operand = self.of_row(rest)
        elif takes:
            if not remaining:
                return self.wrong("{name}() needs to know what to take from each row.", node.span, name=function)
            operand = self.value(remaining.pop(0))
        condition = self.condition(remaining.pop(0)) if remaining else None
        if remaining:
            return self.wrong_count(node, [len(node.arguments) - len(remaining)])
        if takes is False and condition is None:
            return self.wrong("{name}() needs a condition after the rows.", node.span, name=function)
        return self.finished(function, node, rows, operand, condition)

    def of_row(self, rest: syntax.Path) -> Node:
        """The rest of `rows.a.b`: names of the row, never of the record around it."""
        found = self.walk(len(self.modules) - 1, rest, 0)
        if isinstance(found, tuple):
            return self.wrong("These are rows of rows: nest one function in another instead.", rest.span)
        return found

    def finished(self, function: str, node: syntax.Call, rows: Rows, operand: Node | None, condition: Node | None) -> Node:
        name = cast(AggregateFunction, function)
        if function in ("any", "all"):
            return AggregateOver(name, rows, None, condition, BOOLEAN)
        if function == "count":
            return AggregateOver(name, rows, operand, condition, INTEGER)
        taken = cast(Node, operand)
        if taken is UNKNOWN:
            return UNKNOWN
        if taken.type.kind == "null":
            taken = Constant(None, NUMBER)
        kinds = ("number",) if function in ("sum", "avg") else tuple(ORDERED)
        if taken.type.kind not in kinds:
            return self.wrong(
                "{name}() works on numbers{more}, not on this.",
                node.span,
                name=function,
                more="" if len(kinds) == 1 else " and dates",
            )
        return AggregateOver(
            name, rows, taken, condition, NUMBER if function == "avg" else Type(taken.type.kind, None, taken.type.scale)
        )
