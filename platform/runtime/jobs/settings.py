"""The settings of jobs; `bootstrap.settings` fills them from configuration."""

from dataclasses import dataclass
from datetime import timedelta

from tessera.kernel.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """How jobs are carried and kept. Durations are real time."""

    #: Where Redis is; None: a thread of the server carries the jobs.
    redis_url: str | None = None
    #: Put before every key in Redis, so that several installations can share one.
    redis_prefix: str = "tessera"
    #: Jobs that one process runs at the same time.
    slots: int = 4
    #: Jobs of one tenant that run at the same time, over all processes; bulk jobs get one less (but at least one).
    slots_per_tenant: int = 2
    #: A turn of a tenant ends after so many jobs or so long; then the next tenant has its turn.
    turn_jobs: int = 20
    turn_length: timedelta = timedelta(seconds=5)
    #: A running job whose worker gave no sign of life for so long is taken to be lost.
    lease: timedelta = timedelta(seconds=30)
    heartbeat: timedelta = timedelta(seconds=2)
    #: How often the database is searched for work that nobody announced.
    sweep: timedelta = timedelta(seconds=10)
    #: A schedule's slot that is older than this was missed.
    schedule_tolerance: timedelta = timedelta(minutes=5)
    #: What running jobs get to end when the process is asked to stop.
    stop_grace: timedelta = timedelta(seconds=25)
    #: How long finished things are kept.
    keep_done: timedelta = timedelta(days=7)
    keep_dead: timedelta = timedelta(days=90)
    keep_events: timedelta = timedelta(days=7)
    #: Proofs of effects outlive the jobs that could run again.
    keep_effects: timedelta = timedelta(days=180)
    #: How often old rows are removed.
    tidy: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        """Raise `ConfigurationError` for numbers with which nothing would run, or running jobs be taken for lost."""
        for name in ("slots", "slots_per_tenant", "turn_jobs"):
            if getattr(self, name) < 1:
                raise ConfigurationError("The job setting {name} must be at least 1.", name=name)
        for name in ("turn_length", "heartbeat", "sweep"):
            if getattr(self, name) <= timedelta(0):
                raise ConfigurationError("The job setting {name} must be more than nothing.", name=name)
        if self.lease < 3 * self.heartbeat:
            raise ConfigurationError("The job setting lease must be at least three times heartbeat.")
