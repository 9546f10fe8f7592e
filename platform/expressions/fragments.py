"""SQL expressions made from a template and the expressions that stand in it."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from tessera.expressions.errors import NotCompilable
from tessera.expressions.limits import MAX_SQL_WEIGHT

_PLACE = re.compile(r"\{(\d+)\}")
#: What stands for itself in any surroundings; everything else is put in brackets.
_CLOSED = (sa.BindParameter, sa.Column, sa.sql.functions.FunctionElement, sa.ScalarSelect, sa.sql.elements.Grouping)


class Fragment(sa.ColumnElement[Any]):
    """`template` with `{0}`, `{1}` … replaced by `arguments`. Raises `NotCompilable` when it grows beyond the limit."""

    __visit_name__ = "tessera_fragment"
    inherit_cache = False
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's form
        ("template", InternalTraversal.dp_string),
        ("arguments", InternalTraversal.dp_clauseelement_tuple),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, template: str, arguments: Sequence[sa.ColumnElement[Any]], type_: TypeEngine[Any]) -> None:
        self.template = template
        self.arguments = tuple(arguments)
        self.type = type_
        self.weight = 1 + sum(_weight(self.arguments[int(place)]) for place in _PLACE.findall(template))
        if self.weight > MAX_SQL_WEIGHT:
            raise NotCompilable("the SQL would be too long")

    @property
    def _from_objects(self) -> list[Any]:
        return [table for argument in self.arguments for table in argument._from_objects]


def _weight(argument: Any) -> int:
    return argument.weight if isinstance(argument, Fragment) else 1


@compiles(Fragment)
def _render(element: Fragment, compiler: Any, **options: Any) -> str:
    def place(found: re.Match[str]) -> str:
        argument = element.arguments[int(found.group(1))]
        text: str = compiler.process(argument, **options)
        return text if isinstance(argument, _CLOSED) else f"({text})"

    return _PLACE.sub(place, element.template)
