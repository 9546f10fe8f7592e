"""People who can sign in: a record of the `user` module and the password that belongs to it, made or changed together."""

from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import SYSTEM, Context
from tessera.kernel.errors import NotFound
from tessera.runtime.authentication import authentication_of
from tessera.runtime.runtime import TenantRuntime
from tessera.runtime.session import Session
from tessera.runtime.users import MODULE
from tessera.security.credentials import fold_login, set_password
from tessera.security.sessions import close_sessions_of
from tessera.storage.system_tables import credential


class UnknownLogin(NotFound):
    """Raised when no user of the tenant has this login."""

    code = "unknown_login"
    message = "There is no user {login!r} in {tenant!r}."


def system_context(tenant: TenantRuntime) -> Context:
    """Whoever sits at the server's command line acts as the system."""
    return tenant.runtime.context(tenant.key, SYSTEM, face="cli")


def create_account(tenant: TenantRuntime, values: dict[str, object], password: str, *, checked: bool = True) -> UUID:
    """Make a user of `values` (the fields of the module `user`, among them `login`) with a password.

    Raises `ValidationFailed` when the values do not fit, the login is taken, or the password is weak (unless not `checked`).
    """
    context = system_context(tenant)

    def work(session: Session) -> UUID:
        user_id: UUID = session.records.create(MODULE, values)["id"]
        set_password(session.connection, user_id, str(values["login"]), password, context.now(), checked=checked)
        return user_id

    return tenant.transact(context, work)


def change_password(tenant: TenantRuntime, login: str, password: str) -> None:
    """Give a user a new password, lift a lock, and end the sessions that began with the old one.

    Raises `UnknownLogin`, and `ValidationFailed` when the password is weak.
    """
    context = system_context(tenant)
    user_id = find_user(tenant, login)

    def work(session: Session) -> None:
        set_password(session.connection, user_id, login, password, context.now())
        close_sessions_of(session.connection, user_id)

    tenant.transact(context, work)
    authentication_of(tenant).sessions.forget_user(user_id)


def find_user(tenant: TenantRuntime, login: str) -> UUID:
    """The id of the user who signs in as `login`; raises `UnknownLogin`."""
    with tenant.database.reading() as connection:
        statement = sa.select(credential.c.user_id).where(credential.c.login == fold_login(login))
        found: UUID | None = connection.execute(statement).scalar()
    if found is None:
        raise UnknownLogin(login=login, tenant=tenant.key)
    return found
