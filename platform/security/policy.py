"""Who may: one policy object, asked at one place, by every exit.

A policy answers for a principal and a module with a `ModuleAccess`: the allowed actions, which rows (a small predicate that the
runtime compiles into SQL) and which fields. It knows nothing of tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from tessera.kernel.context import Principal
from tessera.kernel.messages import N_
from tessera.metadata.definitions import DefaultAccess

Action = Literal["read", "create", "update", "delete", "restore", "purge", "export", "import"]
EVERYTHING: frozenset[str] = frozenset(
    {N_("read"), N_("create"), N_("update"), N_("delete"), N_("restore"), N_("purge"), N_("export"), N_("import")}
)


@dataclass(frozen=True, slots=True)
class AllRows:
    """Every row."""


@dataclass(frozen=True, slots=True)
class NoRows:
    """No row."""


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Rows whose `owner` is this user."""

    user: UUID


RowRule = AllRows | NoRows | OwnRows


@dataclass(frozen=True, slots=True)
class ModuleAccess:
    """What a principal may do to a module: actions, rows to see, rows to change, and fields by exception."""

    actions: frozenset[str] = frozenset()
    visible: RowRule = NoRows()
    editable: RowRule = NoRows()
    hidden_fields: frozenset[str] = frozenset()
    read_only_fields: frozenset[str] = frozenset()


class Policy(Protocol):
    """The seam on which the whole rights model stands."""

    def access(self, principal: Principal, module: str, default: DefaultAccess) -> ModuleAccess:
        """What `principal` may do to `module`, whose own default for other people's records is `default`."""
        ...


@dataclass(frozen=True, slots=True)
class BasicPolicy:
    """Administrators everything; members their own records and what a module opens; anonymous nothing.

    `administered` are modules that only administrators change (users, currencies …): members read them.
    """

    administered: frozenset[str] = frozenset({"user"})
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def access(self, principal: Principal, module: str, default: DefaultAccess) -> ModuleAccess:
        if principal.role == "administrator":
            return ModuleAccess(EVERYTHING, AllRows(), AllRows())
        if principal.role != "member" or principal.id is None:
            return ModuleAccess()
        hidden = self.hidden.get(module, frozenset())
        if module in self.administered:
            return ModuleAccess(frozenset({"read", "export"}), AllRows(), NoRows(), hidden)
        own = OwnRows(principal.id)
        return ModuleAccess(
            EVERYTHING - {"purge"},
            own if default == "private" else AllRows(),
            AllRows() if default == "read_write" else own,
            hidden,
        )
