"""Logins and passwords, and the lock that slows down guessing.

After `FREE_TRIES` wrong passwords in a row an account is closed for a while that doubles with each further one, up to
`LONGEST_LOCK`; a right password (once the lock is over) clears the count. An attempt is counted *before* the password is
compared, so that parallel guesses cannot slip through together. Unknown logins take as long to refuse as known ones.
"""

from datetime import datetime, timedelta
from functools import cache
from math import ceil
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from tessera.security.errors import AccountLocked, LoginFailed
from tessera.security.passwords import check_password, hash_password, needs_rehash, verify_password
from tessera.storage.system_tables import credential
from tessera.storage.tenant_database import TenantDatabase

FREE_TRIES: Final = 5
FIRST_LOCK: Final = timedelta(seconds=30)
LONGEST_LOCK: Final = timedelta(minutes=15)


def fold_login(login: str) -> str:
    """The form in which logins are stored and compared."""
    return login.strip().casefold()


def set_password(
    connection: sa.Connection, user_id: UUID, login: str, password: str, now: datetime, *, checked: bool = True
) -> None:
    """Give the user a login and a password; also lifts a lock.

    Raises `ValidationFailed` when the password is weak (unless not `checked`: demo accounts). Sessions and tokens
    that should end with the old password are the caller's business.
    """
    if checked:
        check_password(password, login=login)
    values = {
        "login": fold_login(login),
        "password_hash": hash_password(password),
        "failures": 0,
        "locked_until": None,
        "changed_at": now,
    }
    updated = connection.execute(credential.update().where(credential.c.user_id == user_id).values(values))
    if updated.rowcount == 0:
        connection.execute(credential.insert().values(user_id=user_id, **values))


def remove_password(connection: sa.Connection, user_id: UUID) -> None:
    """Take the user's login away."""
    connection.execute(credential.delete().where(credential.c.user_id == user_id))


class Credentials:
    """Checks logins of one tenant."""

    def __init__(self, database: TenantDatabase) -> None:
        self._database = database

    def verify(self, login: str, password: str, now: datetime) -> UUID:
        """The id of the user whose login and password these are.

        Raises `LoginFailed`, or `AccountLocked` with the seconds to wait. Works in transactions of its own: a failure stays
        counted whatever the caller does next.
        """
        folded = fold_login(login)
        attempt = self._count_attempt(folded, now)
        if attempt is None:
            verify_password(_decoy(), password)
            raise LoginFailed()
        user_id, password_hash = attempt
        if not verify_password(password_hash, password):
            raise LoginFailed()
        self._clear(user_id, now, rehash=password if needs_rehash(password_hash) else None)
        return user_id

    def _count_attempt(self, folded: str, now: datetime) -> tuple[UUID, str] | None:
        """Count the attempt as failed until proved right; raises `AccountLocked`."""
        c = credential.c
        with self._database.writing() as connection:
            row = connection.execute(
                sa.select(c.user_id, c.password_hash, c.failures, c.locked_until).where(c.login == folded).with_for_update()
            ).first()
            if row is None:
                return None
            if row.locked_until is not None and timedelta(0) < row.locked_until - now <= LONGEST_LOCK:
                raise AccountLocked(retry_after=ceil((row.locked_until - now).total_seconds()))
            failures = row.failures + 1
            connection.execute(
                credential.update()
                .where(c.user_id == row.user_id)
                .values(failures=failures, locked_until=now + lock_after(failures) if failures >= FREE_TRIES else None)
            )
        return row.user_id, row.password_hash

    def _clear(self, user_id: UUID, now: datetime, *, rehash: str | None) -> None:
        values: dict[str, object] = {"failures": 0, "locked_until": None}
        if rehash is not None:
            values["password_hash"] = hash_password(rehash)
        with self._database.writing() as connection:
            connection.execute(credential.update().where(credential.c.user_id == user_id).values(values))


def lock_after(failures: int) -> timedelta:
    """How long the account stays closed after this many wrong passwords in a row (none before `FREE_TRIES`)."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(FIRST_LOCK * (1 << min(failures - FREE_TRIES, 10)), LONGEST_LOCK)


@cache
def _decoy() -> str:
    """A hash to spend the same time on when there is no account."""
    return hash_password("no account has this password")
