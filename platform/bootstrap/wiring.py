"""Joins the floors: settings in, a runtime out. The only place that knows how everything is put together."""

from pathlib import Path

from tessera.bootstrap.jobs import job_settings, known_kinds, known_subscribers
from tessera.bootstrap.settings import Settings
from tessera.kernel.clock import Clock, SystemClock
from tessera.runtime.files.store import FileStore
from tessera.runtime.jobs.ports import Carrier, Silent
from tessera.runtime.jobs.redis_carrier import RedisCarrier
from tessera.runtime.jobs.thread import ThreadCarrier
from tessera.runtime.publishing.catalogs import CatalogLoader
from tessera.runtime.publishing.publisher import Publisher
from tessera.runtime.runtime import Runtime
from tessera.security.policy import BasicPolicy
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry

#: Names of locations as the control database keeps them: a password never stands there.
SQLITE, CONFIGURED = "sqlite", "default"

#: Threads of a carrier beside its job slots: the sweeper and the heartbeat.
CARRYING_THREADS = 2

#: Modules that members read but only administrators change.
ADMINISTERED = frozenset({"user", "currency", "exchange_rate", "company"})


def build_runtime(settings: Settings, *, clock: Clock | None = None) -> Runtime:
    """A runtime over the installation that `settings` describe; its control tables are made when they are missing.

    Nothing runs yet: start `runtime.carrier` for background jobs.
    """
    # every thread that answers requests or carries jobs keeps a connection of its own
    threads = settings.threads + (job_settings(settings).slots + CARRYING_THREADS if settings.jobs else 0)
    engines = EngineRegistry(locations(settings), threads=threads)
    control = ControlDatabase(engines, settings.control_database_url or _file(settings, "control.sqlite"), clock=clock)
    control.prepare()
    runtime = Runtime(
        control,
        policy=BasicPolicy(administered=ADMINISTERED),
        load_catalog=CatalogLoader(),
        store_for=lambda tenant: FileStore(settings.files_of(tenant), max_bytes=settings.max_upload_bytes),
        clock=clock or SystemClock(),
    )
    runtime.carrier = _carrier(runtime, settings)
    return runtime


def build_publisher(runtime: Runtime) -> Publisher:
    """What changes the definitions of the tenants of `runtime`, which hears of it at once."""
    catalogs = runtime.load_catalog
    assert isinstance(catalogs, CatalogLoader)
    return Publisher(runtime.control, catalogs=catalogs, clock=runtime.clock)


def locations(settings: Settings) -> dict[str, str]:
    """The databases that tenants may live in, by name."""
    named = {SQLITE: _file(settings, "tenants/{tenant}.sqlite")}
    if settings.default_location != SQLITE:
        named[CONFIGURED] = settings.default_location
    return named


def new_tenant_location(settings: Settings) -> str:
    """The name of the location where new tenants are put."""
    return SQLITE if settings.default_location == SQLITE else CONFIGURED


def _carrier(runtime: Runtime, settings: Settings) -> Carrier:
    if settings.redis_url:
        return RedisCarrier(job_settings(settings))
    if not settings.jobs:
        return Silent()
    return ThreadCarrier(runtime, known_kinds(), known_subscribers(), runtime.clock, job_settings(settings))


def _file(settings: Settings, name: str) -> str:
    return f"sqlite:///{Path(settings.data_dir).resolve() / name}"
