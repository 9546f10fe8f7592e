"""Filters on multi_lookups, whose values are rows of a link table."""

from typing import Any

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected


def link_condition(  # noqa: PLR0911 - a table of operators
    field: CompiledField, table: sa.Table, source: sa.FromClause, *, operator: str, operand: Any, context: Context
) -> sa.ColumnElement[bool] | None:
    """SQL for `operator` over the links of the record in `source`; None when the operator is not one for links."""
    link = table.alias(f"l_{field.key}")

    def linked(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        query: sa.Select[Any] = (
            sa.select(sa.literal_column("1")).select_from(link).where(link.c.record_id == source.c.id, *conditions)
        )
        return sa.exists(query.correlate(source))

    match operator:
        case "is_empty":
            return sa.not_(linked())
        case "is_not_empty":
            return linked()
        case "has_any" | "in":
            return linked(link.c.target_id.in_(_ids(field, operand, context)))
        case "not_in":
            return sa.not_(linked(link.c.target_id.in_(_ids(field, operand, context))))
        case "has_all":
            return sa.and_(sa.true(), *[linked(link.c.target_id == one) for one in _ids(field, operand, context)])
        case "contains":
            return linked(link.c.target_id == _one(field, operand, context))
        case "not_contains":
            return sa.not_(linked(link.c.target_id == _one(field, operand, context)))
        case "eq" | "ne":
            ids = _ids(field, operand, context)
            number = sa.select(sa.func.count()).select_from(link).where(link.c.record_id == source.c.id).correlate(source)
            same = sa.and_(number.scalar_subquery() == len(ids), *[linked(link.c.target_id == one) for one in ids])
            return same if operator == "eq" else sa.not_(same)
    return None


def _ids(field: CompiledField, operand: Any, context: Context) -> list[Any]:
    return list(field.type.coerce(field, operand, Coercion(context)) or ())


def _one(field: CompiledField, operand: Any, context: Context) -> Any:
    ids = _ids(field, [operand], context)
    if len(ids) != 1:
        raise Rejected("not_one", "Give exactly one value.")
    return ids[0]
