"""Syntax tree → text: one spelling for every formula. `parse(print_formula(tree)) == tree`."""

from decimal import Decimal

from tessera.expressions import numbers
from tessera.expressions.parser import CHAINS, COMPARISON_PRECEDENCE, MINUS_PRECEDENCE, NOT_PRECEDENCE, POWER_PRECEDENCE
from tessera.expressions.syntax import Call, Chain, Literal, Membership, Negation, Node, Path

_ATOM = 10


def print_formula(node: Node) -> str:  # noqa: PLR0911 - a table of shapes
    """The text of a syntax tree, in its shortest brackets."""
    match node:
        case Literal():
            return _literal(node.value)
        case Path():
            return ".".join(node.names)
        case Negation():
            if node.operator == "not":
                return f"not {_within(node.operand, NOT_PRECEDENCE)}"
            return f"-{_within(node.operand, MINUS_PRECEDENCE, bracket_numbers=True)}"
        case Chain():
            return _chain(node)
        case Membership():
            return _membership(node)
        case Call():
            return f"{node.function}({', '.join(map(print_formula, node.arguments))})"


def _chain(node: Chain) -> str:
    own = _precedence(node)
    if node.operators == ("^",):
        return f"{_within(node.operands[0], _ATOM)} ^ {_within(node.operands[1], MINUS_PRECEDENCE)}"
    parts = [_within(node.operands[0], own + 1)]
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        parts += [operator, _within(operand, own + 1)]
    return " ".join(parts)


def _membership(node: Membership) -> str:
    word = "not in" if node.negated else "in"
    subject = _within(node.subject, COMPARISON_PRECEDENCE + 1)
    if node.listed:
        return f"{subject} {word} ({', '.join(map(print_formula, node.options))})"
    option = node.options[0]
    text = _within(option, COMPARISON_PRECEDENCE + 1)
    return f"{subject} {word} {text}"


def _within(node: Node, minimum: int, *, bracket_numbers: bool = False) -> str:
    text = print_formula(node)
    is_number = isinstance(node, Literal) and isinstance(node.value, Decimal)
    if _precedence(node) < minimum or (bracket_numbers and is_number):
        return f"({text})"
    return text


def _precedence(node: Node) -> int:
    match node:
        case Negation():
            return NOT_PRECEDENCE if node.operator == "not" else MINUS_PRECEDENCE
        case Chain():
            operator = node.operators[0]
            return POWER_PRECEDENCE if operator == "^" else CHAINS.get(operator, COMPARISON_PRECEDENCE)
        case Membership():
            return COMPARISON_PRECEDENCE
        case Literal() if isinstance(node.value, Decimal) and node.value < 0:
            return MINUS_PRECEDENCE
        case _:
            return _ATOM


def _literal(value: Decimal | str | bool | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return numbers.plain(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return f"'{escaped}'"
