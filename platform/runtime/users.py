"""The users of a tenant, for those who decide who may: records of the `user` module, read without a session."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Role
from tessera.runtime.model import Catalog
from tessera.security.ports import UserRecord

MODULE = "user"
_NEEDED = ("id", "name", "login", "role", "active")
_CHOSEN = ("locale", "timezone")
ROLES: frozenset[str] = frozenset({"administrator", "member"})


class ModuleUserDirectory:
    """Finds users in the `user` module of a catalog: fields `name`, `login`, `role` and `active`.

    Also `locale` and `timezone` where the module has them. A tenant without that module has no users. A role that is neither
    administrator nor member gives no rights at all.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def find(self, connection: sa.Connection, user_id: UUID) -> UserRecord | None:
        """The user of this id, or None when there is none outside the recycle bin."""
        module = self._catalog.modules.get(MODULE)
        if module is None:
            return None
        c = module.table.c
        columns = [c[name] for name in (*_NEEDED, *_CHOSEN) if name in c or name in _NEEDED]
        row = connection.execute(sa.select(*columns).where(c.id == user_id, c.deleted_at.is_(None))).mappings().first()
        if row is None:
            return None
        return UserRecord(
            id=row["id"],
            name=row["name"] or "",
            login=row["login"] or "",
            role=cast(Role, row["role"]) if row["role"] in ROLES else "anonymous",
            active=bool(row["active"]),
            **{name: row.get(name) or "" for name in _CHOSEN},
        )
