"""Loading a record for change: its row is locked, what the principal may not see is not there, clashes are found per field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.errors import EditConflict, FieldClash, Forbidden, NotFound, PreconditionFailed
from tessera.runtime.audit import changes_since
from tessera.runtime.codec import codec_of
from tessera.runtime.computed.locks import hold_together, lock_ahead
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.access import editable_clause, visible_clause
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.row_statements import lock_row
from tessera.runtime.session import Session
from tessera.runtime.values import Row


def load_for_change(session: Session, module: CompiledModule, record_id: UUID, *, deleted: bool = False) -> RecordDraft:
    """The record with its lines, its row locked until the end of the work.

    Raises `NotFound` when it is not there, in the recycle bin (unless `deleted`), or not visible; `Forbidden` when it may be
    seen but not changed.
    """
    return load_many(session, module, [record_id], deleted=deleted)[record_id]


def load_many(
    session: Session, module: CompiledModule, ids: list[UUID], *, deleted: bool = False, partial: bool = False
) -> dict[UUID, RecordDraft]:
    """Several records at once, locked in the order of their ids so that two such calls never wait for each other.

    With `partial` those that are missing or may not be changed are left out instead of raising.
    """
    lock_ahead(session, module, ids)
    codec = codec_of(module)
    if len(ids) == 1:
        rows: Iterable[Sequence[Any]] = lock_row(session, module, ids[0], deleted=deleted)
    else:
        rows = _lock_rows(session, module, ids, deleted=deleted)
    found: dict[UUID, tuple[Row, bool]] = {row[-2]: (codec.decode(row), bool(row[-1])) for row in rows}
    if not partial:
        for record_id in ids:
            if record_id not in found:
                raise NotFound()
            if not found[record_id][1]:
                raise Forbidden("You may see this record but not change it.")
    drafts = {
        record_id: RecordDraft(module, record_id, stored, dict(stored)) for record_id, (stored, may) in found.items() if may
    }
    if drafts and module.lines:
        _load_lines(session, module, drafts)
    if drafts and module.links:
        _load_links(session, module, drafts)
    return drafts


def hold(session: Session, records: Mapping[str, Iterable[UUID]]) -> None:
    """Lock those of `records` (ids by module) that the principal may see, for a work that changes them one after another.

    Nothing is refused here: what is not there or not to be changed is for the change itself to say.
    """
    visible: dict[str, list[UUID]] = {}
    for key, ids in records.items():
        module = session.catalog.modules.get(key)
        if module is None or "read" not in session.access(module).actions:
            continue
        clause = visible_clause(session, module, module.table)
        wanted = sa.select(module.table.c.id).where(module.table.c.id.in_(set(ids)))
        found = session.connection.execute(wanted if clause is None else wanted.where(clause))
        visible[key] = [row[0] for row in found]
    hold_together(session, visible)


def _lock_rows(session: Session, module: CompiledModule, ids: list[UUID], *, deleted: bool) -> Iterator[Sequence[Any]]:
    """The rows with their codec's columns, their id and whether they may be changed."""
    table = module.table
    editable, visible = editable_clause(session, module, table), visible_clause(session, module, table)
    columns = [*codec_of(module).columns, table.c.id, sa.literal(True) if editable is None else editable]
    for start in range(0, len(ids), 500):
        statement = sa.select(*columns).where(
            table.c.id.in_(ids[start : start + 500]),
            table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None),
        )
        if visible is not None:
            statement = statement.where(visible)
        yield from session.connection.execute(statement.order_by(table.c.id).with_for_update(of=table))


def _load_links(session: Session, module: CompiledModule, drafts: Mapping[UUID, RecordDraft]) -> None:
    ids = list(drafts)
    for key, link in module.links.items():
        for draft in drafts.values():
            assert draft.stored is not None
            draft.stored[key] = draft.values[key] = None  # as `coerce` gives it for no choice
        for start in range(0, len(ids), 500):
            statement = (
                sa.select(link.c.record_id, link.c.target_id)
                .where(link.c.record_id.in_(ids[start : start + 500]))
                .order_by(link.c.record_id, link.c.position)
            )
            for record_id, target_id in session.connection.execute(statement):
                draft = drafts[record_id]
                assert draft.stored is not None
                draft.stored[key] = draft.values[key] = (*(draft.values[key] or ()), target_id)


def _load_lines(session: Session, module: CompiledModule, drafts: Mapping[UUID, RecordDraft]) -> None:
    ids = list(drafts)
    for key, table_module in module.lines.items():
        table, codec = table_module.table, codec_of(table_module)
        for draft in drafts.values():
            draft.lines[key] = []
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            statement = (
                sa.select(*codec.columns, table.c.id, table.c.parent_id, table.c.position)
                .where(table.c.parent_id.in_(part) if len(part) > 1 else table.c.parent_id == part[0])
                .order_by(table.c.parent_id, table.c.position, table.c.id)
            )
            for row in session.connection.execute(statement):
                values = codec.decode(row)
                values["position"] = row[-1]
                lines = drafts[row[-2]].lines[key]
                lines.append(RecordDraft(table_module, row[-3], values, dict(values), pointer=f"/{key}/{len(lines)}"))


def check_version(draft: RecordDraft, expected: int | None) -> None:
    """Raises `PreconditionFailed` when the caller insists on a version that is not the current one."""
    current = draft.stored["version"] if draft.stored is not None else 0
    if expected is not None and expected != current:
        raise PreconditionFailed(current=current, expected=expected)


def find_clashes(session: Session, draft: RecordDraft, version: int | None, base: Mapping[str, Any] | None) -> None:
    """Raises `EditConflict` when a field that is changed here was changed by somebody else since it was read.

    What was read is known by `version` (the audit trail tells what changed since) or by `base`, the values that were read.
    Changes of different fields both win.
    """
    assert draft.stored is not None
    current_version: int = draft.stored["version"]
    if base is None and (version is None or version >= current_version):
        return
    since = changes_since(session.connection, draft.module.key, draft.id, version) if version is not None else {}
    clashes: list[FieldClash] = []
    for key in sorted(draft.submitted):
        clash = _lines_clash(draft, key, since) if key in draft.module.lines else _value_clash(draft, key, since, base)
        if clash is not None:
            clashes.append(clash)
    if clashes:
        raise EditConflict(clashes, current_version)


def _value_clash(
    draft: RecordDraft, key: str, since: Mapping[str, list[Any]], base: Mapping[str, Any] | None
) -> FieldClash | None:
    assert draft.stored is not None
    field = draft.module.fields[key]
    current, wanted = draft.stored.get(key), draft.values.get(key)
    if current == wanted:
        return None
    shown = field.type.to_json(field, current) if current is not None else None
    if base is not None and key in base:
        read = base[key]
    elif key in since:
        read = since[key][0]
    else:
        return None
    if read == shown:
        return None
    return FieldClash(key, read, shown, field.type.to_json(field, wanted) if wanted is not None else None)


def _lines_clash(draft: RecordDraft, key: str, since: Mapping[str, list[Any]]) -> FieldClash | None:
    """A line table is replaced as a whole, so any change of its lines since it was read clashes."""
    touched = {k: v for k, v in since.items() if k.startswith(f"{key}/")}
    if not touched:
        return None
    return FieldClash(key, {k: v[0] for k, v in touched.items()}, {k: v[1] for k, v in touched.items()}, None)
