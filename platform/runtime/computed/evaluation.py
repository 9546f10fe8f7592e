"""Before a record is written: its own computed fields and those of its lines, from its values and the records it points to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tessera.runtime.computed.environment import stored_environment
from tessera.runtime.computed.locks import take_sources
from tessera.runtime.computed.plan import ComputedField, Step
from tessera.runtime.fields.base import Rejected

if TYPE_CHECKING:
    from tessera.runtime.records.draft import RecordDraft
    from tessera.runtime.records.formulas import FormulaRunner
    from tessera.runtime.session import Session


#: A record that nothing points to yet.
_NO_ROWS: Mapping[str, Any] = {}


def evaluate_record(session: "Session", draft: "RecordDraft", formulas: "FormulaRunner") -> None:
    """Fill the computed fields of `draft` and its lines; a result that does not fit becomes a problem of its row.

    Fields that look at rows pointing to the record keep what is stored; of a new record they are worked out over none.
    """
    wanted = session.catalog.computed.saving.get(draft.module.key, ())
    if not wanted:
        return
    if session.write:
        lock_sources(session, [draft], formulas)
    environment = stored_environment(session.catalog, session.context.now())
    for computed in wanted:
        for row in _rows(draft, computed):
            if not computed.local and not row.is_new:
                continue
            field = row.module.fields[computed.key]
            view = _NO_ROWS if computed.outside else formulas.view(row, draft)
            value = computed.formula.evaluate(view, environment)
            try:
                row.values[computed.key] = formulas.into_field(field, value)
            except Rejected as rejected:
                row.problems.append(rejected.problem.under(f"{row.pointer}/{computed.key}"))


def _rows(draft: "RecordDraft", computed: ComputedField) -> Iterable["RecordDraft"]:
    if computed.module == draft.module.key:
        return [draft]
    return draft.lines.get(computed.module.rpartition(".")[2], ())


def lock_sources(session: "Session", drafts: Sequence["RecordDraft"], formulas: "FormulaRunner") -> None:
    """On PostgreSQL: hold the records that the computed fields of `drafts` read, so that they cannot change before the commit."""
    if session.connection.dialect.name != "postgresql" or not drafts:
        return
    module = drafts[0].module.key
    wanted: dict[str, set[UUID]] = {}
    for way in session.catalog.computed.locking.get(module, ()):
        ends = (found for draft in drafts for found in _ends(draft, way, formulas))
        wanted.setdefault(way[-1].target, set()).update(ends)
    if take_sources(session, module, wanted):
        formulas.forget()  # what was read before may have changed while waiting


def _ends(draft: "RecordDraft", way: Sequence[Step], formulas: "FormulaRunner") -> Iterator[UUID]:
    """The records at the end of a way that begins at the draft or at one of its lines."""
    starts = [row for row in draft.every() if row.module.key == way[0].module]
    for start in starts:
        values = start.values
        for position, step in enumerate(way):
            if step.kind != "lookup":
                values = draft.values if step.kind == "parent" else {}
                continue
            found = values.get(step.name)
            if not isinstance(found, UUID):
                break
            if position == len(way) - 1:
                yield found
            values = formulas.load(step.target, found) or {}
