"""Tokens → syntax tree, by operator precedence (Pratt). Never recurses deeper than `limits.MAX_DEPTH`.

From loosest to tightest: `or`, `and`, `not`, comparisons and `in`, `&`, `+ -`, `* / %`, unary minus, `^`.
"""

from decimal import Decimal

from tessera.expressions.errors import FormulaError, FormulaIssue
from tessera.expressions.limits import MAX_DEPTH, MAX_NODES, NUMBER_LIMIT, SCALE
from tessera.expressions.syntax import Call, Chain, Literal, Membership, Negation, Node, Path, Span, children
from tessera.expressions.tokens import KEYWORDS, Token, tokenize

COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
#: Precedence of the operators that chain from the left.
CHAINS = {"or": 1, "and": 2, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7}
NOT_PRECEDENCE, COMPARISON_PRECEDENCE, MINUS_PRECEDENCE, POWER_PRECEDENCE = 3, 4, 8, 9

_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "empty": None}


def parse(source: str) -> Node:
    """The syntax tree of `source`. Raises `FormulaError`, and nothing else."""
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.at = 0
        self.depth = 0
        self.nodes = 0
        self.heights: dict[int, int] = {}  # of finished nodes, by id

    def whole(self) -> Node:
        if len(self.tokens) == 1:
            raise self.error("The formula is empty.", self.token.span)
        node = self.expression(0)
        if not self.at_end:
            raise self.unexpected()
        return node

    # -- the loop -----------------------------------------------------------------------------------------------

    def expression(self, minimum: int) -> Node:
        """What binds at least as tightly as `minimum`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.too_deep(self.token.span)
        left = self.operand()
        while (continued := self.continuation(left, minimum)) is not None:
            left = continued
        self.depth -= 1
        return left

    def continuation(self, left: Node, minimum: int) -> Node | None:
        """`left` with the operator that follows it, or None where none does at this precedence."""
        keyword = self.token.keyword if self.token.kind in ("operator", "name") else ""
        if keyword in CHAINS and CHAINS[keyword] >= minimum:
            return self.chain(left, CHAINS[keyword])
        if keyword in COMPARISONS and minimum <= COMPARISON_PRECEDENCE:
            return self.comparison(left)
        if keyword in ("in", "not") and minimum <= COMPARISON_PRECEDENCE and (keyword == "in" or self.following("in")):
            return self.membership(left)
        if keyword == "^" and minimum <= POWER_PRECEDENCE:
            operator = self.take()
            return self.counted(Chain((left, self.expression(MINUS_PRECEDENCE)), ("^",), (operator.span,)))
        return None

    def chain(self, left: Node, precedence: int) -> Node:
        operands, operators, spans = [left], [], []
        while self.token.kind in ("operator", "name") and CHAINS.get(self.token.keyword) == precedence:
            operator = self.take()
            operators.append(operator.keyword)
            spans.append(operator.span)
            operands.append(self.expression(precedence + 1))
        return self.counted(Chain(tuple(operands), tuple(operators), tuple(spans)))

    def comparison(self, left: Node) -> Node:
        operator = self.take()
        right = self.expression(COMPARISON_PRECEDENCE + 1)
        if self.token.kind == "operator" and self.token.value in COMPARISONS:
            raise self.error("Comparisons cannot follow each other; join them with 'and'.", self.token.span)
        return self.counted(Chain((left, right), (operator.value,), (operator.span,)))

    def membership(self, subject: Node) -> Node:
        negated = self.token.keyword == "not"
        if negated:
            self.take()
        self.take()
        if self.token.value in ("(", "[") and self.token.kind == "operator":
            closing = ")" if self.token.value == "(" else "]"
            self.take()
            options, end = self.arguments(closing)
            if not options:
                raise self.error("The list after 'in' is empty.", end)
            return self.counted(Membership(subject, options, True, negated, subject.span.to(end)))
        option = self.expression(COMPARISON_PRECEDENCE + 1)
        return self.counted(Membership(subject, (option,), False, negated, subject.span.to(option.span)))

    # -- operands -----------------------------------------------------------------------------------------------

    def operand(self) -> Node:
        token = self.token
        if token.kind == "number":
            return self.counted(self.number(self.take()))
        if token.kind == "text":
            self.take()
            return self.counted(Literal(token.value, token.span))
        if token.kind == "operator":
            return self.prefixed(token)
        if token.kind == "name":
            return self.named(token)
        raise self.unexpected()

    def prefixed(self, token: Token) -> Node:
        if token.value == "(":
            self.take()
            inner = self.expression(0)
            self.expect(")", opened=token)
            return inner
        if token.value == "-":
            self.take()
            return self.counted(_negative(token.span, self.expression(MINUS_PRECEDENCE)))
        if token.value == "+":
            self.take()
            return self.expression(MINUS_PRECEDENCE)
        if token.value == "not":
            self.take()
            operand = self.expression(NOT_PRECEDENCE)
            return self.counted(Negation("not", operand, token.span.to(operand.span)))
        raise self.unexpected()

    def named(self, token: Token) -> Node:
        keyword = token.keyword
        if keyword == "not":
            return self.prefixed(Token("operator", "not", token.span))
        if keyword in ("and", "or") and self.following("("):
            return self.joined(self.take())
        if keyword in ("and", "or", "in"):
            raise self.unexpected()
        if self.following("("):
            return self.call(self.take())
        if keyword in _CONSTANTS:
            self.take()
            return self.counted(Literal(_CONSTANTS[keyword], token.span))
        return self.path()

    def call(self, name: Token) -> Node:
        self.take()
        arguments, end = self.arguments(")")
        node = self.counted(Call(name.value.lower(), arguments, name.span, name.span.to(end)))
        if self.token.value == "." and self.token.kind == "operator":
            raise self.error("Only fields can be followed with a dot.", self.token.span)
        return node

    def joined(self, name: Token) -> Node:
        """`and(a, b, …)` and `or(a, b, …)`, as spreadsheets write them."""
        self.take()
        arguments, end = self.arguments(")")
        if not arguments:
            raise self.error("{name}() needs at least one condition.", name.span.to(end), name=name.keyword)
        if len(arguments) == 1:
            return arguments[0]
        between = tuple(name.span for _ in arguments[1:])
        return self.counted(Chain(arguments, tuple(name.keyword for _ in between), between))

    def path(self) -> Node:
        first = self.take()
        names, spans = [first.value], [first.span]
        while self.token.kind == "operator" and self.token.value == ".":
            self.take()
            part = self.take()
            if part.kind != "name":
                raise self.error("A field name must follow the dot.", part.span)
            names.append(part.value)
            spans.append(part.span)
        return self.counted(Path(tuple(names), tuple(spans)))

    def arguments(self, closing: str) -> tuple[tuple[Node, ...], Span]:
        """Expressions between commas up to `closing`, whose place comes second. The opening one is taken already."""
        opened = self.tokens[self.at - 1]
        found: list[Node] = []
        if not (self.token.kind == "operator" and self.token.value == closing):
            found.append(self.expression(0))
            while self.token.kind == "operator" and self.token.value == ",":
                self.take()
                found.append(self.expression(0))
        return tuple(found), self.expect(closing, opened=opened).span

    def number(self, token: Token) -> Literal:
        value = Decimal(token.value)
        _, _, decimals = token.value.partition(".")
        if value >= NUMBER_LIMIT or len(decimals) > SCALE:
            raise self.error("Numbers have at most 24 digits before the point and {scale} after it.", token.span, scale=SCALE)
        return Literal(value, token.span)

    # -- tokens -------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def at_end(self) -> bool:
        return self.tokens[self.at].kind == "end"

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def following(self, keyword: str) -> bool:
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return after.kind != "text" and after.keyword == keyword

    def expect(self, value: str, *, opened: Token) -> Token:
        if self.token.kind == "operator" and self.token.value == value:
            return self.take()
        if self.at_end:
            raise self.error("The bracket {bracket!r} is never closed.", opened.span, bracket=opened.value)
        raise self.unexpected()

    def counted(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.error("The formula has more than {limit} parts.", node.span, limit=MAX_NODES)
        height = 1 + max((self.heights[id(child)] for child in children(node)), default=0)
        if isinstance(node, Chain) and node.operators[0] in ("*", "/", "%"):
            height += len(node.operators) - 1  # each of these rounds, so they cannot be joined into one
        if height > MAX_DEPTH:
            raise self.too_deep(node.span)
        self.heights[id(node)] = height
        return node

    def too_deep(self, span: Span) -> FormulaError:
        return self.error("The formula is nested more than {limit} deep.", span, limit=MAX_DEPTH)

    def unexpected(self) -> FormulaError:
        token = self.token
        if token.kind == "end":
            return self.error("The formula ends too early.", token.span)
        if token.kind == "name" and token.keyword not in KEYWORDS:
            return self.error("An operator is missing before {name!r}.", token.span, name=token.value)
        return self.error("{found!r} is not expected here.", token.span, found=self.source_of(token.span))

    def source_of(self, span: Span) -> str:
        return self.source[span.offset : span.offset + span.length]

    def error(self, message: str, span: Span, **params: object) -> FormulaError:
        return FormulaError(self.source, [FormulaIssue(message, span.offset, span.length, params)])


def _negative(span: Span, operand: Node) -> Node:
    """A minus before a plain number is part of the number."""
    whole = span.to(operand.span)
    if isinstance(operand, Literal) and isinstance(operand.value, Decimal) and operand.value > 0:
        return Literal(-operand.value, whole)
    return Negation("-", operand, whole)
