"""Personal access tokens: made, verified, narrowed, ended."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tessera.kernel.clock import MovableClock
from tessera.kernel.ids import uuid7
from tessera.security.errors import TokenRefused
from tessera.security.scopes import Scopes
from tessera.security.tokens import AccessTokens, issue_token, revoke_token, tokens_of
from tessera.storage.system_tables import access_token
from tessera.storage.tenant_database import TenantDatabase

ADA = uuid7()


@pytest.fixture
def tokens(tenant_database: TenantDatabase) -> AccessTokens:
    return AccessTokens(tenant_database)


def issue(database: TenantDatabase, clock: MovableClock, **options: object) -> tuple[str, object]:
    with database.writing() as connection:
        issued = issue_token(connection, ADA, "till", clock.now(), **options)  # type: ignore[arg-type]
    return issued.secret, issued.token.id


def test_a_token_is_verified_by_its_secret(tenant_database: TenantDatabase, tokens: AccessTokens, clock: MovableClock) -> None:
    secret, token_id = issue(tenant_database, clock, scopes=Scopes(frozenset({"customer"}), frozenset({"read"})))
    token = tokens.verify(secret, clock.now())
    assert re.fullmatch(r"tsr_[0-9A-Za-z]{43}", secret)
    assert (token.id, token.user_id, token.name) == (token_id, ADA, "till")
    assert token.scopes.allow("customer", "read")
    assert not token.scopes.allow("customer", "update")
    assert not token.scopes.allow("supplier", "read")


def test_the_secret_is_stored_nowhere(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    secret, _ = issue(tenant_database, clock)
    with tenant_database.reading() as connection:
        stored = str(connection.execute(sa.select(access_token)).all())
    assert secret not in stored
    assert secret.removeprefix("tsr_") not in stored


@pytest.mark.parametrize("secret", ["", "tsr_", "tsr_" + "0" * 43, "nonsense", "tsr_\ud800"])
def test_an_unknown_secret_is_refused(tokens: AccessTokens, clock: MovableClock, secret: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.verify(secret, clock.now())


def test_a_token_ends_with_its_time_even_while_it_is_kept(
    tenant_database: TenantDatabase, tokens: AccessTokens, clock: MovableClock
) -> None:
    secret, _ = issue(tenant_database, clock, expires_at=clock.now() + timedelta(seconds=2))
    tokens.verify(secret, clock.now())
    clock.advance(timedelta(seconds=2))
    with pytest.raises(TokenRefused):
        tokens.verify(secret, clock.now())


def test_a_revoked_token_is_refused_at_once_here_and_soon_elsewhere(
    tenant_database: TenantDatabase, tokens: AccessTokens, clock: MovableClock
) -> None:
    elsewhere = AccessTokens(tenant_database)
    secret, token_id = issue(tenant_database, clock)
    tokens.verify(secret, clock.now())
    elsewhere.verify(secret, clock.now())
    with tenant_database.writing() as connection:
        assert revoke_token(connection, token_id, clock.now(), user_id=ADA)  # type: ignore[arg-type]
    tokens.forget(token_id)  # type: ignore[arg-type]
    with pytest.raises(TokenRefused):
        tokens.verify(secret, clock.now())
    clock.advance(timedelta(seconds=AccessTokens.CACHE_SECONDS))
    with pytest.raises(TokenRefused):
        elsewhere.verify(secret, clock.now())


def test_a_clock_that_jumps_back_does_not_keep_a_revoked_token_alive(
    tenant_database: TenantDatabase, tokens: AccessTokens, clock: MovableClock
) -> None:
    secret, token_id = issue(tenant_database, clock)
    tokens.verify(secret, clock.now())
    with tenant_database.writing() as connection:
        revoke_token(connection, token_id, clock.now())  # type: ignore[arg-type]
    clock.advance(timedelta(days=-1))
    with pytest.raises(TokenRefused):
        tokens.verify(secret, clock.now())


def test_nobody_revokes_the_token_of_another(tenant_database: TenantDatabase, tokens: AccessTokens, clock: MovableClock) -> None:
    secret, token_id = issue(tenant_database, clock)
    with tenant_database.writing() as connection:
        assert not revoke_token(connection, token_id, clock.now(), user_id=uuid7())  # type: ignore[arg-type]
    assert tokens.verify(secret, clock.now()).id == token_id


def test_the_last_use_is_noted_at_most_once_a_minute(
    tenant_database: TenantDatabase, tokens: AccessTokens, clock: MovableClock
) -> None:
    secret, _ = issue(tenant_database, clock)
    first = clock.now()
    noted = []
    for _ in range(3):
        tokens.verify(secret, clock.now())
        tokens.uses.settle()
        with tenant_database.reading() as connection:
            noted.append(tokens_of(connection, ADA)[0].last_used_at)
        clock.advance(timedelta(seconds=35))
    assert noted == [first, first, first + timedelta(seconds=70)]


def test_a_user_sees_their_tokens_but_no_revoked_ones(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    _, first = issue(tenant_database, clock)
    _, second = issue(tenant_database, clock)
    with tenant_database.writing() as connection:
        revoke_token(connection, first, clock.now())  # type: ignore[arg-type]
        assert [token.id for token in tokens_of(connection, ADA)] == [second]
        assert tokens_of(connection, uuid7()) == []
