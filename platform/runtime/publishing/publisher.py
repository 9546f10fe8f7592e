"""Publishing: the one way in which a tenant's definitions and tables change.

Every call takes the tenant's publish lock, puts what is stored and what is asked for side by side, plans, and applies: the layers
are stored, the tables change and the new version starts to serve in one transaction. Only then do other processes hear of it.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from tessera.kernel.clock import Clock, SystemClock
from tessera.kernel.context import SYSTEM, Context
from tessera.kernel.errors import Conflict, NotFound, TesseraError
from tessera.metadata.errors import OperationRefused
from tessera.metadata.operations import Operation
from tessera.metadata.packages import AppPackage
from tessera.metadata.schema_check import SchemaCheck
from tessera.runtime.audit import AuditEntry, write_entries
from tessera.runtime.fields.registry import field_type_schemas
from tessera.runtime.model import Catalog
from tessera.runtime.publishing.backfills import Task, handlers
from tessera.runtime.publishing.catalogs import CatalogLoader
from tessera.runtime.publishing.layers import OverlayEntry, TenantLayers, write_layers
from tessera.runtime.publishing.plan import PublishPlan
from tessera.runtime.publishing.proposal import Proposal, Serving, read_serving
from tessera.storage.apply import Application, Checkpoint
from tessera.storage.control import ControlDatabase
from tessera.storage.publish_lock import PublishRunning, publish_lock
from tessera.storage.purge import HiddenPart, hidden_parts, purge
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import Snapshot, active_number, has_unfinished_work

log = logging.getLogger(__name__)

#: Tables of up to so many rows get their backfills in the switch itself.
BACKFILL_AT_ONCE = 2_000

#: Turns the stored layers into those that are asked for.
LayerChange = Callable[[TenantLayers], TenantLayers]


class UnknownApp(NotFound):
    """Raised when an app is not installed."""

    code = "unknown_app"
    message = "The app {app!r} is not installed."


class Publisher:
    """Publishes for the tenants of one control database.

    `catalogs` is the loader that the servers of this process use: it hears of new versions at once. `checkpoint` is for tests.
    """

    def __init__(
        self,
        control: ControlDatabase,
        *,
        catalogs: CatalogLoader | None = None,
        clock: Clock | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.control = control
        self.catalogs = catalogs or CatalogLoader()
        self._clock = clock or SystemClock()
        self._checkpoint = checkpoint
        self._checks = SchemaCheck(field_type_schemas())
        self._kept: WeakKeyDictionary[TenantDatabase, Serving] = WeakKeyDictionary()

    # -- tenants ------------------------------------------------------------------------------------------------

    def create_tenant(
        self, key: str, name: str, location: str, apps: Sequence[AppPackage] = (), *, hosts: Sequence[str] = ()
    ) -> PublishPlan:
        """Make a tenant with these apps and activate it. Interrupted, it can be called again."""
        self.control.create(key, name, location, hosts=hosts)
        plan = self.install_apps(key, apps)
        self.control.set_state(key, "active")
        return plan

    def recover(self, tenant: str, *, wait: float = 30.0) -> None:
        """Upgrade the system tables, take back or finish what a killed publish left, and tell the servers.

        Harmless at any time, also while other processes serve and publish; costs a few small queries when there is nothing to
        do. Raises `PublishRunning` when there is and another process is at it for longer than `wait` seconds.
        """
        database = self.control.open(tenant)
        self.control.upgrade_tenant(tenant)
        with database.reading() as connection:
            interrupted = has_unfinished_work(connection)
        if interrupted:
            with publish_lock(database, wait=wait):
                self._application(database, lambda: self.catalogs(database)).recover()
        with database.reading() as connection:
            version = active_number(connection)
        self.control.set_version(tenant, version)

    def recover_all(self) -> None:
        """At start: `recover` every tenant. One that cannot be helped now is named in the log and does not keep others away."""
        for record in self.control.tenants():
            try:
                self.recover(record.key, wait=0)
            except PublishRunning:
                log.info("tenant %s is being published by another process", record.key)
            except (TesseraError, sa.exc.SQLAlchemyError):
                log.exception("tenant %s could not be recovered", record.key)

    # -- layers -------------------------------------------------------------------------------------------------

    def install_apps(
        self,
        tenant: str,
        packages: Sequence[AppPackage],
        *,
        context: Context | None = None,
        dry_run: bool = False,
        accept: bool = False,
    ) -> PublishPlan:
        """Install apps, or newer versions of them, and publish. See `publish` for what is raised."""
        return self._publish(tenant, lambda layers: layers.with_apps(packages), context, dry_run=dry_run, accept=accept)

    def remove_app(self, tenant: str, name: str, *, context: Context | None = None, dry_run: bool = False) -> PublishPlan:
        """Take an app away and publish; its modules are hidden with their records. Raises `UnknownApp`, `Conflict`."""

        def remove(layers: TenantLayers) -> TenantLayers:
            if name not in {package.name for package in layers.apps}:
                raise UnknownApp(app=name)
            needed_by = sorted(package.name for package in layers.apps if name in package.depends)
            if needed_by:
                raise Conflict("The app {app!r} is needed by {others}.", app=name, others=", ".join(needed_by))
            return layers.without_app(name)

        return self._publish(tenant, remove, context, dry_run=dry_run)

    def apply_overlay(
        self,
        tenant: str,
        operations: Sequence[Operation],
        *,
        context: Context | None = None,
        dry_run: bool = False,
        accept: bool = False,
    ) -> PublishPlan:
        """Add changes of the tenant's own and publish. Raises `OperationRefused` for one that does not fit."""
        return self._publish(tenant, lambda layers: layers.with_operations(operations), context, dry_run=dry_run, accept=accept)

    def withdraw_overlay(
        self, tenant: str, ids: Collection[UUID], *, context: Context | None = None, dry_run: bool = False
    ) -> PublishPlan:
        """Take changes of the tenant's own back and publish."""
        return self._publish(tenant, lambda layers: layers.without_operations(tuple(ids)), context, dry_run=dry_run)

    def overlay(self, tenant: str) -> tuple[OverlayEntry, ...]:
        """The tenant's own changes, in order."""
        return read_serving(self.control.open(tenant))[0].layers.overlay

    def apps(self, tenant: str) -> tuple[AppPackage, ...]:
        """The installed apps."""
        return read_serving(self.control.open(tenant))[0].layers.apps

    def publish(self, tenant: str, *, context: Context | None = None, dry_run: bool = False, accept: bool = False) -> PublishPlan:
        """Bring the tenant to what its stored layers say; usually nothing is left to do.

        With `dry_run` the plan is only made. Raises `AppErrors` or `CompileErrors` when the layers do not fit together and
        `PublishRefused` when the data do not allow the change (`accept`: values that do not convert may be left empty).
        """
        return self._publish(tenant, lambda layers: layers, context, dry_run=dry_run, accept=accept)

    # -- purging ------------------------------------------------------------------------------------------------

    def hidden(self, tenant: str) -> list[HiddenPart]:
        """What left the definitions and still holds data, with how much."""
        return hidden_parts(self.control.open(tenant))

    def purge(self, tenant: str, parts: Collection[HiddenPart], *, context: Context | None = None) -> None:
        """Delete hidden parts for good; raises `Conflict` when they hold more than was counted."""
        database, acting = self.control.open(tenant), self._acting(tenant, context)
        with publish_lock(database):
            self._application(database, lambda: self.catalogs(database)).recover()
            version = purge(database, parts, author=acting.principal.name, at=self._clock.now())
            with database.writing() as connection:
                purged = {"parts": [part.name for part in parts]}
                self._audit(connection, acting, AuditEntry("", None, "purge", version, purged))
        self.control.set_version(tenant, version)

    # -- inside -------------------------------------------------------------------------------------------------

    def _publish(
        self, tenant: str, change: LayerChange, context: Context | None, *, dry_run: bool, accept: bool = False
    ) -> PublishPlan:
        database = self.control.open(tenant)
        if dry_run:
            return self._propose(database, change).plan(applied=False)
        with publish_lock(database):
            self._application(database, lambda: self.catalogs(database)).recover()
            proposal = self._propose(database, change)
            failures: list[str] = []
            if not proposal.changes_nothing:
                failures = self._apply(database, tenant, proposal, context, accept=accept)
        plan = replace(proposal.plan(applied=True), unfinished=tuple(failures))
        self.control.set_version(tenant, plan.version)
        return plan

    def _propose(self, database: TenantDatabase, change: LayerChange) -> Proposal:
        serving, version = read_serving(database, self._kept.get(database))
        layers = change(serving.layers)
        proposal = Proposal(database, serving, layers, version, self._checks)
        known = {entry.id for entry in serving.layers.overlay}
        for parked in proposal.parked:
            if layers.overlay[parked.index].id not in known:
                raise OperationRefused(parked.reason)
        return proposal

    def _apply(
        self, database: TenantDatabase, tenant: str, proposal: Proposal, context: Context | None, *, accept: bool
    ) -> list[str]:
        at_once, later = self._sorted_tasks(database, proposal)
        application = self._application(database, lambda: proposal.catalog)
        acting = self._acting(tenant, context)
        snapshot = Snapshot(proposal.documents, proposal.checksum, acting.principal.name, self._clock.now())

        def store(connection: sa.Connection, version: int) -> None:
            write_layers(connection, proposal.serving.layers, proposal.layers, author=acting.principal.name, at=snapshot.at)
            told = [change.text() for change in proposal.changes]
            self._audit(connection, acting, AuditEntry("", None, "publish", version, {"changes": told}))

        return application.apply(
            proposal.tables,
            proposal.version,
            snapshot,
            at_once=at_once,
            tasks=later,
            in_switch=store,
            switched=lambda: self._switched(database, tenant, proposal),
            accept=accept,
        )

    def _switched(self, database: TenantDatabase, tenant: str, proposal: Proposal) -> None:
        """Tell everybody at once; what is left to finish does not keep the new version from serving."""
        self._kept[database] = proposal.outcome
        self.catalogs.remember(database, proposal.catalog)
        self.control.set_version(tenant, proposal.version)

    def _sorted_tasks(self, database: TenantDatabase, proposal: Proposal) -> tuple[tuple[Task, ...], tuple[Task, ...]]:
        """Tasks for the switch, and tasks for after it: all of them when one of them meets a larger table."""
        names = {proposal.catalog.table_of(task["arguments"]["module"]).table for task in proposal.tasks}
        with database.reading() as connection:
            for table in names:
                some = sa.select(table.c.id).limit(BACKFILL_AT_ONCE + 1).subquery()
                if (connection.execute(sa.select(sa.func.count()).select_from(some)).scalar() or 0) > BACKFILL_AT_ONCE:
                    return (), proposal.tasks
        return proposal.tasks, ()

    def _application(self, database: TenantDatabase, catalog: Callable[[], Catalog]) -> Application:
        return Application(database, tasks=handlers(database, catalog, self._clock), checkpoint=self._checkpoint)

    def _acting(self, tenant: str, context: Context | None) -> Context:
        return context or Context(tenant, SYSTEM, face="cli", clock=self._clock)

    def _audit(self, connection: sa.Connection, context: Context, entry: AuditEntry) -> None:
        write_entries(connection, context, [entry], self._clock.now())
