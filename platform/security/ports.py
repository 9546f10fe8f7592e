"""What the security floor asks of the floors above it."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Role


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person who may sign in, as far as security is concerned."""

    id: UUID
    name: str
    login: str
    role: Role
    active: bool
    locale: str = ""  # "" where the person has not chosen
    timezone: str = ""


class UserDirectory(Protocol):
    """Finds users; fulfilled by the runtime, which knows the `user` module."""

    def find(self, connection: sa.Connection, user_id: UUID) -> UserRecord | None:
        """The user of this id, or None when there is none outside the recycle bin."""
        ...
