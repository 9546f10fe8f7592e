"""Rate limits: exact across processes, cheap within one, honest about what is left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import redis

from tessera.api.rate_limits import (
    ControlStore,
    LeaseStore,
    MemoryStore,
    RateLimiter,
    RateLimitReached,
    StoreAway,
)
from tessera.api.redis_store import RedisStore
from tessera.kernel.clock import MovableClock
from tessera.kernel.errors import Unavailable
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry


@pytest.fixture
def control_store(location: Any) -> Iterator[LeaseStore]:
    engines = EngineRegistry()
    control = ControlDatabase(engines, location.url, schema=location.schema or "unused")
    control.prepare()
    yield ControlStore(control.database)
    engines.dispose()


class Counting:
    """A store that counts how often it is asked."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.asked = 0

    def take(self, key: str, window: int, uses: int) -> int:
        self.asked += 1
        return self.inner.take(key, window, uses)

    def sweep(self, window: int) -> None:
        self.inner.sweep(window)


class Away:
    """A store that nobody reaches."""

    def take(self, key: str, window: int, uses: int) -> int:
        raise StoreAway()

    def sweep(self, window: int) -> None:
        raise StoreAway()


def uses(limiter: RateLimiter, key: str = "k", most: int = 1_000) -> int:
    for number in range(most):
        try:
            limiter.use(key)
        except RateLimitReached:
            return number
    return most


def check_two_processes_share_one_limit(store: LeaseStore, clock: MovableClock) -> None:
    first, second = (RateLimiter(store, 60, now=clock.now) for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        allowed = sum(pool.map(uses, (first, second)))
    assert allowed == 60
    clock.advance(timedelta(minutes=1))
    assert uses(first) == 60


def test_two_processes_share_one_limit_in_the_control_database(control_store: LeaseStore, clock: MovableClock) -> None:
    check_two_processes_share_one_limit(control_store, clock)


def test_two_processes_share_one_limit_in_redis(redis_url: str, clock: MovableClock) -> None:
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    check_two_processes_share_one_limit(RedisStore(client), clock)
    client.close()


def test_what_was_counted_long_ago_is_swept_away(control_store: ControlStore, clock: MovableClock) -> None:
    control_store.take("old", 1, 5)
    control_store.sweep(10)
    assert control_store.take("old", 1, 1) == 0


def test_most_uses_do_not_ask_the_store(clock: MovableClock) -> None:
    store = Counting()
    assert uses(RateLimiter(store, 600, now=clock.now)) == 600
    assert store.asked <= 21
    assert uses(RateLimiter(store, 600, now=clock.now)) == 0


def test_a_key_with_nothing_left_costs_no_question(clock: MovableClock) -> None:
    store = Counting()
    limiter = RateLimiter(store, 5, now=clock.now)
    uses(limiter)
    asked = store.asked
    assert uses(limiter) == 0
    assert store.asked == asked


def test_keys_do_not_share(clock: MovableClock) -> None:
    limiter = RateLimiter(MemoryStore(), 5, now=clock.now)
    assert uses(limiter, "a") == 5
    assert uses(limiter, "b") == 5


def test_the_headers_tell_what_is_left(clock: MovableClock) -> None:
    limiter = RateLimiter(MemoryStore(), 3, now=clock.now)
    left = [limiter.use("k") for _ in range(3)]
    assert [a.remaining for a in left if a] == [2, 1, 0]
    with pytest.raises(RateLimitReached) as reached:
        limiter.use("k")
    assert reached.value.allowance.headers() == (
        ("RateLimit-Limit", "3"),
        ("RateLimit-Remaining", "0"),
        ("RateLimit-Reset", "60"),
    )
    assert reached.value.params["retry_after"] == 60


def test_no_limit_counts_nothing(clock: MovableClock) -> None:
    assert RateLimiter(Away(), 0, now=clock.now).use("k") is None


def test_a_store_that_is_away_opens_for_readers_and_closes_for_logins(clock: MovableClock) -> None:
    assert RateLimiter(Away(), 5, now=clock.now).use("k") is None
    with pytest.raises(Unavailable):
        RateLimiter(Away(), 5, now=clock.now, open_on_failure=False).use("k")
