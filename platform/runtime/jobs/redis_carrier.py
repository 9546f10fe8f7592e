"""Redis and RQ as a bell: "somebody look at this tenant". Nothing that matters is in Redis.

RQ jobs are JSON and may only say one thing, `WAKE_UP` with a tenant's key. The listener compares the name and imports nothing, so
that whoever can write to Redis can make workers look at their databases, and no more. See `worker.py` for the side that listens.
"""

import threading
from collections.abc import Callable

import redis
import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from tessera.runtime.jobs.settings import JobSettings

log = structlog.get_logger(__name__)

#: The one thing that can be said. A name, not the path of a function: RQ's own worker could not run it.
WAKE_UP = "tessera.run_tenant_jobs"

#: Seconds after which a bell that nobody heard may be rung again, and after which an old one is silent.
RING_AGAIN = 20
FORGOTTEN = 120
#: Longest pause in seconds between attempts to reach a Redis that is away.
LONGEST_PAUSE = 10.0
CONNECT_SECONDS = 2.0


def connect(url: str, *, timeout: float | None = CONNECT_SECONDS) -> redis.Redis:
    """A client that gives up soon; `timeout` None waits for answers (a listener's blocking reads)."""
    return redis.Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=timeout)


def wake_up_queue(connection: redis.Redis, prefix: str) -> Queue:
    """The RQ queue that the bell is rung on."""
    return Queue(f"{prefix}-wake-up", connection=connection, serializer=JSONSerializer)


def rung_key(prefix: str, tenant: str) -> str:
    """Exists while the bell has been rung for `tenant` and not yet been heard."""
    return f"{prefix}:rung:{tenant}"


class RedisCarrier:
    """Rings the bell from a thread of its own: requests never wait for Redis, whether it is slow, full or away.

    While Redis is away the tenants are remembered and announced later; workers find the work by themselves meanwhile.
    """

    def __init__(self, settings: JobSettings, *, ring: Callable[[str], None] | None = None) -> None:
        if settings.redis_url is None:
            raise ValueError("no Redis is configured")
        self._prefix = settings.redis_prefix
        self._connection = connect(settings.redis_url)
        self._ring = ring or self._ring_redis
        self._waiting: dict[str, None] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def announce(self, tenant: str) -> None:
        """Have the bell rung for `tenant` soon."""
        with self._changed:
            self._waiting.setdefault(tenant)
            self._changed.notify_all()

    def start(self) -> None:
        """Start the thread. Do it after any fork."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="job-bell", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; what was not announced will be found by a sweep."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=2 * CONNECT_SECONDS)
        self._connection.close()

    def _run(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or bool(self._waiting))
                if pause:
                    self._changed.wait_for(lambda: self._stopping, pause)
                if self._stopping:
                    return
                tenant = next(iter(self._waiting))
                del self._waiting[tenant]
            try:
                self._ring(tenant)
            except redis.RedisError as error:
                if not pause:
                    log.warning("job.redis_away", error=type(error).__name__)
                pause = min(max(0.5, pause * 2), LONGEST_PAUSE)
                self.announce(tenant)
            else:
                pause = 0.0

    def _ring_redis(self, tenant: str) -> None:
        """Ring, unless it has been rung and nobody has come yet."""
        if self._connection.set(rung_key(self._prefix, tenant), 1, nx=True, ex=RING_AGAIN):
            wake_up_queue(self._connection, self._prefix).enqueue_call(WAKE_UP, args=(tenant,), ttl=FORGOTTEN, result_ttl=0)
