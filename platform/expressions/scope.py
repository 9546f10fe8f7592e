"""What names mean: the seam between the language and whatever holds modules and fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tessera.expressions.types import Type


@dataclass(frozen=True, slots=True)
class Member:
    """A name inside a module: a value, a record it points to, or rows. `choices` are the keys a picklist knows."""

    name: str
    type: Type
    choices: frozenset[str] | None = None


class Scope(Protocol):
    """Answers which names a module (or line table, `module.field`) has."""

    def member(self, module: str, name: str) -> Member | None:
        """The member of that name, or None."""
        ...

    def names(self, module: str) -> Iterable[str]:
        """All names, to suggest the nearest one."""
        ...
