"""Jobs in threads of this process: the whole of it when there is no Redis, and the engine room of a worker."""

from collections.abc import Callable

from tessera.kernel.clock import Clock
from tessera.runtime.jobs.outbox import Subscribers
from tessera.runtime.jobs.pool import WorkerPool
from tessera.runtime.jobs.ports import JobTenants
from tessera.runtime.jobs.registry import JobKinds
from tessera.runtime.jobs.runner import Runner
from tessera.runtime.jobs.settings import JobSettings
from tessera.runtime.jobs.sweeper import Sweeper


class ThreadCarrier:
    """Heartbeat, pool and sweeper of one process. Start it after any fork; several processes on one database are fine."""

    def __init__(
        self,
        tenants: JobTenants,
        kinds: JobKinds,
        subscribers: Subscribers,
        clock: Clock,
        settings: JobSettings,
        *,
        backlog: Callable[[str], None] = lambda tenant: None,
    ) -> None:
        self.runner = Runner(tenants, kinds, subscribers, clock, settings)
        self.sweeper = Sweeper(tenants, kinds, clock, settings, self.announce)
        self.pool = WorkerPool(self.runner, settings, next_due=self.sweeper.expect, backlog=backlog)

    def announce(self, tenant: str) -> None:
        """Give `tenant` a turn soon."""
        self.pool.wake(tenant)

    def start(self) -> None:
        """Start the threads; what waits in the databases is taken up at once."""
        self.runner.heartbeat.start()
        self.pool.start()
        self.sweeper.start()

    def stop(self) -> None:
        """Let what runs end within the grace, then interrupt it."""
        self.sweeper.stop()
        self.pool.stop()
        self.runner.heartbeat.stop()
