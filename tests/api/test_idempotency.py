"""Idempotency keys at the level of the database: one effect, one answer, nothing stuck."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from tessera.api import idempotency
from tessera.api.answers import Answer
from tessera.api.errors import BadParameter, KeyInProgress, KeyReused
from tessera.api.idempotency import IdempotentRequest, idempotent_request
from tessera.kernel.clock import MovableClock
from tessera.storage.engines import EngineRegistry
from tessera.storage.provision import create_place
from tessera.storage.system_tables import setting
from tessera.storage.tenant_database import TenantDatabase


def request(key: str = "k1", principal: str = "ada", path: str = "/api/v1/customer", body: bytes = b"{}") -> IdempotentRequest:
    made = idempotent_request(key, principal, "POST", path, body)
    assert made is not None
    return made


def run(database: TenantDatabase, wanted: IdempotentRequest, clock: MovableClock, body: bytes = b"made") -> Answer:
    with database.writing() as connection:
        stored = idempotency.begin(connection, wanted, clock.now())
        if stored is None:
            stored = Answer(201, body, {"Location": "/x", "ETag": '"v1"', "Vary": "Accept"})
            idempotency.finish(connection, wanted, stored, clock.now())
    return stored


def test_the_first_answer_comes_again_to_the_byte(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    first = run(tenant_database, request(), clock)
    again = run(tenant_database, request(), clock, body=b"other")
    assert (again.status, again.body, again.content_type) == (first.status, first.body, first.content_type)
    assert again.headers == {"Location": "/x", "ETag": '"v1"', "Idempotent-Replayed": "true"}


def test_another_body_under_the_same_key_is_refused(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    run(tenant_database, request(), clock)
    with pytest.raises(KeyReused):
        run(tenant_database, request(body=b'{"a": 1}'), clock)


@pytest.mark.parametrize("other", [request("k2"), request(principal="bob"), request(path="/api/v1/supplier")])
def test_key_principal_and_route_are_told_apart(
    tenant_database: TenantDatabase, clock: MovableClock, other: IdempotentRequest
) -> None:
    run(tenant_database, request(), clock)
    assert run(tenant_database, other, clock, body=b"other").body == b"other"


def test_an_answer_is_kept_for_a_day(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    run(tenant_database, request(), clock)
    clock.advance(timedelta(hours=23))
    assert run(tenant_database, request(), clock, body=b"late").body == b"made"
    clock.advance(timedelta(hours=2))
    assert run(tenant_database, request(), clock, body=b"late").body == b"late"


def test_old_answers_are_swept_away(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    run(tenant_database, request("old"), clock)
    clock.advance(timedelta(hours=24))
    run(tenant_database, request("new"), clock)
    with tenant_database.writing() as connection:
        assert idempotency.remove_expired(connection, clock.now()) == 1


def test_work_that_fails_leaves_the_key_free(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    def fail() -> None:
        with tenant_database.writing() as connection:
            assert idempotency.begin(connection, request(), clock.now()) is None
            idempotency.finish(connection, request(), Answer(201, b"never"), clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert run(tenant_database, request(), clock).body == b"made"


def test_of_many_at_once_one_has_an_effect(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    """Each run writes its own row beside the answer; what is there afterwards is what took effect."""
    start = Barrier(12)

    def once(number: int) -> bytes | None:
        start.wait()
        try:
            with tenant_database.writing() as connection:
                stored = idempotency.begin(connection, request(), clock.now())
                if stored is None:
                    connection.execute(setting.insert().values(key=f"effect-{number}", value=number))
                    stored = Answer(201, b"%d" % number)
                    idempotency.finish(connection, request(), stored, clock.now())
                return stored.body
        except KeyInProgress:
            return None

    with ThreadPoolExecutor(12) as pool:
        bodies = set(pool.map(once, range(12))) - {None}
    with tenant_database.reading() as connection:
        effects = connection.execute(sa.select(setting.c.value).where(setting.c.key.like("effect-%"))).scalars().all()
    assert len(effects) == 1
    assert bodies == {b"%d" % effects[0]}


def test_a_key_that_is_being_worked_on_is_refused_on_postgresql(
    engines: EngineRegistry, postgresql_location: Any, clock: MovableClock
) -> None:
    """On SQLite there is one writer at a time: the second request waits for the first one's answer."""
    database = create_place(engines, "demo", postgresql_location.url, postgresql_location.schema)
    with database.writing() as first:
        idempotency.begin(first, request(), clock.now())
        with pytest.raises(KeyInProgress), database.writing() as second:
            idempotency.begin(second, request(), clock.now())


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "\x00"])
def test_a_key_that_does_not_fit_is_refused(key: str) -> None:
    with pytest.raises(BadParameter):
        request(key)


def test_the_longest_key_and_path_fit(tenant_database: TenantDatabase, clock: MovableClock) -> None:
    wanted = request("x" * 255, path="/api/v1/customer?" + "y" * 3_000)
    assert run(tenant_database, wanted, clock).body == b"made"
    assert run(tenant_database, wanted, clock, body=b"other").body == b"made"
