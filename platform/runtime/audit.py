"""The audit trail: what changed, from what to what, by whom, through which face. Written in the change's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.kernel.ids import uuid7
from tessera.storage.bulk_insert import insert_rows
from tessera.storage.kept_statements import execute, inserting, kept
from tessera.storage.system_tables import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of one record. `changes` maps a field key, or `lines/<line id>`, to [before, after] in JSON form."""

    module: str
    record_id: UUID | None
    action: str
    version: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


def write_entries(connection: sa.Connection, context: Context, entries: Sequence[AuditEntry], at: datetime) -> None:
    """Append `entries` under the context's principal."""
    principal = context.principal
    rows = [
        {
            "id": uuid7(),
            "at": at,
            "module": entry.module,
            "record_id": entry.record_id,
            "version": entry.version,
            "action": entry.action,
            "changes": entry.changes,
            "principal_id": principal.id,
            "principal": principal.name,
            "face": context.face,
            "request_id": context.request_id,
        }
        for entry in entries
    ]
    if len(rows) == 1:
        execute(connection, kept(connection, "audit.insert", lambda: inserting(audit)), rows[0])
    else:
        insert_rows(connection, audit, rows)


def changes_since(connection: sa.Connection, module: str, record_id: UUID, version: int) -> dict[str, list[Any]]:
    """What was changed in a record after `version`: {field: [value at `version`, value now]} in JSON form."""
    rows = connection.execute(
        sa.select(audit.c.changes)
        .where(audit.c.module == module, audit.c.record_id == record_id, audit.c.version > version)
        .order_by(audit.c.version, audit.c.id)
    )
    merged: dict[str, list[Any]] = {}
    for (changes,) in rows:
        for key, (before, after) in changes.items():
            merged[key] = [merged[key][0] if key in merged else before, after]
    return merged


def history(connection: sa.Connection, module: str, record_id: UUID, limit: int = 50) -> list[sa.Row[Any]]:
    """The latest entries of a record, newest first."""
    statement = (
        sa.select(audit)
        .where(audit.c.module == module, audit.c.record_id == record_id)
        .order_by(audit.c.version.desc(), audit.c.id.desc())
    )
    return list(connection.execute(statement.limit(limit)))
