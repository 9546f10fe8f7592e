"""Web sessions: opened, verified, ended by idleness, age and sign-out."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.ids import uuid7
from tessera.security.sessions import (
    IDLE,
    LIFETIME,
    OpenedSession,
    WebSessions,
    close_session,
    close_sessions_of,
    open_session,
    remove_ended_sessions,
    sessions_of,
)
from tessera.storage.system_tables import web_session
from tessera.storage.tenant_database import TenantDatabase

ADA = uuid7()


@pytest.fixture
def opened(tenant_database: TenantDatabase, clock: MovableClock) -> OpenedSession:
    with tenant_database.writing() as connection:
        return open_session(connection, ADA, clock.now(), address="198.51.100.7", device="Firefox")


@pytest.fixture
def sessions(tenant_database: TenantDatabase) -> WebSessions:
    return WebSessions(tenant_database)


def test_a_session_is_verified_by_its_cookie(sessions: WebSessions, opened: OpenedSession, clock: MovableClock) -> None:
    session = sessions.verify(opened.cookie, clock.now())
    assert session == opened.session
    assert session.accepts_csrf(opened.session.csrf)
    assert not session.accepts_csrf("")
    assert not session.accepts_csrf("é")


def test_the_cookie_is_stored_nowhere(tenant_database: TenantDatabase, opened: OpenedSession) -> None:
    with tenant_database.reading() as connection:
        assert opened.cookie not in str(connection.execute(sa.select(web_session)).all())


def test_an_unknown_cookie_is_nobody(sessions: WebSessions, clock: MovableClock) -> None:
    assert sessions.verify("made up", clock.now()) is None


def test_a_session_that_is_used_lives_to_its_age_and_no_longer(
    sessions: WebSessions, opened: OpenedSession, clock: MovableClock
) -> None:
    start = clock.now()
    while clock.now() + IDLE / 2 < start + LIFETIME:
        clock.advance(IDLE / 2)
        assert sessions.verify(opened.cookie, clock.now()) is not None
        sessions.uses.settle()
    clock.set(start + LIFETIME)
    assert sessions.verify(opened.cookie, clock.now()) is None


def test_an_idle_session_ends(sessions: WebSessions, opened: OpenedSession, clock: MovableClock) -> None:
    clock.advance(IDLE)
    assert sessions.verify(opened.cookie, clock.now()) is None


def test_signing_out_ends_the_session_at_once(
    tenant_database: TenantDatabase, sessions: WebSessions, opened: OpenedSession, clock: MovableClock
) -> None:
    sessions.verify(opened.cookie, clock.now())
    with tenant_database.writing() as connection:
        close_session(connection, opened.session.token_hash)
    sessions.forget(opened.session.token_hash)
    assert sessions.verify(opened.cookie, clock.now()) is None


def test_all_sessions_but_this_one_end_after_a_new_password(
    tenant_database: TenantDatabase, sessions: WebSessions, opened: OpenedSession, clock: MovableClock
) -> None:
    with tenant_database.writing() as connection:
        other = open_session(connection, ADA, clock.now())
        close_sessions_of(connection, ADA, but=opened.session.token_hash)
        assert [s.token_hash for s in sessions_of(connection, ADA, clock.now())] == [opened.session.token_hash]
    sessions.forget_user(ADA)
    assert sessions.verify(other.cookie, clock.now()) is None
    assert sessions.verify(opened.cookie, clock.now()) is not None


def test_ended_sessions_are_swept_away(tenant_database: TenantDatabase, opened: OpenedSession, clock: MovableClock) -> None:
    clock.advance(IDLE + timedelta(seconds=1))
    with tenant_database.writing() as connection:
        open_session(connection, ADA, clock.now())
        assert remove_ended_sessions(connection, clock.now()) == 1
        assert len(sessions_of(connection, ADA, clock.now())) == 1
