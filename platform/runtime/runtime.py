"""The running product: its tenants, their current catalogs, and sessions on them.

A process learns of a new metadata version by one small query over all tenants, asked at most every `LOOK_INTERVAL` and only while
there is work. It compiles from the documents of that version; sessions that have begun finish on the catalog they began with.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.clock import Clock, SystemClock
from tessera.kernel.context import Context, Principal
from tessera.kernel.errors import NotFound, Unavailable
from tessera.kernel.events import EventBus
from tessera.runtime.files.store import FileStore
from tessera.runtime.jobs.ports import Carrier, Silent
from tessera.runtime.model import Catalog
from tessera.runtime.services import RuntimeServices
from tessera.runtime.session import MetadataMoved, Session
from tessera.runtime.users import ModuleUserDirectory
from tessera.security.policy import Policy
from tessera.storage.control import ControlDatabase, TenantRecord, UnknownTenant
from tessera.storage.tenant_database import TenantDatabase, is_transient

T = TypeVar("T")

#: Seconds between two looks at the metadata versions: how long a process may serve an old definition after a publish.
LOOK_INTERVAL = 0.2
#: How often work is run again when it lost a race that vanishes by itself.
MAX_RETRIES = 3

CatalogLoader = Callable[[TenantDatabase], Catalog]
StoreFactory = Callable[[str], FileStore]


class TenantRuntime:
    """One tenant, ready to work on."""

    def __init__(self, runtime: "Runtime", record: TenantRecord, database: TenantDatabase, services: RuntimeServices) -> None:
        self.runtime = runtime
        self.record = record
        self.key = record.key
        self.database = database
        self.services = services
        self._catalog: Catalog | None = None
        self._loaded_for = 0  # what was said to be the newest version when the catalog was loaded
        self._lock = threading.Lock()

    @property
    def catalog(self) -> Catalog:
        """The catalog of the newest metadata version this process knows of."""
        catalog = self._catalog
        if catalog is None or self.runtime.version_of(self.key) > self._loaded_for:
            catalog = self.refresh()
        return catalog

    def refresh(self) -> Catalog:
        """Load the newest catalog now."""
        with self._lock:
            newest = self.runtime.version_of(self.key)
            if self._catalog is None or newest > self._loaded_for:
                self._catalog = self.runtime.load_catalog(self.database)
                # a tenant that was restored from a backup serves less than is said of it; do not ask again for each request
                self._loaded_for = max(newest, self._catalog.version)
            return self._catalog

    def forget(self) -> None:
        """Load the catalog anew when it is next needed."""
        with self._lock:
            self._catalog = None

    @contextmanager
    def session(self, context: Context, *, write: bool = True) -> Iterator[Session]:
        """A unit of work. With `write` a transaction that commits at the end of the block or not at all."""
        if not write:
            with self.database.reading() as connection:
                yield self._session(context, connection, write=False)
            return
        with self.database.writing() as connection:
            session = self._session(context, connection, write=True)
            yield session
            session.flush()
        session.committed()

    def transact(self, context: Context, work: Callable[[Session], T]) -> T:
        """`work(session)` in a transaction, again when it lost a deadlock or met new metadata. It must be repeatable."""
        for attempt in range(MAX_RETRIES + 1):
            try:
                with self.session(context) as session:
                    return work(session)
            except MetadataMoved:
                if attempt == MAX_RETRIES:
                    raise
                self.runtime.look_again()
                self.forget()
            except sa.exc.DBAPIError as error:
                if not is_transient(error):
                    raise
                if attempt == MAX_RETRIES:
                    raise Unavailable("Many people are changing the same records. Try again.") from error
                time.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    def principal(self, user_id: UUID) -> Principal:
        """The active user of this id as a principal; raises `NotFound`."""
        with self.database.reading() as connection:
            user = ModuleUserDirectory(self.catalog).find(connection, user_id)
        if user is None or not user.active:
            raise NotFound("There is no such active user.")
        return Principal(id=user.id, name=user.name, role=user.role, login=user.login)

    def _session(self, context: Context, connection: sa.Connection, *, write: bool) -> Session:
        return Session(
            context=context,
            catalog=self.catalog,
            database=self.database,
            connection=connection,
            policy=self.runtime.policy,
            services=self.services,
            events=self.runtime.events,
            write=write,
        )


class Runtime:
    """All tenants of this process. Made once, by `bootstrap.wiring`."""

    def __init__(
        self,
        control: ControlDatabase,
        *,
        policy: Policy,
        load_catalog: CatalogLoader,
        store_for: StoreFactory,
        carrier: Carrier | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.control = control
        self.policy = policy
        self.load_catalog = load_catalog
        self.clock = clock or SystemClock()
        self.carrier: Carrier = carrier or Silent()
        self.events = EventBus()
        self._store_for = store_for
        self._tenants: dict[str, TenantRuntime] = {}
        self._versions: dict[str, int] = {}
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def tenant(self, key: str) -> TenantRuntime:
        """The active tenant of `key`; raises `UnknownTenant`."""
        self._look()
        tenant = self._tenants.get(key)
        if tenant is not None and key in self._versions:
            return tenant
        with self._lock:
            record = self.control.get(key)
            if record.state != "active":
                self._tenants.pop(key, None)
                raise UnknownTenant(tenant=key)
            self._versions.setdefault(key, record.metadata_version)
            if key not in self._tenants:
                services = RuntimeServices(files=self._store_for(key), wake_jobs=lambda: self.carrier.announce(key))
                self._tenants[key] = TenantRuntime(self, record, self.control.open_record(record), services)
            return self._tenants[key]

    def tenant_keys(self) -> list[str]:
        """The keys of the active tenants."""
        self._look()
        return sorted(self._versions)

    def version_of(self, key: str) -> int:
        """The metadata version of a tenant, at most `LOOK_INTERVAL` old."""
        self._look()
        return self._versions.get(key, 0)

    def look_again(self) -> None:
        """Read the metadata versions at the next question, however fresh they are."""
        self._looked_at = float("-inf")

    def context(self, tenant: str, principal: Principal, **circumstances: object) -> Context:
        """A context on this process's clock."""
        return Context(tenant=tenant, principal=principal, clock=self.clock, **circumstances)  # type: ignore[arg-type]

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_INTERVAL:
            return
        self._looked_at = now
        self._versions = self.control.current_versions()
