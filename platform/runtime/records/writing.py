"""Writes drafts: rows, lines, links and search texts, and notes what changed. Nothing here checks; the steps before did."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tessera.runtime.audit import AuditEntry
from tessera.runtime.codec import codec_of
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.computed_value import ComputedField
from tessera.runtime.model import CompiledModule
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.row_statements import insert_row, update_row
from tessera.runtime.session import Session
from tessera.storage.bulk_insert import insert_rows
from tessera.storage.search import folded_search_text, index_rows, unindex_rows


def insert(session: Session, drafts: Sequence[RecordDraft]) -> None:
    """Write new records of one module with their lines."""
    module, now = drafts[0].module, session.context.now()
    actor = session.context.principal.id
    for draft in drafts:
        draft.values.update(version=1, created_at=now, created_by=actor, updated_at=now, updated_by=actor, id=draft.id)
    if len(drafts) == 1:
        insert_row(session, module, _new_row(drafts[0]))
    else:
        insert_rows(session.connection, module.table, [_new_row(draft) for draft in drafts])
    _insert_lines(session, drafts)
    _write_links(session, drafts)
    if module.search_fields:
        index_rows(session.connection, module.table, [draft.id for draft in drafts])
    for draft in drafts:
        _note(session, draft, "create", 1)


def update(session: Session, drafts: Sequence[RecordDraft]) -> list[RecordDraft]:
    """Write what changed in records of one module; returns the drafts that changed anything at all."""
    module, now = drafts[0].module, session.context.now()
    changed = [draft for draft in drafts if draft.changed() or _lines_changed(draft)]
    if not changed:
        return []
    searchable = False
    for draft in changed:
        assert draft.stored is not None
        values = {key: value for key, value in draft.changed().items() if key not in module.lines}
        draft.values.update(version=draft.stored["version"] + 1, updated_at=now, updated_by=session.context.principal.id)
        for key in ("version", "updated_at", "updated_by"):
            values[key] = draft.values[key]
        parameters = codec_of(module).encode(values)
        if module.search_fields and not module_search_keys(module).isdisjoint(values):
            parameters["search_text"] = search_text(draft)
            searchable = True
        update_row(session, module, draft.id, parameters)
    for draft in changed:
        _update_lines(session, draft)
    _insert_lines(session, changed, only_new=True)
    _write_links(session, changed)
    if searchable:
        index_rows(session.connection, module.table, [draft.id for draft in changed])
    for draft in changed:
        _note(session, draft, "update", draft.values["version"])
    return changed


def remove(session: Session, module: CompiledModule, drafts: Sequence[RecordDraft], action: str) -> None:
    """Move records of one module into the recycle bin (`delete`) or back (`restore`)."""
    now, actor = session.context.now(), session.context.principal.id
    gone: Mapping[str, Any] = (
        {"deleted_at": now, "deleted_by": actor} if action == "delete" else {"deleted_at": None, "deleted_by": None}
    )
    for draft in drafts:
        assert draft.stored is not None
        version = draft.stored["version"] + 1
        draft.values.update(version=version, updated_at=now, updated_by=actor)
        session.connection.execute(
            module.table.update()
            .where(module.table.c.id == draft.id)
            .values(version=version, updated_at=now, updated_by=actor, **gone)
        )
        _note(session, draft, action, version)


def purge(session: Session, module: CompiledModule, drafts: Sequence[RecordDraft]) -> None:
    """Remove records for good, with their lines and links; the audit trail keeps what they were."""
    ids = [draft.id for draft in drafts]
    if module.search_fields:
        unindex_rows(session.connection, module.table, ids)
    for table_module in module.lines.values():
        session.connection.execute(table_module.table.delete().where(table_module.table.c.parent_id.in_(ids)))
    for field in module.fields.values():
        link = module.links.get(field.key)
        if link is not None:
            session.connection.execute(link.delete().where(link.c.record_id.in_(ids)))
    session.connection.execute(module.table.delete().where(module.table.c.id.in_(ids)))
    for draft in drafts:
        _note(session, draft, "purge", None)


def module_search_keys(module: CompiledModule) -> frozenset[str]:
    """The fields whose change means a new search text."""
    return frozenset(module.search_fields)


def search_text(draft: RecordDraft) -> str:
    """What a record is found by: its searchable fields, folded."""
    fields = draft.module.fields
    words = [fields[key].type.to_search(fields[key], draft.values.get(key)) for key in draft.module.search_fields]
    return folded_search_text(" ".join(word for word in words if word))


def _new_row(draft: RecordDraft) -> dict[str, Any]:
    parameters = codec_of(draft.module).encode(draft.values)
    if draft.module.search_fields:
        parameters["search_text"] = search_text(draft)
    return parameters


def _insert_lines(session: Session, drafts: Sequence[RecordDraft], *, only_new: bool = False) -> None:
    for key, table_module in drafts[0].module.lines.items():
        rows = [
            {
                **codec_of(table_module).encode(line.values),
                "id": line.id,
                "parent_id": draft.id,
                "position": line.values["position"],
            }
            for draft in drafts
            for line in draft.lines.get(key, ())
            if not only_new or line.is_new
        ]
        if rows:
            insert_rows(session.connection, table_module.table, rows)


def _update_lines(session: Session, draft: RecordDraft) -> None:
    for key, table_module in draft.module.lines.items():
        table = table_module.table
        gone = [line.id for line in draft.removed.get(key, ())]
        if gone:
            session.connection.execute(table.delete().where(table.c.id.in_(gone)))
        for line in draft.lines.get(key, ()):
            if line.is_new:
                continue
            values = line.changed()
            if values:
                parameters = codec_of(table_module).encode(values)
                if "position" in values:
                    parameters["position"] = values["position"]
                session.connection.execute(table.update().where(table.c.id == line.id).values(parameters))


def _lines_changed(draft: RecordDraft) -> bool:
    if any(draft.removed.values()):
        return True
    return any(line.is_new or line.changed() for lines in draft.lines.values() for line in lines)


def _write_links(session: Session, drafts: Sequence[RecordDraft]) -> None:
    """Replace the rows of the link tables of changed multi-lookups."""
    by_module: dict[str, list[RecordDraft]] = defaultdict(list)
    for draft in drafts:
        for row in draft.every():
            if row.module.links:
                by_module[row.module.key].append(row)
    for rows in by_module.values():
        for key, link in rows[0].module.links.items():
            touched = [row for row in rows if key in row.submitted or (row.is_new and row.values.get(key))]
            standing = [row.id for row in touched if not row.is_new]
            if standing:
                session.connection.execute(link.delete().where(link.c.record_id.in_(standing)))
            new = [
                {"record_id": row.id, "target_id": target, "position": position}
                for row in touched
                for position, target in enumerate(row.values.get(key) or ())
            ]
            if new:
                session.connection.execute(link.insert(), new)


def _note(session: Session, draft: RecordDraft, action: str, version: int | None) -> None:
    changes = changes_of(draft) if action in ("create", "update") else {}
    if action == "purge":
        changes = {key: [value[1], None] for key, value in changes_of(draft, everything=True).items()}
    session.record(AuditEntry(draft.module.key, draft.id, action, version, changes))
    names = {
        "create": "record.created",
        "update": "record.updated",
        "delete": "record.deleted",
        "restore": "record.restored",
        "purge": "record.purged",
    }
    session.emit(names[action], draft.module.key, draft.id, {"version": version, "changed": sorted(changes)})


_UNTOLD = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})


def changes_of(draft: RecordDraft, *, everything: bool = False) -> dict[str, list[Any]]:
    """[before, after] in JSON form for each changed field whose history is kept, and for each changed line."""
    changes = _row_changes(draft, everything=everything)
    for key, lines in draft.lines.items():
        for line in lines:
            difference = _row_changes(line, everything=everything)
            if line.is_new and not everything:
                changes[f"{key}/{line.id}"] = [None, {name: after for name, (_, after) in difference.items()}]
            elif difference:
                before = {name: old for name, (old, _) in difference.items()}
                changes[f"{key}/{line.id}"] = [before, {name: after for name, (_, after) in difference.items()}]
        for line in draft.removed.get(key, ()):
            gone = _row_changes(line, everything=True)
            changes[f"{key}/{line.id}"] = [{name: after for name, (_, after) in gone.items()}, None]
    return changes


def _row_changes(row: RecordDraft, *, everything: bool) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    stored = row.stored or {}
    for key, field in _told(row.module).items():
        before, value = stored.get(key), row.values.get(key)
        if (before is None and value is None) or (not everything and row.stored is not None and before == value):
            continue
        changes[key] = [_json(field, before), _json(field, value)]
    return changes


def _told(module: CompiledModule) -> Mapping[str, CompiledField]:
    """The fields whose changes are told: not those without history, and not what follows from other fields anyway."""
    told: dict[str, CompiledField] | None = module.__dict__.get("_told")
    if told is None:
        told = module.__dict__["_told"] = {
            key: field
            for key, field in module.fields.items()
            if key not in _UNTOLD
            and key not in module.lines
            and field.definition.history
            and not isinstance(field.type, ComputedField)
        }
    return told


def _json(field: Any, value: Any) -> Any:
    return None if value is None else field.type.to_json(field, value)
