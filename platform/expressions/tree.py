"""The typed tree: what a formula means, every name resolved and every type known. Immutable, shared, without text.

Names are gone: a `Field` says on which row it stands (0 is the record, 1 the row of the outermost aggregate, and so on) and
by which names to walk from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from tessera.expressions.functions.base import Overload
from tessera.expressions.types import ANY, BOOLEAN, NUMBER, Type

Value = str | Decimal | bool | date | datetime | time | timedelta | UUID | None


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the text, or was worked out from such."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a row, or of a record that it points to. `choices` are the keys a picklist field knows."""

    level: int
    names: tuple[str, ...]
    type: Type
    choices: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Something of the environment: `now`, `today`, `timezone` or `user`."""

    name: Literal["now", "today", "timezone", "user"]
    type: Type


@dataclass(frozen=True, slots=True)
class Apply:
    """A function or operator on its arguments."""

    overload: Overload
    arguments: tuple["Node", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Both:
    """True when all operands are; a missing one counts as false."""

    operands: tuple["Node", ...]
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Either:
    """True when any operand is; a missing one counts as false."""

    operands: tuple["Node", ...]
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Not:
    """True when the operand is false or missing."""

    operand: "Node"
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Equal:
    """Both sides the same; two missing ones are the same, a missing one differs from every value. Records: by id."""

    left: "Node"
    right: "Node"
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Compare:
    """The order of two values of one kind; false when one is missing."""

    operator: Literal["<", "<=", ">", ">="]
    left: "Node"
    right: "Node"
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class OneOf:
    """The subject equals one of the options; a missing subject is none of them."""

    subject: "Node"
    options: tuple["Node", ...]
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """There is no value; of choices: none is chosen."""

    operand: "Node"
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Has:
    """A set of choices holds a key."""

    subject: "Node"
    key: "Node"
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Choose:
    """The result of the first condition that holds."""

    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Switch:
    """The result of the first choice that equals the subject."""

    subject: "Node"
    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class FirstFilled:
    """The first operand that has a value."""

    operands: tuple["Node", ...]
    type: Type


AggregateFunction = Literal["sum", "avg", "min", "max", "count", "any", "all"]


@dataclass(frozen=True, slots=True)
class Rows:
    """A set of rows reached from a row at `level` by `names`; they are rows of `module` and stand at `inner`."""

    level: int
    names: tuple[str, ...]
    module: str
    inner: int


@dataclass(frozen=True, slots=True)
class AggregateOver:
    """A figure over rows for which `condition` holds. `operand` is None for a plain count, any and all."""

    function: AggregateFunction
    rows: Rows
    operand: "Node | None"
    condition: "Node | None"
    type: Type = field(default=NUMBER)


Node = (
    Constant
    | Field
    | Circumstance
    | Apply
    | Both
    | Either
    | Not
    | Equal
    | Compare
    | OneOf
    | IsEmpty
    | Has
    | Choose
    | Switch
    | FirstFilled
    | AggregateOver
)

#: Stands for what could not be understood; it fits everywhere, so that one mistake is reported once.
UNKNOWN: Final = Constant(None, ANY)


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 - a table of shapes
    """The nodes directly below."""
    match node:
        case Apply():
            return node.arguments
        case Both() | Either() | FirstFilled():
            return node.operands
        case Not() | IsEmpty():
            return (node.operand,)
        case Equal() | Compare():
            return (node.left, node.right)
        case OneOf():
            return (node.subject, *node.options)
        case Has():
            return (node.subject, node.key)
        case Choose():
            return (*(part for branch in node.branches for part in branch), node.otherwise)
        case Switch():
            return (node.subject, *(part for branch in node.branches for part in branch), node.otherwise)
        case AggregateOver():
            return tuple(part for part in (node.operand, node.condition) if part is not None)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """`node` and every node below it."""
    yield node
    for child in children(node):
        yield from walk(child)
