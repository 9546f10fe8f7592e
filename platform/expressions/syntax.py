"""The syntax tree: what was written, before it is known what it means. Every node knows its place in the text."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """`length` characters from `offset`. Spans never take part in comparing trees."""

    offset: int
    length: int

    def to(self, other: "Span") -> "Span":
        """From the start of this one to the end of the other."""
        return Span(self.offset, max(self.length, other.offset + other.length - self.offset))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span)

    def __hash__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, true, false or null."""

    value: Decimal | str | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Path:
    """A name, or names joined by dots; `spans` has the place of each."""

    names: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def span(self) -> Span:
        return self.spans[0].to(self.spans[-1])


@dataclass(frozen=True, slots=True)
class Negation:
    """`-x` or `not x`; `operator` is "-" or "not"."""

    operator: str
    operand: "Node"
    span: Span


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one precedence joined from the left: `a + b - c`. One operator fewer than operands."""

    operands: tuple["Node", ...]
    operators: tuple[str, ...]
    spans: tuple[Span, ...]  # of the operators

    @property
    def span(self) -> Span:
        return self.operands[0].span.to(self.operands[-1].span)


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in (a, b)`, or `x in field` where `options` is one node and `listed` is false."""

    subject: "Node"
    options: tuple["Node", ...]
    listed: bool
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function (its name in lower case) and its arguments."""

    function: str
    arguments: tuple["Node", ...]
    name_span: Span
    span: Span


Node = Literal | Path | Negation | Chain | Membership | Call


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Negation():
            return (node.operand,)
        case Chain():
            return node.operands
        case Membership():
            return (node.subject, *node.options)
        case Call():
            return node.arguments
        case _:
            return ()
