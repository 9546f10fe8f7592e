"""What a save wrote: the one thing that propagation needs to know."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from tessera.runtime.values import Row

if TYPE_CHECKING:
    from tessera.runtime.records.draft import RecordDraft

Kind = Literal["created", "updated", "removed", "restored"]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a module or line table before and after; None where it was not there, or not live."""

    module: str
    id: UUID
    before: Row | None
    after: Row | None
    parent_id: UUID | None = None

    @property
    def is_existence(self) -> bool:
        """Whether the row came or went."""
        return self.before is None or self.after is None

    def touches(self, name: str) -> bool:
        """Whether the value of a field is another one than before."""
        if self.before is None or self.after is None:
            return True
        return self.before.get(name) != self.after.get(name)


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record that was written, with its lines."""

    kind: Kind
    draft: "RecordDraft"

    @classmethod
    def created(cls, draft: "RecordDraft") -> "RecordChange":
        """A new record."""
        return cls("created", draft)

    @classmethod
    def updated(cls, draft: "RecordDraft") -> "RecordChange":
        """A record whose values or lines changed."""
        return cls("updated", draft)

    @classmethod
    def removed(cls, draft: "RecordDraft") -> "RecordChange":
        """A record that went to the recycle bin, with its lines."""
        return cls("removed", draft)

    @classmethod
    def restored(cls, draft: "RecordDraft") -> "RecordChange":
        """A record that came back from the recycle bin, with its lines."""
        return cls("restored", draft)

    def rows(self) -> Iterator[RowChange]:
        """The record and every line of it that changed."""
        yield self._row(self.draft, None)
        for lines in self.draft.lines.values():
            for line in lines:
                yield self._row(line, self.draft.id)
        for lines in self.draft.removed.values():
            for line in lines:
                yield RowChange(line.module.key, line.id, line.stored, None, self.draft.id)

    def _row(self, draft: "RecordDraft", parent_id: UUID | None) -> RowChange:
        before = None if self.kind in ("created", "restored") else draft.stored
        after = None if self.kind == "removed" else draft.values
        return RowChange(draft.module.key, draft.id, before, after, parent_id)
