"""What a reader may see of a module, as SQL: one predicate and one mask, used by every query.

The *shape* of an access is what decides the text of a statement; the ids in it are bound when the statement runs, so that all
members share one plan and the planner sees `owner = $1`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.kernel.errors import Forbidden
from tessera.runtime.model import Catalog, CompiledModule
from tessera.security.policy import AllRows, ModuleAccess, NoRows, OwnRows, RowRule
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.types import Uuid7

#: Anything that has columns by name: a table or an alias of one.
Selectable = sa.Table | sa.FromClause


class QuerySession(Protocol):
    """What queries need of a `runtime.session.Session`."""

    @property
    def context(self) -> Context: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def database(self) -> TenantDatabase: ...
    @property
    def connection(self) -> sa.Connection: ...
    @property
    def write(self) -> bool: ...

    def access(self, module: CompiledModule) -> ModuleAccess:
        """What the principal may do to `module`; a line table answers as its parent."""
        ...


@dataclass(frozen=True, slots=True)
class AccessShape:
    """The part of an access that the text of a statement depends on."""

    readable: bool
    rule: type[AllRows] | type[NoRows] | type[OwnRows]
    hidden: frozenset[str]


def shape_of(access: ModuleAccess) -> AccessShape:
    """The shape of `access`."""
    return AccessShape("read" in access.actions, type(access.visible), access.hidden_fields)


def owner_parameter(module: str) -> str:
    """The name of the parameter that holds whose rows of `module` are visible."""
    return f"owner_of_{module}"


def rule_values(module: str, rule: RowRule) -> dict[str, UUID]:
    """The parameters that `shape_clause` left open, by name."""
    return {owner_parameter(module): rule.user} if isinstance(rule, OwnRows) else {}


def shape_clause(shape: AccessShape, module: str, source: Selectable) -> sa.ColumnElement[bool] | None:
    """The predicate of visible rows over `source`, its ids left open as parameters. None: every row."""
    if not shape.readable or shape.rule is NoRows:
        return sa.false()
    if shape.rule is OwnRows:
        return source.c.owner == sa.bindparam(owner_parameter(module), type_=Uuid7())
    return None


def _clause(rule: RowRule, source: Selectable) -> sa.ColumnElement[bool] | None:
    if isinstance(rule, AllRows):
        return None
    if isinstance(rule, OwnRows):
        return source.c.owner == rule.user
    return sa.false()


def visible_clause(session: QuerySession, module: CompiledModule, source: Selectable) -> sa.ColumnElement[bool] | None:
    """The predicate over `source` (the module's table or an alias) of the rows the principal may see. None: every row."""
    access = session.access(module)
    return _clause(access.visible if "read" in access.actions else NoRows(), source)


def editable_clause(session: QuerySession, module: CompiledModule, source: Selectable) -> sa.ColumnElement[bool] | None:
    """The predicate over `source` of the rows the principal may change. None: every row."""
    return _clause(session.access(module).editable, source)


class Reader:
    """The eyes of one call: answers for every module that the query meets, and remembers which it met.

    A line table is seen with its parent's eyes; the mask of its fields is written `lines.price` in the parent's.
    """

    __slots__ = ("_session", "_shapes", "context")

    def __init__(self, session: QuerySession) -> None:
        self._session = session
        self._shapes: dict[str, AccessShape] = {}
        self.context = session.context

    def shape(self, module: CompiledModule) -> AccessShape:
        """The shape of the principal's access to `module` (of its parent for a line table)."""
        key = module.parent or module.key
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = shape_of(self._session.access(module))
        return shape

    @property
    def consulted(self) -> tuple[str, ...]:
        """The keys of the modules asked about so far."""
        return tuple(self._shapes)

    def may_read(self, module: CompiledModule) -> bool:
        """Whether the module may be read at all."""
        return self.shape(module).readable

    def sees(self, module: CompiledModule, field: str) -> bool:
        """Whether `field` of `module` is open to the reader."""
        shape = self.shape(module)
        if not shape.readable:
            return False
        if module.parent is None:
            return field not in shape.hidden
        line_field = module.key.partition(".")[2]
        return line_field not in shape.hidden and f"{line_field}.{field}" not in shape.hidden

    def key(self, modules: tuple[str, ...]) -> tuple[AccessShape, ...]:
        """The shapes of `modules`: the reader's share of a plan's key."""
        catalog = self._session.catalog
        return tuple([self.shape(catalog.modules[key]) for key in modules])

    def values(self, modules: tuple[str, ...]) -> dict[str, UUID]:
        """The ids that the predicates over `modules` leave open, by parameter name."""
        values: dict[str, UUID] = {}
        for key in modules:
            rule = self._session.access(self._session.catalog.modules[key]).visible
            if isinstance(rule, OwnRows):
                values[owner_parameter(key)] = rule.user
        return values


def require_readable(session: QuerySession, module: CompiledModule) -> None:
    """Raises `Forbidden` when the principal may not read `module` at all."""
    if "read" not in session.access(module).actions:
        raise Forbidden("You may not read {module}.", module=module.definition.label_plural)


def may_see(session: QuerySession, module: CompiledModule, row: Mapping[str, Any]) -> bool:
    """Whether the principal may see a record of `module` that has the values `row` (at least `owner`)."""
    access = session.access(module)
    if "read" not in access.actions:
        return False
    match access.visible:
        case AllRows():
            return True
        case OwnRows(user=user):
            return row.get("owner") == user
        case _:
            return False
