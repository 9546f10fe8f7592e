"""The rows of `sys_metadata_version`: which version serves, which tables it stands on, and what is left to do for it.

States: `applying` (being prepared; the one before it serves), `active` (the highest serves), `superseded`, `failed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tessera.storage.columns import TableSpec
from tessera.storage.system_tables import metadata_version as versions
from tessera.storage.tables import specs_from_json, specs_to_json


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One metadata version without its documents. `tables` include hidden ones."""

    version: int
    checksum: str
    tables: tuple[TableSpec, ...]
    plan: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a new version consists of beside its tables: documents, their checksum, who publishes and when."""

    documents: Any
    checksum: str
    author: str
    at: datetime


NOTHING_YET = StoredVersion(0, "", (), {})


def active_version(connection: sa.Connection) -> StoredVersion:
    """The version that serves; `NOTHING_YET` in an empty tenant."""
    columns = (versions.c.version, versions.c.checksum, versions.c.tables, versions.c.plan)
    row = connection.execute(_active(*columns)).first()
    return StoredVersion(row.version, row.checksum, specs_from_json(row.tables), row.plan) if row is not None else NOTHING_YET


def active_number(connection: sa.Connection) -> int:
    """The number of the version that serves; 0 in an empty tenant."""
    return int(connection.execute(_active(versions.c.version)).scalar() or 0)


def active_documents(connection: sa.Connection) -> tuple[int, Any]:
    """The number and the documents of the version that serves; (0, None) in an empty tenant."""
    row = connection.execute(_active(versions.c.version, versions.c.documents)).first()
    return (row.version, row.documents) if row is not None else (0, None)


def next_number(connection: sa.Connection) -> int:
    """The number of the next version; numbers of failed ones are not used again."""
    return int(connection.execute(sa.select(sa.func.max(versions.c.version))).scalar() or 0) + 1


def insert_version(connection: sa.Connection, stored: StoredVersion, state: str, snapshot: Snapshot) -> None:
    """Add the row of a new version."""
    row = {
        "version": stored.version, "state": state, "documents": snapshot.documents, "tables": specs_to_json(stored.tables),
        "plan": stored.plan, "checksum": snapshot.checksum, "created_at": snapshot.at, "created_by": snapshot.author,
    }  # fmt: skip
    connection.execute(sa.insert(versions).values(row))


def state_of(connection: sa.Connection, version: int) -> str | None:
    """The state of a version; None when there is no such version."""
    return connection.execute(sa.select(versions.c.state).where(versions.c.version == version)).scalar()


def supersede(connection: sa.Connection) -> None:
    """The version that serves gives way to another."""
    connection.execute(sa.update(versions).where(versions.c.state == "active").values(state="superseded"))


def set_state(connection: sa.Connection, version: int, state: str) -> None:
    """Change the state of a version."""
    connection.execute(sa.update(versions).where(versions.c.version == version).values(state=state))


def save_plan(connection: sa.Connection, version: int, plan: Mapping[str, Any]) -> None:
    """Remember how far a version has got."""
    connection.execute(sa.update(versions).where(versions.c.version == version).values(plan=dict(plan)))


def unfinished(connection: sa.Connection) -> list[tuple[int, dict[str, Any]]]:
    """Versions that were being prepared when their process ended, with their plans, the newest first."""
    statement = sa.select(versions.c.version, versions.c.plan).where(versions.c.state == "applying")
    return [(row.version, row.plan) for row in connection.execute(statement.order_by(versions.c.version.desc()))]


def has_unfinished_work(connection: sa.Connection) -> bool:
    """Whether a publish is running, or was killed, or left steps to be finished."""
    serving = connection.execute(_active(versions.c.plan)).scalar() or {}
    return any(not step["done"] for step in serving.get("finish", ())) or bool(unfinished(connection))


def _active(*columns: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(*columns).where(versions.c.state == "active").order_by(versions.c.version.desc()).limit(1)
