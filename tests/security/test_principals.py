"""From user ids to principals, and how scopes narrow them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tessera.kernel.clock import MovableClock
from tessera.kernel.context import Principal
from tessera.kernel.ids import uuid7
from tessera.security.policy import EVERYTHING, AllRows, BasicPolicy, ModuleAccess
from tessera.security.principals import Principals, UserGone
from tessera.security.scopes import UNLIMITED, ScopedPolicy, Scopes
from tessera.storage.tenant_database import TenantDatabase
from tests.security.conftest import Users

ADMINISTRATOR = Principal(uuid7(), "Ada", "administrator")


@pytest.fixture
def principals(tenant_database: TenantDatabase, users: Users) -> Principals:
    return Principals(tenant_database, users)


def test_an_active_user_is_a_principal(principals: Principals, users: Users, clock: MovableClock) -> None:
    ada = users.add("Ada", role="administrator")
    assert principals.find(ada.id, clock.now()) == Principal(ada.id, "Ada", "administrator", "ada@example.com")


def test_an_inactive_or_missing_user_is_not(principals: Principals, users: Users, clock: MovableClock) -> None:
    for user_id in (users.add("Bob", active=False).id, uuid7()):
        with pytest.raises(UserGone):
            principals.find(user_id, clock.now())


def test_a_deactivated_user_is_gone_within_seconds(principals: Principals, users: Users, clock: MovableClock) -> None:
    bob = users.add("Bob")
    principals.find(bob.id, clock.now())
    users.by_id[bob.id] = replace(bob, active=False)
    clock.advance(timedelta(seconds=Principals.CACHE_SECONDS))
    with pytest.raises(UserGone):
        principals.find(bob.id, clock.now())


def test_a_changed_user_is_seen_at_once_after_forgetting(principals: Principals, users: Users, clock: MovableClock) -> None:
    bob = users.add("Bob")
    principals.find(bob.id, clock.now())
    users.by_id[bob.id] = replace(bob, role="administrator")
    principals.forget(bob.id)
    assert principals.find(bob.id, clock.now()).is_administrator


def test_scopes_take_modules_and_actions_away() -> None:
    policy = ScopedPolicy(BasicPolicy(), Scopes(frozenset({"customer"}), frozenset({"read", "update"})))
    access = policy.access(ADMINISTRATOR, "customer", "private")
    assert access.actions == {"read", "update"}
    assert access.visible == AllRows()
    assert policy.access(ADMINISTRATOR, "supplier", "private") == ModuleAccess()


def test_scopes_never_grant() -> None:
    member = Principal(uuid7(), "Bob", "member")
    access = ScopedPolicy(BasicPolicy(), Scopes(None, EVERYTHING)).access(member, "user", "private")
    assert access.actions == BasicPolicy().access(member, "user", "private").actions


@pytest.mark.parametrize(
    "scopes",
    [UNLIMITED, Scopes(frozenset({"a", "b"}), None), Scopes(None, frozenset()), Scopes(frozenset(), frozenset({"read"}))],
)
def test_scopes_survive_storage(scopes: Scopes) -> None:
    assert Scopes.from_json(scopes.to_json()) == scopes


@pytest.mark.parametrize("stored", [{}, {"modules": None, "actions": 1}, {"modules": "customer", "actions": "read"}])
def test_scopes_that_make_no_sense_allow_nothing(stored: dict[str, object]) -> None:
    assert Scopes.from_json(stored) == Scopes(frozenset(), frozenset())
