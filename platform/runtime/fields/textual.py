"""Base of the types whose one column is text: comparison without regard to case, substring filters, sorting as people do."""

from collections.abc import Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.expressions.types import TEXT, Type
from tessera.kernel.context import Context
from tessera.runtime.fields.base import OWN_WORK, Cell, Coercion, CompiledField, Display, FieldType, Rejected
from tessera.runtime.fields.cells import safe_cell_text
from tessera.runtime.fields.comparison import emptiness, parse_list, parse_one, unknown_operator
from tessera.runtime.fields.folding import folded, like_pattern, matches
from tessera.runtime.fields.text_input import read_line

#: What a filter's text may be long; longer than any column that is compared.
OPERAND_LIMIT = 1000

TEXT_OPERATORS = (
    "contains", "not_contains", "eq", "ne", "starts_with", "ends_with", "in", "not_in", "is_empty", "is_not_empty",
)  # fmt: skip


class TextualField(FieldType):
    """One text column. Equality ignores case unless the definition says `case_sensitive`; substrings always do."""

    operators: ClassVar[tuple[str, ...]] = TEXT_OPERATORS
    case_folded = True
    json_ready = True

    def expression_type(self, field: CompiledField) -> Type:
        return TEXT

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        return safe_cell_text(self.to_text(field, value, display))

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return self.coerce(field, value, OWN_WORK)

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        return read_line(raw, Coercion(context), OPERAND_LIMIT)

    def fragment(self, field: CompiledField, raw: Any, context: Context) -> Any:
        """The operand of a substring filter; as typed, where `operand` would complete it."""
        return read_line(raw, Coercion(context), OPERAND_LIMIT)

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        column = columns[0]
        if operator in _PATTERNS:
            fragment = parse_one(operand, lambda raw: self.fragment(field, raw, context))
            before, after = _PATTERNS[operator]
            clause = matches(column, like_pattern(fragment, before=before, after=after))
            return sa.or_(column.is_(None), sa.not_(clause)) if operator == "not_contains" else clause
        if operator in ("is_empty", "is_not_empty"):
            return emptiness(column, operator, operand)
        return _equality(
            column, operator, operand, lambda raw: self.operand(field, raw, context), exact=field.definition.case_sensitive
        )

    def order_by(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return folded(columns[0])


_PATTERNS = {"contains": ("%", "%"), "not_contains": ("%", "%"), "starts_with": ("", "%"), "ends_with": ("%", "")}


def _equality(column: sa.ColumnElement[Any], operator: str, raw: Any, parse: Any, *, exact: bool) -> sa.ColumnElement[bool]:
    if operator in ("eq", "ne"):
        value = parse(raw)
        if value is None:
            return emptiness(column, "is_empty" if operator == "eq" else "is_not_empty", None)
        values = [value]
    elif operator in ("in", "not_in"):
        values = parse_list(raw, parse)
    else:
        raise unknown_operator(operator)
    wanted = [folded(sa.literal(value, sa.Text())) for value in values]
    same: sa.ColumnElement[bool] = folded(column) == wanted[0] if len(wanted) == 1 else folded(column).in_(wanted)
    if exact:  # the folded comparison stays, so that the folded index serves
        same = sa.and_(same, column.in_(values))
    return sa.or_(column.is_(None), sa.not_(same)) if operator in ("ne", "not_in") else same


def label_of(display: Display, text: str) -> str:
    """`text` of a definition in the reader's language."""
    return display.translator.gettext(text) if text else ""


def not_among(name: str) -> Rejected:
    """The refusal of a choice that is not on offer."""
    return Rejected("not_a_choice", "{choice} is not among the choices.", choice=name[:60])
