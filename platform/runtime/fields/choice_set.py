"""Sets of words in one text column, `|red|blue|`: readable in any SQL tool, and found the same way on both databases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.expressions.types import CHOICES, Type
from tessera.kernel.context import Context
from tessera.runtime.fields.base import OWN_WORK, Cell, Coercion, CompiledField, Display, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.comparison import emptiness, parse_list, parse_one, unknown_operator
from tessera.runtime.fields.folding import like_pattern, matches

SEPARATOR = "|"
#: The most members a set may have.
MOST_MEMBERS = 100


class ChoiceSetField(FieldType):
    """Base of the types whose value is a tuple of distinct words."""

    widget = "choices"
    operators: ClassVar[tuple[str, ...]] = (
        "has_any",
        "has_all",
        "contains",
        "not_contains",
        "eq",
        "ne",
        "is_empty",
        "is_not_empty",
    )
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False

    def expression_type(self, field: CompiledField) -> Type:
        return CHOICES

    def member(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        """One member from outside, or None when empty. Raises `Rejected`."""
        raise NotImplementedError

    def arrange(self, field: CompiledField, members: list[str]) -> tuple[str, ...]:
        """Distinct members in the order in which they are kept."""
        return tuple(dict.fromkeys(members))

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> tuple[str, ...] | None:
        listed = split_members(raw, coercion)
        members = [self.member(field, one, coercion) for one in listed]
        arranged = self.arrange(field, [one for one in members if one is not None])
        if len(arranged) > MOST_MEMBERS:
            raise Rejected("too_many_choices", "Choose at most {most}.", most=MOST_MEMBERS)
        return arranged or None

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return (None if not value else SEPARATOR + SEPARATOR.join(value) + SEPARATOR,)

    def from_columns(self, field: CompiledField, values: Sequence[Any]) -> Any:
        return None if not values[0] else tuple(values[0][1:-1].split(SEPARATOR))

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return list(value)

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return _members_of

    def to_search(self, field: CompiledField, value: Any) -> str:
        return self.to_text(field, value, Display())

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return frozenset(value)

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        members = [self.member(field, one, OWN_WORK) for one in sorted(value)]
        return self.arrange(field, [one for one in members if one is not None]) or None

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return None

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        column = columns[0]
        if operator not in self.operators:
            raise unknown_operator(operator)
        if operator in ("is_empty", "is_not_empty"):
            return emptiness(column, operator, operand)

        def one(raw: Any) -> str | None:
            return self.member(field, raw, Coercion(context))

        if operator in ("contains", "not_contains"):
            clause = has(column, parse_one(operand, one))
            return clause if operator == "contains" else sa.or_(column.is_(None), sa.not_(clause))
        if operator in ("eq", "ne") and operand is None:
            return emptiness(column, "is_empty" if operator == "eq" else "is_not_empty", None)
        members = self.arrange(field, parse_list(operand, one))
        if operator == "has_any":
            return sa.or_(*(has(column, member) for member in members))
        every = sa.and_(*(has(column, member) for member in members))
        if operator == "has_all":
            return every
        same = sa.and_(every, _member_count(column) == len(members))
        return same if operator == "eq" else sa.or_(column.is_(None), sa.not_(same))


def has(column: sa.ColumnElement[Any], member: str) -> sa.ColumnElement[bool]:
    """Whether the set has `member`."""
    return matches(column, like_pattern(SEPARATOR + member + SEPARATOR, before="%", after="%"))


def _member_count(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.length(column) - sa.func.length(sa.func.replace(column, SEPARATOR, "")) - 1


def split_members(raw: Any, coercion: Coercion) -> Sequence[Any]:
    """The members of a raw set: a list, or in forms and files a text with commas. Raises `Rejected`."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return ()
    if isinstance(raw, str) and coercion.localized and len(raw) <= 10_000:
        return [
            part
            for part in raw.replace("，", ",").replace("、", ",").replace(";", ",").replace("\n", ",").split(",")
            if part.strip()
        ]
    if isinstance(raw, Mapping) or not isinstance(raw, Sequence | set | frozenset) or isinstance(raw, str | bytes | bytearray):
        raise Rejected("not_a_list", "This must be a list of choices.")
    if len(raw) > 10 * MOST_MEMBERS:
        raise Rejected("too_many_choices", "Choose at most {most}.", most=MOST_MEMBERS)
    return list(raw)


def _members_of(text: str) -> list[str]:
    return text[1:-1].split(SEPARATOR)
