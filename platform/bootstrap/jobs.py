"""The jobs of this product: every kind that a process may run, who wants which events, and the settings of the machinery.

The lists are the tables of contents: what is not in them never runs.
"""

from datetime import timedelta

from tessera.bootstrap.settings import Settings
from tessera.bootstrap.upkeep import REFRESH_FORMULAS, TIDY
from tessera.runtime.jobs.outbox import EventSubscriber, Subscribers, subscribers
from tessera.runtime.jobs.registry import JobKind, JobKinds, job_kinds
from tessera.runtime.jobs.settings import JobSettings

#: Of a stopping process's time, what is left for closing after its jobs have ended.
CLOSING_SECONDS = 5

KINDS: tuple[JobKind, ...] = (TIDY, REFRESH_FORMULAS)
SUBSCRIBERS: tuple[EventSubscriber, ...] = ()


def known_kinds() -> JobKinds:
    """Every kind in a registry."""
    registry = job_kinds()
    for kind in KINDS:
        registry.register(kind)
    return registry


def known_subscribers() -> Subscribers:
    """Every subscriber in a registry."""
    registry = subscribers()
    for subscriber in SUBSCRIBERS:
        registry.register(subscriber)
    return registry


def job_settings(settings: Settings) -> JobSettings:
    """What jobs are told of the process's settings."""
    grace = max(1, settings.shutdown_seconds - CLOSING_SECONDS)
    return JobSettings(redis_url=settings.redis_url or None, stop_grace=timedelta(seconds=grace))
