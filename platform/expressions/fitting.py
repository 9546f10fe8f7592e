"""What checking is made of: noting what is wrong, and fitting typed values to what is wanted of them."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import cast

from tessera.expressions import syntax
from tessera.expressions.errors import FormulaIssue
from tessera.expressions.functions import LOCAL_DATE
from tessera.expressions.functions.base import Overload
from tessera.expressions.syntax import Span
from tessera.expressions.tree import UNKNOWN, Apply, Circumstance, Constant, Field, Node
from tessera.expressions.types import NULL, TEXT, Kind, Type

KIND_NAMES = {
    "text": "a text",
    "number": "a number",
    "boolean": "yes or no",
    "date": "a date",
    "datetime": "a moment",
    "time": "a time",
    "duration": "a duration",
    "record": "a record",
    "list": "rows",
    "choices": "several choices",
    "null": "nothing",
    "any": "any value",
}


class Fitting:
    """The base of the checker: its issues, and the rules of which value goes where."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.issues: list[FormulaIssue] = []

    # -- issues -------------------------------------------------------------------------------------------------

    def wrong(self, message: str, span: Span, nearest: str | None = None, /, **params: object) -> Node:
        """Notes an issue; the result stands for what could not be understood."""
        self.issues.append(FormulaIssue(message, span.offset, span.length, params, nearest))
        return UNKNOWN

    def mismatch(self, value: Node, wanted: str, span: Span) -> Node:
        return self.wrong(
            "This is {found}, where {wanted} is needed.", span, found=KIND_NAMES[value.type.kind], wanted=KIND_NAMES[wanted]
        )

    def wrong_count(self, node: syntax.Call, counts: Sequence[int]) -> Node:
        wanted = " or ".join(map(str, counts))
        return self.wrong(
            "{name}() takes {wanted} arguments, not {count}.",
            node.span,
            name=node.function,
            wanted=wanted,
            count=len(node.arguments),
        )

    def unknown_name(self, message: str, name: str, span: Span, known: Iterable[str], **params: object) -> Node:
        folded = {candidate.lower(): candidate for candidate in known}
        near = get_close_matches(name.lower(), folded, n=1)
        return self.wrong(message, span, folded[near[0]] if near else None, name=name, **params)

    # -- fitting ------------------------------------------------------------------------------------------------

    def fitted(self, value: Node, wanted: Type, span: Span) -> Node:
        if wanted.kind == "any" or suits(value.type, wanted.kind):
            if wanted.kind == "date" and value.type.kind == "datetime":
                return self.apply(LOCAL_DATE, [value])
            return typed(value, wanted)
        return self.mismatch(value, wanted.kind, span)

    def alike(self, values: list[Node], span: Span) -> list[Node]:
        """The values made comparable with each other: moments become dates beside a date. An issue where kinds differ."""
        kinds = {value.type.kind for value in values if value is not UNKNOWN} - {"null"}
        if kinds == {"date", "datetime"}:
            return [self.apply(LOCAL_DATE, [value]) if value.type.kind == "datetime" else value for value in values]
        if len(kinds) > 1:
            names = " and ".join(KIND_NAMES[kind] for kind in sorted(kinds))
            return [self.wrong("The types differ: {kinds}.", span, kinds=names)] * len(values)
        modules = {value.type.module for value in values if value.type.kind == "record"}
        if len(modules) > 1:
            return [self.wrong("These are records of different modules.", span)] * len(values)
        return values

    def apply(self, overload: Overload, values: Sequence[Node]) -> Node:
        """The overload on its arguments; worked out at once where all are constant."""
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        arguments = [self.argument(value, overload.parameter(at).kind) for at, value in enumerate(values)]
        if overload.local:
            arguments.append(Circumstance("timezone", TEXT))
        if overload.strict and any(isinstance(value, Constant) and value.value is None for value in arguments):
            return Constant(None, overload.result)
        if all(isinstance(value, Constant) for value in arguments):
            return Constant(overload.python(*(cast(Constant, value).value for value in arguments)), overload.result)
        return Apply(overload, tuple(arguments), overload.result)

    def argument(self, value: Node, kind: Kind) -> Node:
        """A value as the argument of that kind which it is fit for."""
        if kind == "date" and value.type.kind == "datetime":
            return self.apply(LOCAL_DATE, [value])
        return typed(value, Type(kind))

    def check_choice(self, field: Node, other: Node, span: Span) -> None:
        """A picklist field can only equal keys of its picklist."""
        if not isinstance(field, Field) or field.choices is None or not isinstance(other, Constant):
            return
        if isinstance(other.value, str) and other.value not in field.choices:
            near = get_close_matches(other.value, field.choices, n=1, cutoff=0.5)
            self.wrong(
                "{field!r} has no choice {key!r}.", span, near[0] if near else None, field=field.names[-1], key=other.value
            )


def typed(value: Node, type_: Type) -> Node:
    """Nothing, where something of `type_` is meant; every other value as it is."""
    return Constant(None, type_) if value.type.kind == "null" else value


def suits(type_: Type, kind: str) -> bool:
    """Whether a value of that type may stand where the kind is wanted."""
    return type_.kind in (kind, "null") or (kind == "date" and type_.kind == "datetime")


def common(types: Iterable[Type]) -> Type:
    """The type of values of one kind, nulls left out: without a scale unless they share it."""
    found = {type_ for type_ in types if type_.kind != "null"}
    if not found:
        return NULL
    first = next(iter(found))
    return first if len(found) == 1 else Type(first.kind, first.module)
