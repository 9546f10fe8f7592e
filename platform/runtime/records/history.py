"""What happened to a record, as its reader may know it: hidden fields are left out of every entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.runtime import audit
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change: when, by whom, through which face, and [before, after] in JSON form by field key or `lines/<line id>`."""

    id: UUID
    at: datetime
    action: str
    version: int | None
    principal_id: UUID | None
    principal: str
    face: str
    changes: Mapping[str, Any]


def history(session: Session, module: CompiledModule, record_id: UUID, limit: int) -> list[HistoryEntry]:
    """The latest `limit` entries, newest first. The caller has made sure that the record is visible."""
    hidden = session.access(module).hidden_fields
    return [
        HistoryEntry(
            row.id,
            row.at,
            row.action,
            row.version,
            row.principal_id,
            row.principal,
            row.face,
            _masked(module, row.changes, hidden),
        )
        for row in audit.history(session.connection, module.key, record_id, limit)
    ]


def _masked(module: CompiledModule, changes: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """`changes` without hidden fields, and without fields that the definitions no longer have."""
    shown: dict[str, Any] = {}
    for key, change in changes.items():
        field, _, line = key.partition("/")
        if field in hidden or field not in module.fields:
            continue
        shown[key] = [_masked_line(field, side, hidden) for side in change] if line else change
    return shown


def _masked_line(field: str, values: Any, hidden: frozenset[str]) -> Any:
    """A line's values without those hidden as `lines.price`."""
    if not isinstance(values, Mapping):
        return values
    return {key: value for key, value in values.items() if f"{field}.{key}" not in hidden}
