"""A reference to a user of the tenant."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, FieldEnvironment
from tessera.runtime.fields.comparison import EQUALITY
from tessera.runtime.fields.lookup import ON_DELETE_OPTION, LookupField, LookupOptions


class UserField(LookupField):
    """Points to a user of the tenant; `is_me` finds those of the person who asks."""

    key = "user"
    label = "User"
    widget = "user"
    operators: ClassVar[tuple[str, ...]] = ("is_me", *EQUALITY)
    options_schema: ClassVar[Mapping[str, Any]] = {
        "filter": {"type": "object", "description": "A filter tree on users: only those it leaves are offered."},
        "on_delete": ON_DELETE_OPTION,
    }
    required_options: ClassVar[tuple[str, ...]] = ()

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> LookupOptions:
        given = definition.options
        return LookupOptions("user", given.get("filter"), given.get("on_delete", "restrict"))

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        if operator == "is_me":
            if operand is False:
                return columns[0].is_distinct_from(context.principal.id)
            return columns[0] == context.principal.id if context.principal.id is not None else sa.false()
        return super().filter(field, columns, operator, operand, context)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> UUID | None:
        if isinstance(raw, str) and raw.strip() == "me":  # a default that means whoever makes the record
            return coercion.context.principal.id
        return super().coerce(field, raw, coercion)
