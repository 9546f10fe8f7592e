"""A filter as it is sent → typed nodes. Checks shape and size only; names are resolved by `filter`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tessera.kernel.errors import BadQuery
from tessera.runtime.query.operators import OPERATORS, Operator

MAX_DEPTH = 12
MAX_CONDITIONS = 100
MAX_BRANCHES = 100
MAX_VALUES = 1_000
MAX_TEXT = 10_000
MAX_PATH = 250


@dataclass(frozen=True, slots=True)
class Condition:
    """`path operator value`; `pointer` is where it stands in the query."""

    path: str
    operator: Operator
    value: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class Group:
    """All (`and`) or any (`or`) of `nodes`. An empty `and` is true, an empty `or` false."""

    kind: Literal["and", "or"]
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Not `node`. A condition about an empty value is false, so its negation is true."""

    node: "Node"


Node = Condition | Group | Negation


def parse_filter(raw: Any, pointer: str = "/filter") -> Node | None:
    """The nodes of the JSON filter `raw`; None for no filter. Raises `BadQuery` with a pointer below `pointer`."""
    if raw is None or raw == {}:
        return None
    return _Parser().node(raw, pointer, 1)


class _Parser:
    """Counts conditions while it walks."""

    def __init__(self) -> None:
        self.conditions = 0

    def node(self, raw: Any, pointer: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise BadQuery("The filter is nested more than {limit} deep.", pointer=pointer, limit=MAX_DEPTH)
        if not isinstance(raw, Mapping):
            raise BadQuery(
                "A filter is an object such as {example}.", pointer=pointer, example='{"field": …, "op": …, "value": …}'
            )
        keys = set(raw)
        if "field" in keys:
            return self._condition(raw, keys, pointer)
        if len(keys) == 1:
            if "and" in keys:
                return self._group("and", raw["and"], f"{pointer}/and", depth)
            if "or" in keys:
                return self._group("or", raw["or"], f"{pointer}/or", depth)
            if "not" in keys:
                return Negation(self.node(raw["not"], f"{pointer}/not", depth + 1))
        raise BadQuery(
            "A filter has exactly one of field, and, or, not; not {keys}.", pointer=pointer, keys=_shown(sorted(map(str, keys)))
        )

    def _group(self, kind: Literal["and", "or"], raw: Any, pointer: str, depth: int) -> Group:
        if not isinstance(raw, list | tuple):
            raise BadQuery("{kind} takes a list of filters.", pointer=pointer, kind=kind)
        if len(raw) > MAX_BRANCHES:
            raise BadQuery("{kind} takes at most {limit} filters.", pointer=pointer, kind=kind, limit=MAX_BRANCHES)
        return Group(kind, tuple([self.node(item, f"{pointer}/{i}", depth + 1) for i, item in enumerate(raw)]))

    def _condition(self, raw: Mapping[str, Any], keys: set[str], pointer: str) -> Condition:
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise BadQuery("A filter has at most {limit} conditions.", pointer=pointer, limit=MAX_CONDITIONS)
        if not keys <= {"field", "op", "value"}:
            raise BadQuery(
                "A condition has field, op and value; not {keys}.", pointer=pointer, keys=_shown(sorted(map(str, keys)))
            )
        path, key = raw["field"], raw.get("op")
        if not isinstance(path, str) or not path or len(path) > MAX_PATH:
            raise BadQuery("A field is named by a text.", pointer=f"{pointer}/field")
        operator = OPERATORS.get(key) if isinstance(key, str) else None
        if operator is None:
            raise BadQuery("There is no operator {operator}.", pointer=f"{pointer}/op", operator=_shown(key))
        value = raw.get("value")
        _check_operand(operator, value, "value" in keys, f"{pointer}/value")
        return Condition(path, operator, value, pointer)


def _check_operand(operator: Operator, value: Any, given: bool, pointer: str) -> None:
    if operator.operand == "none":
        if value is not None and not isinstance(value, bool):  # false turns the question round
            raise BadQuery("{operator} takes no value.", pointer=pointer, operator=operator.key)
        return
    if not given or (value is None and operator.key not in ("eq", "ne")):
        raise BadQuery("{operator} needs a value.", pointer=pointer, operator=operator.key)
    if operator.operand == "many" and not isinstance(value, list | tuple):
        raise BadQuery("{operator} takes a list.", pointer=pointer, operator=operator.key)
    if operator.operand == "pair" and not (isinstance(value, list | tuple) and len(value) == 2):
        raise BadQuery("{operator} takes a list of two values.", pointer=pointer, operator=operator.key)
    check_values(value, pointer)


def check_values(value: Any, pointer: str, depth: int = 0) -> None:
    """Refuse what no database takes: endless lists, texts with NUL or half characters, deep nesting."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise BadQuery("A text in a query has at most {limit} characters.", pointer=pointer, limit=MAX_TEXT)
        if "\0" in value or not _is_unicode(value):
            raise BadQuery("The text has characters that cannot be stored.", pointer=pointer)
    elif isinstance(value, Mapping):
        if depth > 4 or len(value) > MAX_VALUES:
            raise BadQuery("The value is too large.", pointer=pointer)
        for key, item in value.items():
            check_values(key, pointer, depth + 1)
            check_values(item, pointer, depth + 1)
    elif isinstance(value, list | tuple):
        if len(value) > MAX_VALUES or depth > 4:
            raise BadQuery("A list in a query has at most {limit} values.", pointer=pointer, limit=MAX_VALUES)
        for index, item in enumerate(value):
            check_values(item, f"{pointer}/{index}", depth + 1)


def _is_unicode(text: str) -> bool:
    """False for half a surrogate pair, which JSON can spell and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    """Something a caller sent, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
