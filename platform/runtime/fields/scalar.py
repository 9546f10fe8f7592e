"""Base of the types with one column that is compared as it stands."""

from collections.abc import Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.runtime.fields.base import CompiledField, FieldType
from tessera.runtime.fields.comparison import ORDERED, compare, unknown_operator


class ScalarField(FieldType):
    """One column; filters compare it with coerced operands."""

    operators: ClassVar[tuple[str, ...]] = ORDERED

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator not in self.operators:
            raise unknown_operator(operator)
        return compare(columns[0], operator, operand, lambda raw: self.operand(field, raw, context))
