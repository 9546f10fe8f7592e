"""The compiled shape of a tenant: every name, type, formula and place resolved ahead of time. Immutable and shared.

A request never looks a field up in a definition again: it takes what stands here. `runtime.compile` makes it, once
for a metadata version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from tessera.expressions.formula import Formula
from tessera.kernel.errors import UnknownModule
from tessera.metadata.definitions import Definitions, ModuleDefinition
from tessera.runtime.computed.plan import ComputedPlan
from tessera.runtime.fields.base import CompiledField
from tessera.storage.columns import TableSpec

#: Columns that every module's table has beside its fields. Line tables have `id`, `parent_id`, `position` and their fields.
SYSTEM_FIELDS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner")


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A validation: the typed formula that must hold, the message, and the field it is shown at (None: the record).

    It is asked once all the fields in `needs` are filled: `end >= start` says nothing about a record without an end.
    """

    key: str
    formula: Formula
    message: str
    field: str | None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class FieldRules:
    """The formulas of one field; None where it has none."""

    default: Formula | None = None
    visible_if: Formula | None = None
    required_if: Formula | None = None
    read_only_if: Formula | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """A lookup that points to this module: `module` (or `module.lines`), and its field."""

    module: str
    field: str


@dataclass(frozen=True, eq=False)
class CompiledModule:
    """A module, or a line table of one (then `parent` is set and the key is `module.field`).

    `fields` holds every visible field including the system fields; `lines` the line tables by field key. `computed` lists
    the keys of stored formulas and roll-ups in an order in which each stands after what it needs.
    """

    key: str
    definition: ModuleDefinition
    table: sa.Table
    spec: TableSpec
    fields: Mapping[str, CompiledField]
    lines: Mapping[str, "CompiledModule"] = field(default_factory=dict)
    parent: str | None = None
    rules: tuple[CompiledRule, ...] = ()
    field_rules: Mapping[str, FieldRules] = field(default_factory=dict)
    incoming: tuple[Incoming, ...] = ()
    search_fields: tuple[str, ...] = ()
    links: Mapping[str, sa.Table] = field(default_factory=dict)  # link tables of multi-lookups, by field key
    link_specs: tuple[TableSpec, ...] = ()

    @property
    def is_line_table(self) -> bool:
        return self.parent is not None

    @cached_property
    def title(self) -> CompiledField:
        """The field a record is called by."""
        return self.fields.get(self.definition.title_field) or self.fields["id"]

    @cached_property
    def stored(self) -> tuple[CompiledField, ...]:
        """The fields that have columns in the table, in order."""
        return tuple(f for f in self.fields.values() if f.columns)

    @cached_property
    def writable(self) -> Mapping[str, CompiledField]:
        """The fields whose values people may submit."""
        return {k: f for k, f in self.fields.items() if (f.type.accepts_input(f) and k not in SYSTEM_FIELDS) or k == "owner"}


@dataclass(frozen=True, eq=False)
class Catalog:
    """All compiled modules of one tenant at one metadata version; `extras` may hold statements for its database."""

    version: int
    definitions: Definitions
    modules: Mapping[str, CompiledModule]
    line_tables: Mapping[str, CompiledModule] = field(default_factory=dict)  # by "module.field"
    computed: ComputedPlan = field(default_factory=ComputedPlan)
    extras: dict[Any, Any] = field(default_factory=dict)  # per-version caches of other packages (statements, OpenAPI …)

    @property
    def timezone(self) -> str:
        """The tenant's own time zone (IANA name): when its days, months and number series begin."""
        return str(self.definitions.settings.get("core.timezone") or "UTC")

    @property
    def base_currency(self) -> str:
        """The ISO code of the currency in which the tenant keeps its books; "" where it has not said."""
        return str(self.definitions.settings.get("core.base_currency") or "")

    def module(self, key: str) -> CompiledModule:
        """The module of `key`; raises `UnknownModule`."""
        try:
            return self.modules[key]
        except KeyError:
            raise UnknownModule(module=key) from None

    def table_of(self, key: str) -> CompiledModule:
        """The module or line table of `key` ("sales_order" or "sales_order.lines")."""
        return self.line_tables[key] if "." in key else self.module(key)

    def specs(self) -> tuple[TableSpec, ...]:
        """The physical tables this version needs, line tables and link tables after their parents."""
        tables = (*self.modules.values(), *self.line_tables.values())
        return (*(m.spec for m in tables), *(spec for m in tables for spec in m.link_specs))
