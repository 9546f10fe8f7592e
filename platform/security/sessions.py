"""Web sessions, kept on the server: the cookie holds a random value, the database its hash.

A session ends when it is signed out, when it was not used for `IDLE`, and in any case after `LIFETIME`. Other processes notice a
sign-out within the few seconds that verified sessions are kept (`WebSessions.CACHE_SECONDS`).
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from tessera.security.last_use import LastUse
from tessera.security.secrets import digest, random_secret
from tessera.security.short_cache import ShortCache
from tessera.storage.system_tables import web_session
from tessera.storage.tenant_database import TenantDatabase

IDLE: Final = timedelta(hours=8)
LIFETIME: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WebSession:
    """A session in force. `csrf` must come back with every change that a form of the session asks for."""

    token_hash: str
    user_id: UUID
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    device: str

    def accepts_csrf(self, submitted: str) -> bool:
        """Whether `submitted` is the session's CSRF token; compared in constant time."""
        return hmac.compare_digest(self.csrf.encode(), submitted.encode("utf-8", "replace"))

    def is_alive(self, now: datetime) -> bool:
        """Whether neither its life nor its idle time has run out at `now`."""
        return now < self.expires_at and now - self.seen_at < IDLE


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session and the value for its cookie, which is stored nowhere."""

    session: WebSession
    cookie: str


def open_session(
    connection: sa.Connection, user_id: UUID, now: datetime, *, address: str = "", device: str = ""
) -> OpenedSession:
    """Begin a session for a user who has just proved who they are. Never reuses a value that existed before signing in."""
    cookie = random_secret()
    session = WebSession(digest(cookie), user_id, random_secret(), now, now, now + LIFETIME, address[:60], device[:300])
    connection.execute(
        web_session.insert().values(
            token_hash=session.token_hash,
            user_id=user_id,
            csrf=session.csrf,
            created_at=now,
            seen_at=now,
            expires_at=session.expires_at,
            address=session.address,
            device=session.device,
        )
    )
    return OpenedSession(session, cookie)


def sessions_of(connection: sa.Connection, user_id: UUID, now: datetime) -> list[WebSession]:
    """The user's sessions in force, the last used first."""
    rows = connection.execute(
        sa.select(web_session).where(web_session.c.user_id == user_id).order_by(web_session.c.seen_at.desc())
    )
    return [session for session in map(_session, rows) if session.is_alive(now)]


def close_session(connection: sa.Connection, token_hash: str) -> None:
    """End one session."""
    connection.execute(web_session.delete().where(web_session.c.token_hash == token_hash))


def close_sessions_of(connection: sa.Connection, user_id: UUID, *, but: str | None = None) -> None:
    """End all sessions of a user, `but` the one with this hash: after a new password, or when a user leaves."""
    chosen = [web_session.c.user_id == user_id]
    if but is not None:
        chosen.append(web_session.c.token_hash != but)
    connection.execute(web_session.delete().where(*chosen))


def remove_ended_sessions(connection: sa.Connection, now: datetime) -> int:
    """Delete sessions that have run out; says how many. A cleaning job calls it."""
    ended = sa.or_(web_session.c.expires_at <= now, web_session.c.seen_at <= now - IDLE)
    return connection.execute(web_session.delete().where(ended)).rowcount


class WebSessions:
    """Verifies the session cookies of one tenant, with the verified ones kept for `CACHE_SECONDS`."""

    CACHE_SECONDS: Final = 3.0

    def __init__(self, database: TenantDatabase) -> None:
        self._database = database
        self._verified: ShortCache[str, WebSession] = ShortCache(seconds=self.CACHE_SECONDS)
        self.uses: LastUse[str] = LastUse(database, _used)

    def verify(self, cookie: str, now: datetime) -> WebSession | None:
        """The session of this cookie, or None when there is none in force at `now`."""
        hashed = digest(cookie)
        session = self._verified.get(hashed, now)
        if session is None:
            session = self._find(hashed, now)
            if session is None:
                return None
            found = session
            self._verified.get_or(hashed, now, lambda: found)
        return session if session.is_alive(now) else None

    def forget(self, token_hash: str) -> None:
        """Stop knowing a session at once in this process; called after it was closed."""
        self._verified.forget(lambda session: session.token_hash == token_hash)

    def forget_user(self, user_id: UUID) -> None:
        """Stop knowing all sessions of a user at once in this process."""
        self._verified.forget(lambda session: session.user_id == user_id)

    def _find(self, hashed: str, now: datetime) -> WebSession | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(web_session).where(web_session.c.token_hash == hashed)).first()
        if row is None:
            return None
        session = _session(row)
        if session.is_alive(now):
            self.uses.note(hashed, session.seen_at, now)
        return session


def _used(token_hash: str, moment: datetime) -> sa.Update:
    return web_session.update().where(web_session.c.token_hash == token_hash).values(seen_at=moment)


def _session(row: sa.Row[Any]) -> WebSession:
    return WebSession(**row._mapping)
