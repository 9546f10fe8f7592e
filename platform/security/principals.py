"""From a user's id to the principal that acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tessera.kernel.context import Principal
from tessera.kernel.errors import NotAuthenticated
from tessera.security.ports import UserDirectory, UserRecord
from tessera.security.short_cache import ShortCache
from tessera.storage.tenant_database import TenantDatabase


class UserGone(NotAuthenticated):
    """Raised when the user of a token or session no longer exists or is no longer active."""

    code = "user_gone"
    message = "This account is not active."


@dataclass(frozen=True, slots=True)
class Person:
    """An active user: the principal they act as, and the language and time zone they chose ("" where they did not)."""

    principal: Principal
    locale: str
    timezone: str


def person_of(user: UserRecord) -> Person:
    """An active user as a person."""
    return Person(Principal(id=user.id, name=user.name, role=user.role, login=user.login), user.locale, user.timezone)


class Principals:
    """The principals of one tenant, kept for `CACHE_SECONDS`: so long does a deactivated user or an old role live on."""

    CACHE_SECONDS: Final = 3.0

    def __init__(self, database: TenantDatabase, directory: UserDirectory) -> None:
        self._database = database
        self._directory = directory
        self._known: ShortCache[UUID, Person] = ShortCache(seconds=self.CACHE_SECONDS)

    def find(self, user_id: UUID, now: datetime) -> Principal:
        """The principal of an active user; raises `UserGone`."""
        return self.person(user_id, now).principal

    def person(self, user_id: UUID, now: datetime) -> Person:
        """The active user with their choices; raises `UserGone`."""
        return self._known.get_or(user_id, now, lambda: self._load(user_id))

    def forget(self, user_id: UUID) -> None:
        """Look the user up anew next time; called after a change to them."""
        self._known.forget(lambda person: person.principal.id == user_id)

    def _load(self, user_id: UUID) -> Person:
        with self._database.reading() as connection:
            user = self._directory.find(connection, user_id)
        if user is None or not user.active:
            raise UserGone()
        return person_of(user)
