"""How the people of a tenant prove who they are: one set of verifiers a tenant and process, shared by all faces.

That it is shared matters: whoever revokes a token or closes a session also makes this process forget it at once.
"""

from threading import Lock
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from tessera.runtime.runtime import TenantRuntime
from tessera.runtime.users import ModuleUserDirectory
from tessera.security.credentials import Credentials
from tessera.security.ports import UserRecord
from tessera.security.principals import Principals
from tessera.security.sessions import WebSessions
from tessera.security.tokens import AccessTokens


class CurrentUsers:
    """The tenant's users by its catalog of the moment."""

    def __init__(self, tenant: TenantRuntime) -> None:
        self._tenant = tenant

    def find(self, connection: sa.Connection, user_id: UUID) -> UserRecord | None:
        """The user of this id, or None when there is none outside the recycle bin."""
        return ModuleUserDirectory(self._tenant.catalog).find(connection, user_id)


class Authentication:
    """The verifiers of one tenant."""

    def __init__(self, tenant: TenantRuntime) -> None:
        self.tokens = AccessTokens(tenant.database)
        self.sessions = WebSessions(tenant.database)
        self.credentials = Credentials(tenant.database)
        self.principals = Principals(tenant.database, CurrentUsers(tenant))


_known: WeakKeyDictionary[TenantRuntime, Authentication] = WeakKeyDictionary()
_lock = Lock()


def authentication_of(tenant: TenantRuntime) -> Authentication:
    """The tenant's verifiers, made once."""
    found = _known.get(tenant)
    if found is None:
        with _lock:
            found = _known.get(tenant)
            if found is None:
                found = _known[tenant] = Authentication(tenant)
    return found
