"""Figures over rows that are named by a definition rather than by the text of a formula: roll-up fields."""

from dataclasses import dataclass

from tessera.expressions.aggregates import AGGREGATES
from tessera.expressions.checker import Checker
from tessera.expressions.errors import FormulaError, FormulaIssue
from tessera.expressions.formula import Formula
from tessera.expressions.parser import parse
from tessera.expressions.scope import Scope
from tessera.expressions.syntax import Call, Literal, Span
from tessera.expressions.tree import Node, Rows
from tessera.expressions.types import BOOLEAN


@dataclass(frozen=True, slots=True)
class Rollup:
    """`function` over `rows`, which are rows of `source`.

    `rows` is the name that the rows have in a record given to `evaluate` and in a resolver. `operand` and `where` are texts of
    formulas over one such row.
    """

    function: str
    rows: str
    source: str
    operand: str | None = None
    where: str | None = None


def check_rollup(rollup: Rollup, scope: Scope, module: str) -> Formula:
    """The formula of a record of `module` that a roll-up stands for. Raises `FormulaError`."""
    function, operand = rollup.function, rollup.operand
    taken = _part(operand, scope, module, rollup.source)
    condition = _part(rollup.where, scope, module, rollup.source, condition=True)
    if AGGREGATES.get(function, False) is False or (AGGREGATES[function] and taken is None):
        raise FormulaError(
            function, [FormulaIssue("{function} is no roll-up of this.", 0, len(function), {"function": function})]
        )
    checker = Checker(operand or function, scope, module)
    place = Span(0, len(operand or function))
    call = Call(function, (Literal(None, place),), place, place)
    found = checker.finished(function, call, Rows(0, (rollup.rows,), rollup.source, 1), taken, condition)
    if checker.issues:
        raise FormulaError(checker.source, checker.issues)
    text = ", ".join(part for part in (rollup.rows, operand, rollup.where) if part)
    return Formula(f"{function}({text})", module, found.type, found)


def _part(text: str | None, scope: Scope, module: str, source: str, *, condition: bool = False) -> Node | None:
    if text is None:
        return None
    checker = Checker(text, scope, module)
    checker.modules.append(source)
    return checker.whole(parse(text), BOOLEAN if condition else None)
