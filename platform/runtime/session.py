"""One unit of work: a transaction under one principal. Everything that touches records happens inside one.

Changes are collected while the work runs. `flush` writes their audit entries and outbox events in the same transaction, and
refuses to commit when the tenant's metadata has moved on since the work began: a record is never saved half by an old
definition. Calls registered with `after_commit` run once the transaction holds.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.kernel.errors import Forbidden, Unavailable
from tessera.kernel.events import EventBus
from tessera.runtime.audit import AuditEntry, write_entries
from tessera.runtime.jobs.outbox import emit_many
from tessera.runtime.jobs.ports import OutboxEvent
from tessera.runtime.model import Catalog, CompiledModule
from tessera.security.policy import ModuleAccess, Policy
from tessera.storage.kept_statements import execute, kept
from tessera.storage.system_tables import metadata_version
from tessera.storage.tenant_database import TenantDatabase

if TYPE_CHECKING:
    from tessera.runtime.records.service import RecordService
    from tessera.runtime.services import RuntimeServices


class MetadataMoved(Unavailable):
    """Raised at commit when the definitions changed under the work; running it again uses the new ones."""

    code = "metadata_moved"
    message = "The definitions have just changed. Try again."


def _current_version() -> sa.Select[Any]:
    return sa.select(metadata_version.c.version).where(
        metadata_version.c.version == sa.bindparam("version"), metadata_version.c.state == "active"
    )


class Session:
    """See the module docstring. Made by `TenantRuntime.session`, never by hand."""

    def __init__(
        self,
        *,
        context: Context,
        catalog: Catalog,
        database: TenantDatabase,
        connection: sa.Connection,
        policy: Policy,
        services: "RuntimeServices",
        events: EventBus,
        write: bool,
    ) -> None:
        self.context = context
        self.catalog = catalog
        self.database = database
        self.connection = connection
        self.policy = policy
        self.services = services
        self.events = events
        self.write = write
        self.entries: list[AuditEntry] = []
        self.outbox: list[OutboxEvent] = []
        #: Records held by this transaction because computed fields read them: (module, id).
        self.locked_sources: set[tuple[str, UUID]] = set()
        self._after_commit: list[Callable[[], None]] = []
        self._access: dict[str, ModuleAccess] = {}

    @cached_property
    def records(self) -> "RecordService":
        """The one way to touch a record."""
        from tessera.runtime.records.service import RecordService

        return RecordService(self)

    def access(self, module: CompiledModule) -> ModuleAccess:
        """What the principal may do to `module`; a line table answers as its parent."""
        key = module.parent or module.key
        access = self._access.get(key)
        if access is None:
            definition = self.catalog.module(key).definition
            access = self._access[key] = self.policy.access(self.context.principal, key, definition.access)
        return access

    def require(self, module: CompiledModule, action: str) -> ModuleAccess:
        """The principal's access to `module`; raises `Forbidden` when `action` is not among it."""
        access = self.access(module)
        if action not in access.actions:
            raise Forbidden("You may not {action} {module}.", action=action, module=module.definition.label_plural)
        return access

    def record(self, entry: AuditEntry) -> None:
        """Note a change for the audit trail."""
        self.entries.append(entry)

    def emit(self, event: str, module: str, record_id: UUID | None, payload: dict[str, Any]) -> None:
        """Put an event into the outbox of this transaction."""
        self.outbox.append(OutboxEvent(event, module, record_id, payload))

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run `call` once the transaction holds."""
        self._after_commit.append(call)

    def savepoint(self) -> AbstractContextManager[Any]:
        """A nested transaction: what fails inside is undone, the rest of the work goes on."""
        return self.connection.begin_nested()

    def flush(self) -> None:
        """Write audit entries and events; raises `MetadataMoved` when the catalog is no longer the tenant's."""
        if not self.entries and not self.outbox:
            return
        current = kept(self.connection, "session.current_version", _current_version)
        if execute(self.connection, current, {"version": self.catalog.version}).fetchone() is None:
            raise MetadataMoved()
        now = self.context.now()
        if self.entries:
            write_entries(self.connection, self.context, self.entries, now)
            self.entries = []
        if self.outbox:
            emit_many(self.connection, self.outbox, now)
            self.outbox = []
            self._after_commit.append(self.services.wake_jobs)

    def committed(self) -> None:
        """Called by the tenant after the commit."""
        calls, self._after_commit = self._after_commit, []
        for call in calls:
            call()
