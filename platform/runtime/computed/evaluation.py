"""Before a record is written: its own computed fields and those of its lines, from its values and the records it points to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.computed.environment import stored_environment
from tessera.runtime.computed.plan import ComputedField, Step
from tessera.runtime.fields.base import Rejected

if TYPE_CHECKING:
    from tessera.runtime.records.draft import RecordDraft
    from tessera.runtime.records.formulas import FormulaRunner
    from tessera.runtime.session import Session


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
            value = computed.formula.evaluate(formulas.view(row, draft), environment)
            try:
                row.values[computed.key] = formulas.into_field(field, value)
            except Rejected as rejected:
                row.problems.append(rejected.problem.under(f"{row.pointer}/{computed.key}"))


def _rows(draft: "RecordDraft", computed: ComputedField) -> Iterable["RecordDraft"]:
    if computed.module == draft.module.key:
        return [draft]
    return draft.lines.get(computed.module.rpartition(".")[2], ())


def lock_sources(session: "Session", drafts: Sequence["RecordDraft"], formulas: "FormulaRunner") -> None:
    """On PostgreSQL: hold the records that the computed fields of `drafts` read, so that they cannot change before the commit.

    Shared with other readers; but where a save changes the very record that it reads (a customer's terms go into the order, the
    order's total into the customer), for this transaction alone, as two readers would otherwise wait for each other.
    """
    if session.connection.dialect.name != "postgresql" or not drafts:
        return
    plan = session.catalog.computed
    module = drafts[0].module.key
    returning = plan.returning.get(module, frozenset())
    for way in plan.locking.get(module, ()):
        target = way[-1].target
        ids = {found for draft in drafts for found in _ends(session, draft, way, formulas)}
        ids -= {record_id for key, record_id in session.locked_sources if key == target}
        if not ids:
            continue
        table = session.catalog.module(target).table
        statement = sa.select(table.c.id).where(table.c.id.in_(sorted(ids))).order_by(table.c.id)
        alone = target in returning
        session.connection.execute(statement.with_for_update(read=not alone, key_share=alone))
        session.locked_sources.update((target, record_id) for record_id in ids)
        formulas.forget()


def _ends(session: "Session", draft: "RecordDraft", way: Sequence[Step], formulas: "FormulaRunner") -> Iterator[UUID]:
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
