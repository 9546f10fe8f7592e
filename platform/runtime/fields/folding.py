"""Comparing text without regard to case, in SQL, the same way on both databases."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ESCAPE = "\\"


class folded(FunctionElement[str]):  # noqa: N801 - an SQL function
    """Lower case: `lower` on PostgreSQL; on SQLite, whose own knows only ASCII, the function that storage registers."""

    type = sa.Text()
    inherit_cache = True
    name = "folded"


@compiles(folded)
def _lower(element: folded, compiler: Any, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(folded, "sqlite")
def _on_sqlite(element: folded, compiler: Any, **options: Any) -> str:
    return f"tessera_lower({compiler.process(element.clauses, **options)})"


def like_pattern(text: str, *, before: str = "", after: str = "") -> str:
    """`text` for LIKE with its wildcards escaped by `ESCAPE`, between `before` and `after`."""
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return before + text + after


def matches(column: sa.ColumnElement[Any], pattern: str) -> sa.ColumnElement[bool]:
    """`column LIKE pattern` without regard to case; `pattern` comes from `like_pattern`."""
    return folded(column).like(folded(sa.literal(pattern, sa.Text())), escape=ESCAPE)
