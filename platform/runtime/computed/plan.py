"""The plan of a catalog's computed fields: what each one reads, by which way, and in which order they are worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tessera.expressions.formula import Formula

#: From a row one step on: `lookup` to the record it points to, `parent` from a line to its record, `lines` to the lines of a
#: record, `related` to rows of `target` whose lookup `name` points here, `links` to the records of a multi_lookup.
StepKind = Literal["lookup", "parent", "lines", "related", "links"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: from rows of `module`, by the field `name`, to rows of `target`."""

    kind: StepKind
    module: str
    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Read:
    """`name` of rows of `module` is read at the end of `route`; None: whether such a row exists and is live."""

    module: str
    name: str | None
    route: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ComputedField:
    """A stored formula or roll-up of `module` (or a line table), and all it reads.

    `local`: a record, its lines and lookups suffice to work it out, so that a save does it before writing. The others look at
    rows that point to the record. `outside`: it is made of such rows alone, so that a new record has the value of none.
    """

    module: str
    key: str
    formula: Formula
    reads: tuple[Read, ...]
    local: bool
    outside: bool = False

    @property
    def name(self) -> str:
        return f"{self.module}.{self.key}"


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A computed field that must be looked at again when what `read` says changes."""

    field: ComputedField
    read: Read


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Fields of one module that may be worked out in one statement."""

    module: str
    fields: tuple[ComputedField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ComputedPlan:
    """Everything the runtime needs to know about computed fields, by module (or line table) key.

    `groups` are in an order in which each stands after all it needs. `readers` tells who reads a module's fields (None:
    its rows' existence). `saving` are the fields that a save of a module works out, its lines' too, in order. `locking` the
    ways through lookups that they take; `returning` the modules whose records a save of a module may change in turn. Rows
    are locked in the order of their modules in `lock_order`.
    """

    groups: tuple[Group, ...] = ()
    readers: Mapping[str, Mapping[str | None, tuple[Reader, ...]]] = field(default_factory=dict)
    saving: Mapping[str, tuple[ComputedField, ...]] = field(default_factory=dict)
    locking: Mapping[str, tuple[tuple[Step, ...], ...]] = field(default_factory=dict)
    returning: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lock_order: Mapping[str, int] = field(default_factory=dict)

    def of_module(self, key: str) -> tuple[ComputedField, ...]:
        """The computed fields of one module or line table, in order."""
        return tuple(computed for group in self.groups if group.module == key for computed in group.fields)
