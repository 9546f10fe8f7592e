"""Signing in with a password, and the lock against guessing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from tessera.kernel.clock import MovableClock
from tessera.kernel.errors import ValidationFailed
from tessera.kernel.ids import uuid7
from tessera.security.credentials import (
    FREE_TRIES,
    LONGEST_LOCK,
    Credentials,
    lock_after,
    remove_password,
    set_password,
)
from tessera.security.errors import AccountLocked, LoginFailed
from tessera.storage.tenant_database import TenantDatabase

PASSWORD = "blue lamp over the door"


@pytest.fixture
def ada(tenant_database: TenantDatabase, clock: MovableClock) -> UUID:
    user = uuid7()
    with tenant_database.writing() as connection:
        set_password(connection, user, "Ada@Example.com", PASSWORD, clock.now())
    return user


@pytest.fixture
def credentials(tenant_database: TenantDatabase) -> Credentials:
    return Credentials(tenant_database)


def fail(credentials: Credentials, clock: MovableClock, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LoginFailed):
            credentials.verify("ada@example.com", "not it, not at all", clock.now())


def test_the_right_password_names_the_user_whatever_the_case_of_the_login(
    credentials: Credentials, ada: UUID, clock: MovableClock
) -> None:
    assert credentials.verify(" ada@EXAMPLE.com", PASSWORD, clock.now()) == ada


def test_a_wrong_password_and_an_unknown_login_are_refused_alike(
    credentials: Credentials, ada: UUID, clock: MovableClock
) -> None:
    with pytest.raises(LoginFailed) as wrong:
        credentials.verify("ada@example.com", "not it, not at all", clock.now())
    with pytest.raises(LoginFailed) as unknown:
        credentials.verify("bob@example.com", PASSWORD, clock.now())
    assert wrong.value.text() == unknown.value.text()


def test_an_account_closes_for_a_while_and_opens_again(credentials: Credentials, ada: UUID, clock: MovableClock) -> None:
    fail(credentials, clock, FREE_TRIES)
    with pytest.raises(AccountLocked) as locked:
        credentials.verify("ada@example.com", PASSWORD, clock.now())
    assert locked.value.params["retry_after"] == 30
    clock.advance(timedelta(seconds=31))
    assert credentials.verify("ada@example.com", PASSWORD, clock.now()) == ada


def test_the_right_password_clears_the_count(credentials: Credentials, ada: UUID, clock: MovableClock) -> None:
    fail(credentials, clock, FREE_TRIES - 1)
    credentials.verify("ada@example.com", PASSWORD, clock.now())
    fail(credentials, clock, FREE_TRIES - 1)
    assert credentials.verify("ada@example.com", PASSWORD, clock.now()) == ada


def test_the_lock_grows_with_each_failure_up_to_its_limit() -> None:
    locks = [lock_after(n) for n in range(FREE_TRIES - 1, FREE_TRIES + 20)]
    assert locks[:4] == [timedelta(0), timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert locks == sorted(locks)
    assert locks[-1] == LONGEST_LOCK


def test_guessing_in_parallel_gets_no_more_tries(credentials: Credentials, ada: UUID, clock: MovableClock) -> None:
    def guess(number: int) -> type[Exception]:
        with pytest.raises((LoginFailed, AccountLocked)) as refused:
            credentials.verify("ada@example.com", f"guess number {number}", clock.now())
        return refused.type

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(24)))
    assert outcomes.count(LoginFailed) == FREE_TRIES


def test_a_lock_from_a_clock_that_ran_ahead_does_not_hold_for_years(
    credentials: Credentials, ada: UUID, clock: MovableClock
) -> None:
    now = clock.now()
    clock.advance(timedelta(days=3650))
    fail(credentials, clock, FREE_TRIES)
    clock.set(now)
    assert credentials.verify("ada@example.com", PASSWORD, clock.now()) == ada


def test_a_new_password_replaces_the_old_one_and_lifts_the_lock(
    tenant_database: TenantDatabase, credentials: Credentials, ada: UUID, clock: MovableClock
) -> None:
    fail(credentials, clock, FREE_TRIES)
    with tenant_database.writing() as connection:
        set_password(connection, ada, "ada@example.com", "green lamp over the door", clock.now())
    assert credentials.verify("ada@example.com", "green lamp over the door", clock.now()) == ada
    with pytest.raises(LoginFailed):
        credentials.verify("ada@example.com", PASSWORD, clock.now())


def test_a_weak_password_is_not_set(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    with pytest.raises(ValidationFailed), tenant_database.writing() as connection:
        set_password(connection, uuid7(), "bob@example.com", "password123", clock.now())


def test_an_account_without_password_cannot_sign_in(
    tenant_database: TenantDatabase, credentials: Credentials, ada: UUID, clock: MovableClock
) -> None:
    with tenant_database.writing() as connection:
        remove_password(connection, ada)
    with pytest.raises(LoginFailed):
        credentials.verify("ada@example.com", PASSWORD, clock.now())
