"""Recycle bin, restore and purge, with what happens to the records that point to the ones that go.

A lookup says what it wants: `restrict` (the target stays while live records point to it), `cascade` (they go and come back
together), `set_null` (the lookup is emptied when the target is purged; while it is in the bin the link is kept).
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.errors import Conflict, StillReferenced
from tessera.runtime.computed.changes import RecordChange
from tessera.runtime.model import CompiledModule, Incoming
from tessera.runtime.records import writing
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.locking import load_many
from tessera.runtime.records.validation import check_unique
from tessera.runtime.session import Session

#: How deep cascades go before they are taken for a mistake in the definitions.
MAX_CASCADE = 8


class CascadeTooDeep(Conflict):
    """Raised when deleting would run through more levels of dependent records than is sane."""

    code = "cascade_too_deep"
    message = "Too many levels of records depend on this one."


def delete(session: Session, module: CompiledModule, drafts: Sequence[RecordDraft], depth: int = 0) -> list[RecordChange]:
    """Move records to the recycle bin, with the live records that cascade from them."""
    if depth > MAX_CASCADE:
        raise CascadeTooDeep()
    ids = [draft.id for draft in drafts]
    changes: list[RecordChange] = []
    for incoming in module.incoming:
        pointing = session.catalog.table_of(incoming.module)
        if pointing.is_line_table or not pointing.fields[incoming.field].columns:
            continue
        children = _live_pointing(session, pointing, incoming, ids)
        if not children:
            continue
        how = pointing.fields[incoming.field].specs[0].on_delete
        if how == "restrict":
            raise StillReferenced(references=pointing.definition.label_plural)
        if how == "cascade":
            loaded = list(load_many(session, pointing, children, partial=True).values())
            if len(loaded) != len(children):
                raise StillReferenced(references=pointing.definition.label_plural)
            changes += delete(session, pointing, loaded, depth + 1)
    _refuse_when_on_lines(session, module, ids)
    writing.remove(session, module, drafts, "delete")
    return changes + [RecordChange.removed(draft) for draft in drafts]


def restore(session: Session, module: CompiledModule, drafts: Sequence[RecordDraft]) -> list[RecordChange]:
    """Bring records back from the bin, with those that went with them. A value taken meanwhile is a conflict."""
    ids = [draft.id for draft in drafts]
    rows = session.connection.execute(sa.select(module.table.c.id, module.table.c.deleted_at).where(module.table.c.id.in_(ids)))
    deleted_at = {row[0]: row[1] for row in rows}
    for draft in drafts:
        fresh = RecordDraft(module, draft.id, None, draft.values)
        check_unique(session, [fresh])
        if fresh.problems:
            raise Conflict("{problem}", problem=fresh.problems[0].text())
    writing.remove(session, module, drafts, "restore")
    changes = [RecordChange.restored(draft) for draft in drafts]
    for incoming in module.incoming:
        pointing = session.catalog.table_of(incoming.module)
        if pointing.is_line_table or not pointing.fields[incoming.field].columns:
            continue
        if pointing.fields[incoming.field].specs[0].on_delete != "cascade":
            continue
        column, table = pointing.fields[incoming.field].column, pointing.table
        together = [
            row[0]
            for record_id in ids
            for row in session.connection.execute(
                sa.select(table.c.id).where(column == record_id, table.c.deleted_at == deleted_at[record_id])
            )
        ]
        if together:
            children = list(load_many(session, pointing, together, deleted=True, partial=True).values())
            changes += restore(session, pointing, children)
    return changes


def purge(session: Session, module: CompiledModule, drafts: Sequence[RecordDraft]) -> None:
    """Remove records of the bin for good; what still points to them is emptied, goes too, or forbids it."""
    ids = [draft.id for draft in drafts]
    for incoming in module.incoming:
        pointing = session.catalog.table_of(incoming.module)
        field = pointing.fields[incoming.field]
        if not field.columns:
            continue
        how = field.specs[0].on_delete
        rows = session.connection.execute(sa.select(pointing.table.c.id).where(field.column.in_(ids)))
        found = [row[0] for row in rows]
        if not found:
            continue
        if how == "set_null":
            session.connection.execute(
                pointing.table.update().where(pointing.table.c.id.in_(found)).values({field.column.name: None})
            )
        elif how == "cascade" and not pointing.is_line_table:
            purge(session, pointing, list(load_many(session, pointing, found, deleted=True, partial=True).values()))
        else:
            raise StillReferenced(references=pointing.definition.label_plural)
    writing.purge(session, module, drafts)


def _live_pointing(session: Session, pointing: CompiledModule, incoming: Incoming, ids: Sequence[UUID]) -> list[UUID]:
    column, table = pointing.fields[incoming.field].column, pointing.table
    rows = session.connection.execute(sa.select(table.c.id).where(column.in_(ids), table.c.deleted_at.is_(None)))
    return [row[0] for row in rows if row[0] not in ids]


def _refuse_when_on_lines(session: Session, module: CompiledModule, ids: Sequence[UUID]) -> None:
    """A record that stands on the lines of a live document stays."""
    for incoming in module.incoming:
        pointing = session.catalog.table_of(incoming.module)
        field = pointing.fields[incoming.field]
        if not pointing.is_line_table or not field.columns or field.specs[0].on_delete != "restrict":
            continue
        parent = session.catalog.module(pointing.parent or "")
        line, document = pointing.table, parent.table
        statement = (
            sa.select(line.c.id)
            .join(document, document.c.id == line.c.parent_id)
            .where(field.column.in_(ids), document.c.deleted_at.is_(None))
            .limit(1)
        )
        if session.connection.execute(statement).first() is not None:
            raise StillReferenced(references=parent.definition.label_plural)
