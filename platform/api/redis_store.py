"""The shared count of the rate limits in Redis, for installations that have one."""

from typing import Any

from redis.exceptions import RedisError

from tessera.api.rate_limits import WINDOW, StoreAway


class RedisStore:
    """Counts in Redis; each window's key expires by itself. `client` is a `redis.Redis`."""

    def __init__(self, client: Any, *, prefix: str = "tessera:rate:") -> None:
        self._client = client
        self._prefix = prefix

    def take(self, key: str, window: int, uses: int) -> int:
        name = f"{self._prefix}{window}:{key}"
        pipeline = self._client.pipeline()
        pipeline.incrby(name, uses)
        pipeline.expire(name, 2 * WINDOW)
        try:
            return int(pipeline.execute()[0]) - uses
        except RedisError as error:
            raise StoreAway() from error

    def sweep(self, window: int) -> None:
        """Nothing to do: the keys expire."""
