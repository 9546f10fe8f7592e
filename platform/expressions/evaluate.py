"""Typed tree → a Python function. Made once for a formula; calling it looks nothing up but the record's own values.

A *frame* is the rows that names stand on (the record first) and the environment. Booleans that `and`, `or`, `not` and
conditions meet are never missing: missing counts as false, exactly as in the compiled SQL.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tessera.expressions import numbers, tree
from tessera.expressions.environment import Environment
from tessera.expressions.tree import AggregateOver, Node, Rows

Record = Mapping[str, Any]
Frame = tuple[tuple[Record, ...], Environment]
Evaluator = Callable[[Frame], Any]


def compile_python(node: Node) -> Evaluator:
    """The function that gives the value of `node` in a frame."""
    return _COMPILERS[type(node)](node)


def _constant(node: tree.Constant) -> Evaluator:
    value = node.value
    return lambda _: value


def _field(node: tree.Field) -> Evaluator:
    level, (*way, last), kind = node.level, node.names, node.type.kind

    def read(frame: Frame) -> Any:
        row: Any = frame[0][level]
        for name in way:
            row = row.get(name)
            if row is None:
                return None
        value = row.get(last)
        if value is None:
            return None
        if kind == "number":
            return numbers.exact(value)
        return value

    if kind == "record":
        return lambda frame: _identity(read(frame))
    return read


def _identity(value: Any) -> Any:
    """What a reference is compared by: the id, whether it was loaded or not."""
    return value.get("id") if isinstance(value, Mapping) else value


def _circumstance(node: tree.Circumstance) -> Evaluator:
    name = node.name
    return lambda frame: getattr(frame[1], name)


def _apply(node: tree.Apply) -> Evaluator:
    function, arguments = node.overload.python, tuple(compile_python(argument) for argument in node.arguments)
    if not node.overload.strict:
        return lambda frame: function(*[argument(frame) for argument in arguments])

    def call(frame: Frame) -> Any:
        values = [argument(frame) for argument in arguments]
        return None if None in values else function(*values)

    return call


def _both(node: tree.Both) -> Evaluator:
    operands = tuple(compile_python(operand) for operand in node.operands)
    return lambda frame: all(operand(frame) for operand in operands)


def _either(node: tree.Either) -> Evaluator:
    operands = tuple(compile_python(operand) for operand in node.operands)
    return lambda frame: any(operand(frame) for operand in operands)


def _not(node: tree.Not) -> Evaluator:
    operand = compile_python(node.operand)
    return lambda frame: not operand(frame)


def _equal(node: tree.Equal) -> Evaluator:
    left, right = compile_python(node.left), compile_python(node.right)
    return lambda frame: bool(left(frame) == right(frame))


def _compare(node: tree.Compare) -> Evaluator:
    left, right, decide = compile_python(node.left), compile_python(node.right), _ORDERS[node.operator]

    def compare(frame: Frame) -> bool:
        first, second = left(frame), right(frame)
        return first is not None and second is not None and decide(first, second)

    return compare


def _one_of(node: tree.OneOf) -> Evaluator:
    subject, options = compile_python(node.subject), tuple(compile_python(option) for option in node.options)

    def one_of(frame: Frame) -> bool:
        value = subject(frame)
        return value is not None and any(value == option(frame) for option in options)

    return one_of


def _is_empty(node: tree.IsEmpty) -> Evaluator:
    operand = compile_python(node.operand)
    if node.operand.type.kind == "choices":
        return lambda frame: not operand(frame)
    return lambda frame: operand(frame) is None


def _has(node: tree.Has) -> Evaluator:
    subject, key = compile_python(node.subject), compile_python(node.key)

    def has(frame: Frame) -> bool:
        chosen, wanted = subject(frame), key(frame)
        return bool(chosen) and wanted is not None and wanted in chosen

    return has


def _choose(node: tree.Choose) -> Evaluator:
    branches = tuple((compile_python(condition), compile_python(result)) for condition, result in node.branches)
    otherwise = compile_python(node.otherwise)

    def choose(frame: Frame) -> Any:
        for condition, result in branches:
            if condition(frame):
                return result(frame)
        return otherwise(frame)

    return choose


def _switch(node: tree.Switch) -> Evaluator:
    subject, otherwise = compile_python(node.subject), compile_python(node.otherwise)
    branches = tuple((compile_python(choice), compile_python(result)) for choice, result in node.branches)

    def switch(frame: Frame) -> Any:
        value = subject(frame)
        if value is not None:
            for choice, result in branches:
                if choice(frame) == value:
                    return result(frame)
        return otherwise(frame)

    return switch


def _first_filled(node: tree.FirstFilled) -> Evaluator:
    operands = tuple(compile_python(operand) for operand in node.operands)
    return lambda frame: next((value for operand in operands if (value := operand(frame)) is not None), None)


def _aggregate(node: AggregateOver) -> Evaluator:
    rows = _rows(node.rows)
    operand = compile_python(node.operand) if node.operand is not None else None
    condition = compile_python(node.condition) if node.condition is not None else None
    if node.function == "any" and condition is not None:
        return lambda frame: any(condition(inner) for inner in rows(frame))
    if node.function == "all" and condition is not None:
        return lambda frame: all(condition(inner) for inner in rows(frame))
    fold = _FOLDS[node.function]

    def aggregate(frame: Frame) -> Any:
        counted = (inner for inner in rows(frame) if condition is None or condition(inner))
        if operand is None:
            return fold([True for _ in counted])
        return fold([value for inner in counted if (value := operand(inner)) is not None])

    return aggregate


def _rows(node: Rows) -> Callable[[Frame], Iterable[Frame]]:
    """The frames of the rows, one for each."""
    level, (*way, last), inner = node.level, node.names, node.inner

    def frames(frame: Frame) -> Iterable[Frame]:
        stack, environment = frame
        row: Any = stack[level]
        for name in way:
            row = row.get(name)
            if row is None:
                return
        for found in row.get(last) or ():
            yield (*stack[:inner], found), environment

    return frames


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    summed = numbers.total(*values)
    return numbers.quotient(summed, Decimal(len(values))) if values and summed is not None else None


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_FOLDS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": lambda values: numbers.total(*values),
    "avg": _mean,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "count": lambda values: Decimal(len(values)),
}
_COMPILERS: dict[type, Callable[[Any], Evaluator]] = {
    tree.Constant: _constant,
    tree.Field: _field,
    tree.Circumstance: _circumstance,
    tree.Apply: _apply,
    tree.Both: _both,
    tree.Either: _either,
    tree.Not: _not,
    tree.Equal: _equal,
    tree.Compare: _compare,
    tree.OneOf: _one_of,
    tree.IsEmpty: _is_empty,
    tree.Has: _has,
    tree.Choose: _choose,
    tree.Switch: _switch,
    tree.FirstFilled: _first_filled,
    AggregateOver: _aggregate,
}
