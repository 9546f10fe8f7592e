"""What jobs ask of their surroundings, so that nothing below needs to know the runtime that joins it all."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from tessera.kernel.context import Context, Principal
from tessera.storage.tenant_database import TenantDatabase


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """Something that happened in the transaction at hand: `record.created` …, with a payload of plain JSON."""

    event: str
    module: str
    record_id: UUID | None
    payload: Mapping[str, Any] = field(default_factory=dict)


class JobTenant(Protocol):
    """A tenant as a job sees it; `TenantRuntime` is one."""

    @property
    def key(self) -> str: ...

    @property
    def database(self) -> TenantDatabase: ...

    def session(self, context: Context, *, write: bool = True) -> AbstractContextManager[Any]:
        """A unit of work under `context`."""
        ...

    def principal(self, user_id: UUID) -> Principal:
        """The user a job acts for; raises `NotFound` when there is no such active user."""
        ...


class JobTenants(Protocol):
    """All tenants whose work this process may do; `Runtime` is one."""

    def tenant_keys(self) -> Iterable[str]:
        """The keys of the tenants that are active now."""
        ...

    def tenant(self, key: str) -> JobTenant:
        """The tenant of `key`; raises `NotFound` when it is unknown or not active."""
        ...


class Carrier(Protocol):
    """Brings it about that somebody looks at a tenant's jobs soon. Never raises, never waits: the database row is the truth."""

    def announce(self, tenant: str) -> None:
        """Work of `tenant` has been committed."""
        ...

    def start(self) -> None:
        """Begin carrying."""
        ...

    def stop(self) -> None:
        """Stop; work that runs is given time to end."""
        ...


class Silent:
    """The carrier of short-lived commands: it tells nobody, the sweep of a server or worker finds the work."""

    def announce(self, tenant: str) -> None:
        """Nobody is told."""

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""
