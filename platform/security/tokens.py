"""Personal access tokens: `tsr_` and 43 letters and digits, shown once, stored as a hash, valid in one tenant.

A token acts as its user, narrowed by its scopes. It dies with its expiry, its revocation or its user's deactivation; other
processes notice a revocation within the few seconds that verified tokens are kept (`AccessTokens.CACHE_SECONDS`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.security.errors import TokenRefused
from tessera.security.last_use import LastUse
from tessera.security.scopes import UNLIMITED, Scopes
from tessera.security.secrets import digest, random_secret
from tessera.security.short_cache import ShortCache
from tessera.storage.system_tables import access_token
from tessera.storage.tenant_database import TenantDatabase

PREFIX: Final = "tsr_"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A stored token: everything but the secret."""

    id: UUID
    user_id: UUID
    name: str
    scopes: Scopes
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    def is_expired(self, now: datetime) -> bool:
        """Whether its time has run out at `now`."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token and its secret, which nobody can show again."""

    token: AccessToken
    secret: str


def issue_token(
    connection: sa.Connection,
    user_id: UUID,
    name: str,
    now: datetime,
    *,
    scopes: Scopes = UNLIMITED,
    expires_at: datetime | None = None,
) -> IssuedToken:
    """Make a token for the user. The secret is in the answer only."""
    secret = PREFIX + random_secret()
    token = AccessToken(uuid7(), user_id, name, scopes, now, expires_at, None)
    connection.execute(
        access_token.insert().values(
            id=token.id,
            token_hash=digest(secret),
            user_id=user_id,
            name=name,
            scopes=scopes.to_json(),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return IssuedToken(token, secret)


def tokens_of(connection: sa.Connection, user_id: UUID) -> list[AccessToken]:
    """The user's tokens that have not been revoked, newest first; expired ones are among them."""
    chosen = access_token.c.user_id == user_id, access_token.c.revoked_at.is_(None)
    rows = connection.execute(sa.select(*_COLUMNS).where(*chosen).order_by(access_token.c.id.desc()))
    return [_token(row) for row in rows]


def revoke_token(connection: sa.Connection, token_id: UUID, now: datetime, *, user_id: UUID | None = None) -> bool:
    """Revoke a token (of `user_id`, if given); False when there is no such token in force."""
    chosen = [access_token.c.id == token_id, access_token.c.revoked_at.is_(None)]
    if user_id is not None:
        chosen.append(access_token.c.user_id == user_id)
    return connection.execute(access_token.update().where(*chosen).values(revoked_at=now)).rowcount == 1


class AccessTokens:
    """Verifies the tokens of one tenant, with the verified ones kept for `CACHE_SECONDS`."""

    CACHE_SECONDS: Final = 3.0

    def __init__(self, database: TenantDatabase) -> None:
        self._database = database
        self._verified: ShortCache[str, AccessToken] = ShortCache(seconds=self.CACHE_SECONDS)
        self.uses: LastUse[UUID] = LastUse(database, _used)

    def verify(self, secret: str, now: datetime) -> AccessToken:
        """The token of this secret; raises `TokenRefused` when there is none in force at `now`."""
        hashed = digest(secret)
        token = self._verified.get_or(hashed, now, lambda: self._find(hashed, now))
        if token.is_expired(now):
            raise TokenRefused()
        return token

    def forget(self, token_id: UUID) -> None:
        """Stop knowing a token at once in this process; called after it was revoked."""
        self._verified.forget(lambda token: token.id == token_id)

    def _find(self, hashed: str, now: datetime) -> AccessToken:
        chosen = access_token.c.token_hash == hashed, access_token.c.revoked_at.is_(None)
        with self._database.reading() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(*chosen)).first()
        if row is None:
            raise TokenRefused()
        token = _token(row)
        if not token.is_expired(now):
            self.uses.note(token.id, token.last_used_at, now)
        return token


def _used(token_id: UUID, moment: datetime) -> sa.Update:
    return access_token.update().where(access_token.c.id == token_id).values(last_used_at=moment)


_COLUMNS: Sequence[sa.Column[object]] = (
    access_token.c.id,
    access_token.c.user_id,
    access_token.c.name,
    access_token.c.scopes,
    access_token.c.created_at,
    access_token.c.expires_at,
    access_token.c.last_used_at,
)


def _token(row: Any) -> AccessToken:
    id_, user_id, name, scopes, created_at, expires_at, last_used_at = row
    return AccessToken(id_, user_id, name, Scopes.from_json(scopes), created_at, expires_at, last_used_at)
