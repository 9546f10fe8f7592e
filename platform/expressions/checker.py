"""Syntax → typed tree: finds what every name means and whether every type fits. Reports all type errors at once."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, cast

from tessera.expressions import syntax, tree
from tessera.expressions.aggregates import AGGREGATES, AggregateChecks
from tessera.expressions.errors import FormulaError
from tessera.expressions.fitting import KIND_NAMES, common, suits, typed
from tessera.expressions.functions import (
    ADD,
    AS_TEXT,
    BY_NAME,
    DATE_MINUS,
    DATE_PLUS,
    DAYS_BETWEEN,
    DIVIDE,
    GREATEST,
    JOIN,
    LEAST,
    MODULO,
    MOMENT_MINUS,
    MOMENT_PLUS,
    MULTIPLY,
    NEGATE,
    POWER,
    SPAN_BETWEEN,
)
from tessera.expressions.functions.base import Function, Overload
from tessera.expressions.functions.special import ORDERED
from tessera.expressions.limits import MAX_ISSUES
from tessera.expressions.scope import Member, Scope
from tessera.expressions.syntax import Span
from tessera.expressions.tree import UNKNOWN, Circumstance, Constant, Field, Node, Rows
from tessera.expressions.types import BOOLEAN, DATE, DATETIME, NULL, NUMBER, TEXT, Type, record

NOTHING: Final = Constant(None, NULL)

_ARITHMETIC = {"*": MULTIPLY, "/": DIVIDE, "%": MODULO, "^": POWER}
#: `+` and `-` on what is no plain number: (left kind, operator, right kind) → overload.
_DATE_ARITHMETIC = {
    ("date", "+", "number"): DATE_PLUS,
    ("date", "-", "number"): DATE_MINUS,
    ("date", "-", "date"): DAYS_BETWEEN,
    ("datetime", "+", "duration"): MOMENT_PLUS,
    ("datetime", "-", "duration"): MOMENT_MINUS,
    ("datetime", "-", "datetime"): SPAN_BETWEEN,
    ("date", "-", "datetime"): DAYS_BETWEEN,
    ("datetime", "-", "date"): DAYS_BETWEEN,
}


class Checker(AggregateChecks):
    """Checks one formula. `modules` is the module of the record, then that of each aggregate around the place looked at."""

    def __init__(self, source: str, scope: Scope, module: str) -> None:
        super().__init__(source)
        self.scope = scope
        self.modules = [module]

    def whole(self, node: syntax.Node, expect: Type | None) -> Node:
        """The typed tree of a whole formula. Raises `FormulaError` with every issue."""
        typed = self.value(node)
        if expect is not None and typed is not UNKNOWN:
            typed = self.fitted(typed, expect, node.span)
        if self.issues:
            raise FormulaError(self.source, sorted(self.issues, key=lambda issue: issue.offset)[:MAX_ISSUES])
        return typed

    # -- values -------------------------------------------------------------------------------------------------

    def value(self, node: syntax.Node) -> Node:
        """The typed node of anything that has a value."""
        match node:
            case syntax.Literal():
                return _constant(node.value)
            case syntax.Path():
                return self.path(node)
            case syntax.Negation():
                return self.negation(node)
            case syntax.Chain():
                return self.chain(node)
            case syntax.Membership():
                return self.membership(node)
            case syntax.Call():
                return self.call(node)

    def path(self, node: syntax.Path) -> Node:
        found = self.resolve(node)
        if isinstance(found, tuple):
            return self.wrong("Rows can only stand in sum(), count() and the like.", node.span)
        return found

    def resolve(self, node: syntax.Path) -> Node | tuple[Rows, syntax.Path | None]:
        """What a path leads to: a value, or rows and the rest of the path behind them."""
        names = node.names
        for level in reversed(range(len(self.modules))):
            if self.scope.member(self.modules[level], names[0]) is not None:
                return self.walk(level, node, 0)
        if names[0] == "record" and len(names) > 1:
            return self.walk(0, node, 1)
        if names == ("me",):
            return Circumstance("user", record("user"))
        known = [name for module in reversed(self.modules) for name in self.scope.names(module)]
        if names[0].lower() in BY_NAME and len(names) == 1:
            return self.wrong("{name!r} is a function: put brackets after it.", node.span, name=names[0])
        return self.unknown_name("There is no field {name!r}.", names[0], node.spans[0], known)

    def walk(self, level: int, node: syntax.Path, start: int) -> Node | tuple[Rows, syntax.Path | None]:
        """Follow the names of a path from `start` on, from the row at `level`."""
        module, member = self.modules[level], None
        for at in range(start, len(node.names)):
            name = node.names[at]
            member = self.scope.member(module, name)
            if member is None:
                return self.unknown_name(
                    "There is no field {name!r} in {module!r}.", name, node.spans[at], self.scope.names(module), module=module
                )
            last = at == len(node.names) - 1
            if member.type.kind == "list":
                rows = Rows(level, node.names[start : at + 1], cast(str, member.type.module), len(self.modules))
                return rows, None if last else syntax.Path(node.names[at + 1 :], node.spans[at + 1 :])
            if not last and (member.type.kind != "record" or member.type.module is None):
                return self.wrong(
                    "{name!r} is {kind} and has no fields.", node.spans[at], name=name, kind=KIND_NAMES[member.type.kind]
                )
            module = member.type.module or module
        found = cast(Member, member)
        return Field(level, node.names[start:], found.type, found.choices)

    # -- operators ----------------------------------------------------------------------------------------------

    def negation(self, node: syntax.Negation) -> Node:
        if node.operator == "not":
            return tree.Not(self.condition(node.operand))
        return self.apply(NEGATE, [self.expected(node.operand, NUMBER)])

    def chain(self, node: syntax.Chain) -> Node:
        operator = node.operators[0]
        if operator == "and":
            return tree.Both(tuple(self.condition(part) for part in node.operands))
        if operator == "or":
            return tree.Either(tuple(self.condition(part) for part in node.operands))
        if operator == "&":
            return self.join(node.operands)
        if operator in ("+", "-"):
            return self.additive(node)
        if operator in _ARITHMETIC:
            return self.multiplicative(node)
        return self.comparison(node)

    def join(self, parts: Sequence[syntax.Node]) -> Node:
        """Texts one after the other, everything that can be written turned into text."""
        return self.apply(JOIN, [self.as_text(self.value(part), part.span) for part in parts])

    def as_text(self, node: Node, span: Span) -> Node:
        if node is UNKNOWN or node.type.kind in ("text", "null"):
            return node
        overload = AS_TEXT.get(node.type.kind)
        if overload is None:
            return self.wrong("{kind} cannot be written as text.", span, kind=KIND_NAMES[node.type.kind].capitalize())
        return self.apply(overload, [node])

    def additive(self, node: syntax.Chain) -> Node:
        values = [self.value(part) for part in node.operands]
        if all(value.type.kind in ("number", "null") or value is UNKNOWN for value in values):
            signs = ("+", *node.operators)
            return self.apply(ADD, [v if sign == "+" else self.apply(NEGATE, [v]) for sign, v in zip(signs, values, strict=True)])
        if all(value.type.kind in ("text", "null") for value in values) and set(node.operators) == {"+"}:
            return self.apply(JOIN, values)
        result = values[0]
        for at, operator in enumerate(node.operators):
            result = self.step(result, operator, values[at + 1], node.spans[at])
        return result

    def step(self, left: Node, operator: str, right: Node, span: Span) -> Node:
        """One `+` or `-` where dates, moments and durations take part."""
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        kinds = (left.type.kind, operator, right.type.kind)
        if kinds[0] in ("number", "null") and kinds[2] in ("number", "null"):
            return self.apply(ADD, [left, right if operator == "+" else self.apply(NEGATE, [right])])
        if operator == "+" and kinds[0] in ("number", "duration") and kinds[2] in ("date", "datetime"):
            left, right, kinds = right, left, (kinds[2], "+", kinds[0])
        if kinds[0] == "datetime" and kinds[2] == "number":
            kinds = ("date", operator, "number")
        if "null" in kinds:
            return Constant(None, left.type if kinds[2] == "null" else right.type)
        overload = _DATE_ARITHMETIC.get(kinds)
        if overload is None:
            hint = " Join texts with '&'." if "text" in kinds else ""
            message = "{left} {operator} {right} has no meaning." + hint
            return self.wrong(
                message, span, left=KIND_NAMES[kinds[0]].capitalize(), operator=operator, right=KIND_NAMES[kinds[2]]
            )
        return self.apply(overload, [left, right])

    def multiplicative(self, node: syntax.Chain) -> Node:
        result = self.expected(node.operands[0], NUMBER)
        for operator, part in zip(node.operators, node.operands[1:], strict=True):
            result = self.apply(_ARITHMETIC[operator], [result, self.expected(part, NUMBER)])
        return result

    def comparison(self, node: syntax.Chain) -> Node:
        operator = node.operators[0]
        left, right = self.alike([self.value(part) for part in node.operands], node.spans[0])
        if left is UNKNOWN or right is UNKNOWN:
            return Constant(None, BOOLEAN)
        if operator in ("=", "!="):
            same = self.equal(left, right, node)
            return same if operator == "=" else tree.Not(same)
        if left.type.kind == "null" or right.type.kind == "null":
            return Constant(False, BOOLEAN)
        for side, part in ((left, node.operands[0]), (right, node.operands[1])):
            if side.type.kind not in (*ORDERED, "text"):
                return self.wrong(
                    "{kind} cannot be less or more than something.", part.span, kind=KIND_NAMES[side.type.kind].capitalize()
                )
        return tree.Compare(operator, left, right)  # type: ignore[arg-type]

    def equal(self, left: Node, right: Node, node: syntax.Chain) -> Node:
        if right.type.kind == "null":
            return tree.IsEmpty(left)
        if left.type.kind == "null":
            return tree.IsEmpty(right)
        if left.type.kind in ("choices", "any"):
            return self.wrong("Use has() or 'in' to look into {kind}.", node.span, kind=KIND_NAMES[left.type.kind])
        self.check_choice(left, right, node.operands[1].span)
        self.check_choice(right, left, node.operands[0].span)
        return tree.Equal(left, right)

    def membership(self, node: syntax.Membership) -> Node:
        found = self.listed(node) if node.listed else self.held(node)
        return tree.Not(found) if node.negated and found is not UNKNOWN else found

    def listed(self, node: syntax.Membership) -> Node:
        values = self.alike([self.value(part) for part in (node.subject, *node.options)], node.span)
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        subject, *options = values
        if subject.type.kind == "null":
            return Constant(False, BOOLEAN)
        if subject.type.kind in ("choices", "any"):
            return self.wrong("Use has() to look into {kind}.", node.subject.span, kind=KIND_NAMES[subject.type.kind])
        for option, part in zip(options, node.options, strict=True):
            if option.type.kind == "null":
                return self.wrong("Nothing is in no list; use is_empty().", part.span)
            self.check_choice(subject, option, part.span)
        return tree.OneOf(subject, tuple(options))

    def held(self, node: syntax.Membership) -> Node:
        """`'key' in field`: the field holds several choices."""
        holder = self.value(node.options[0])
        key = self.expected(node.subject, TEXT)
        if holder is UNKNOWN or key is UNKNOWN:
            return UNKNOWN
        if holder.type.kind != "choices":
            return self.wrong("A list in brackets or a field with several choices must follow 'in'.", node.options[0].span)
        self.check_choice(holder, key, node.subject.span)
        return tree.Has(holder, key)

    # -- calls --------------------------------------------------------------------------------------------------

    def call(self, node: syntax.Call) -> Node:
        function = BY_NAME.get(node.function)
        if function is None:
            return self.unknown_name("There is no function {name!r}.", node.function, node.name_span, BY_NAME)
        if function.name in AGGREGATES and self.is_over_rows(node):
            return self.aggregate(function.name, node)
        special = _SPECIAL.get(function.name)
        if special is not None:
            return special(self, node)
        return self.overloaded(function, node)

    def overloaded(self, function: Function, node: syntax.Call) -> Node:
        values = [self.value(argument) for argument in node.arguments]
        fitting = [overload for overload in function.overloads if overload.takes(len(values))]
        if not fitting:
            return self.wrong_count(node, sorted({len(overload.written) for overload in function.overloads}))
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        for overload in fitting:
            if all(suits(value.type, overload.parameter(at).kind) for at, value in enumerate(values)):
                return self.with_words(overload, values, node)
        for at, value in enumerate(values):
            wanted = fitting[0].parameter(at)
            if not suits(value.type, wanted.kind):
                return self.mismatch(value, wanted.kind, node.arguments[at].span)
        return UNKNOWN

    def with_words(self, overload: Overload, values: list[Node], node: syntax.Call) -> Node:
        if overload.words:
            word = values[overload.words_at]
            if not isinstance(word, Constant) or word.value not in overload.words:
                span = node.arguments[overload.words_at].span
                near = get_close_matches(str(word.value) if isinstance(word, Constant) else "", overload.words, n=1)
                return self.wrong(
                    "One of {words} is needed here.", span, near[0] if near else None, words=", ".join(map(repr, overload.words))
                )
        return self.apply(overload, values)

    def if_(self, node: syntax.Call) -> Node:
        if len(node.arguments) < 2:
            return self.wrong_count(node, [2, 3])
        pairs, rest = _pairs(node.arguments)
        conditions = [self.condition(condition) for condition, _ in pairs]
        found = self.results([result for _, result in pairs], rest, node)
        if found is None:
            return UNKNOWN
        results, type_ = found
        if type_.kind == "null":
            return NOTHING
        return tree.Choose(tuple(zip(conditions, results[:-1], strict=True)), results[-1], type_)

    def case(self, node: syntax.Call) -> Node:
        if len(node.arguments) < 3:
            return self.wrong_count(node, [3, 4])
        pairs, rest = _pairs(node.arguments[1:])
        subject, *choices = self.alike(
            [self.value(part) for part in (node.arguments[0], *(choice for choice, _ in pairs))], node.arguments[0].span
        )
        found = self.results([result for _, result in pairs], rest, node)
        if found is None or any(part is UNKNOWN for part in (subject, *choices)):
            return UNKNOWN
        if subject.type.kind in ("choices", "any"):
            return self.wrong(
                "{kind} cannot be compared.", node.arguments[0].span, kind=KIND_NAMES[subject.type.kind].capitalize()
            )
        for choice, (part, _) in zip(choices, pairs, strict=True):
            if choice.type.kind == "null":
                return self.wrong("A case never equals nothing; use is_empty() in if().", part.span)
            self.check_choice(subject, choice, part.span)
        results, type_ = found
        if subject.type.kind == "null" or type_.kind == "null":
            return results[-1]
        return tree.Switch(subject, tuple(zip(choices, results[:-1], strict=True)), results[-1], type_)

    def results(
        self, parts: Sequence[syntax.Node], rest: syntax.Node | None, node: syntax.Call
    ) -> tuple[list[Node], Type] | None:
        """The results of branches, then that of none of them, and their type."""
        values = [self.value(part) for part in parts] + [self.value(rest) if rest is not None else NOTHING]
        return self.of_one_type(values, node)

    def of_one_type(self, values: list[Node], node: syntax.Call) -> tuple[list[Node], Type] | None:
        values = self.alike(values, node.span)
        if any(value is UNKNOWN for value in values):
            return None
        type_ = common([value.type for value in values])
        if type_.kind in ("choices", "any"):
            self.wrong("{kind} cannot be a result here.", node.span, kind=KIND_NAMES[type_.kind].capitalize())
            return None
        return [typed(value, type_) for value in values], type_

    def coalesce(self, node: syntax.Call) -> Node:
        if not node.arguments:
            return self.wrong_count(node, [1])
        found = self.of_one_type([self.value(argument) for argument in node.arguments], node)
        if found is None:
            return UNKNOWN
        values, type_ = found
        return NOTHING if type_.kind == "null" else tree.FirstFilled(tuple(values), type_)

    def is_empty(self, node: syntax.Call) -> Node:
        if len(node.arguments) != 1:
            return self.wrong_count(node, [1])
        operand = self.value(node.arguments[0])
        return UNKNOWN if operand is UNKNOWN else tree.IsEmpty(operand)

    def has(self, node: syntax.Call) -> Node:
        if len(node.arguments) != 2:
            return self.wrong_count(node, [2])
        return self.held(syntax.Membership(node.arguments[1], (node.arguments[0],), False, False, node.span))

    def text(self, node: syntax.Call) -> Node:
        if len(node.arguments) != 1:
            return self.wrong_count(node, [1])
        return self.as_text(self.value(node.arguments[0]), node.arguments[0].span)

    def concat(self, node: syntax.Call) -> Node:
        return self.join(node.arguments) if node.arguments else self.wrong_count(node, [1])

    def extreme(self, node: syntax.Call) -> Node:
        """`min` and `max` of their arguments."""
        if not node.arguments:
            return self.wrong_count(node, [1])
        values = self.alike([self.value(argument) for argument in node.arguments], node.span)
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        kind = common([value.type for value in values]).kind
        if kind == "null":
            return NOTHING
        if kind not in ORDERED:
            return self.wrong("{kind} has no smallest or greatest.", node.span, kind=KIND_NAMES[kind].capitalize())
        return self.apply((LEAST if node.function == "min" else GREATEST)[kind], values)

    def circumstance(self, node: syntax.Call) -> Node:
        if node.arguments:
            return self.wrong_count(node, [0])
        match node.function:
            case "now":
                return Circumstance("now", DATETIME)
            case "today":
                return Circumstance("today", DATE)
            case _:
                return Circumstance("user", record("user"))

    # -- fitting ------------------------------------------------------------------------------------------------

    def condition(self, node: syntax.Node) -> Node:
        return self.expected(node, BOOLEAN)

    def expected(self, node: syntax.Node, wanted: Type) -> Node:
        """The value of `node`, which must be of the kind of `wanted`."""
        value = self.value(node)
        return value if value is UNKNOWN else self.fitted(value, wanted, node.span)


_SPECIAL: dict[str, Callable[[Checker, syntax.Call], Node]] = {
    "if": Checker.if_,
    "case": Checker.case,
    "coalesce": Checker.coalesce,
    "is_empty": Checker.is_empty,
    "has": Checker.has,
    "text": Checker.text,
    "concat": Checker.concat,
    "min": Checker.extreme,
    "max": Checker.extreme,
    "now": Checker.circumstance,
    "today": Checker.circumstance,
    "user": Checker.circumstance,
}


def _constant(value: Decimal | str | bool | None) -> Node:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return Constant(value, BOOLEAN)
    return Constant(value, NUMBER if isinstance(value, Decimal) else TEXT)


def _pairs(arguments: Sequence[syntax.Node]) -> tuple[list[tuple[syntax.Node, syntax.Node]], syntax.Node | None]:
    """Arguments by two, and the one that is left over."""
    even = len(arguments) // 2 * 2
    return list(zip(arguments[0:even:2], arguments[1:even:2], strict=True)), arguments[-1] if even < len(arguments) else None
