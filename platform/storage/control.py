"""The control database: which tenants there are, where they live, and which metadata version each is at.

It is a schema of its own on PostgreSQL, a file of its own on SQLite. No statement and no transaction ever names both it and
a tenant's tables.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

import sqlalchemy as sa

from tessera.kernel.clock import Clock, SystemClock
from tessera.kernel.errors import BadRequest, Conflict, NotFound
from tessera.storage.engines import EngineRegistry
from tessera.storage.naming import schema_name
from tessera.storage.provision import create_place, drop_place
from tessera.storage.system_schema import CONTROL_SCHEMA, TENANT_SCHEMA, lock, upgrade
from tessera.storage.system_tables import tenant, tenant_host
from tessera.storage.tenant_database import TenantDatabase

CONTROL_SCHEMA_NAME = "tessera_control"
TenantState = Literal["creating", "active", "suspended", "deleted"]
_KEY = re.compile(r"[a-z][a-z0-9_]{0,30}")


class UnknownTenant(NotFound):
    """Raised when no tenant has the key or host asked for."""

    code = "unknown_tenant"
    message = "There is no tenant {tenant!r}."


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """What the control database knows of a tenant."""

    key: str
    name: str
    location: str
    schema: str | None
    state: TenantState
    metadata_version: int
    created_at: datetime
    hosts: tuple[str, ...] = ()


class ControlDatabase:
    """The list of tenants. `location` is a location name or URL known to `engines`."""

    def __init__(
        self, engines: EngineRegistry, location: str, *, schema: str = CONTROL_SCHEMA_NAME, clock: Clock | None = None
    ) -> None:
        self.engines = engines
        self._clock = clock or SystemClock()
        self.database = engines.database("", location, schema if engines.dialect_of(location) == "postgresql" else None)

    def prepare(self) -> None:
        """Create or upgrade the control tables."""
        if self.database.schema is not None:
            quoted = self.database.engine.dialect.identifier_preparer.quote(self.database.schema)
            with self.database.writing() as connection:
                lock(connection, "create schema")
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
        upgrade(self.database, CONTROL_SCHEMA)

    # -- tenants ------------------------------------------------------------------------------------------------

    def create(self, key: str, name: str, location: str, *, hosts: Sequence[str] = ()) -> TenantDatabase:
        """Register a tenant and make its database. It is `creating` until `set_state(key, "active")`.

        A creation that was interrupted is taken up again. Raises `BadRequest` for a key that is not a small word and
        `Conflict` when the key is taken.
        """
        if not _KEY.fullmatch(key):
            raise BadRequest("A tenant key starts with a letter and has up to 31 small letters, digits and underscores.")
        schema = schema_name(key) if self.engines.dialect_of(location) == "postgresql" else None
        with self.database.writing() as connection:
            lock(connection, "tenant")
            known = self._find(connection, key)
            if schema is None:
                self._check_file(connection, key, location)
            if known is not None and (known.state != "creating" or known.location != location):
                raise Conflict("There already is a tenant {tenant!r}.", tenant=key)
            if known is None:
                values = {
                    "key": key,
                    "name": name,
                    "location": location,
                    "schema": schema,
                    "state": "creating",
                    "metadata_version": 0,
                }
                connection.execute(sa.insert(tenant).values(**values, created_at=self._clock.now()))
            self._set_hosts(connection, key, hosts)
        return create_place(self.engines, key, location, schema)

    def get(self, key: str) -> TenantRecord:
        """The tenant `key`; raises `UnknownTenant`."""
        with self.database.reading() as connection:
            found = self._find(connection, key)
        if found is None:
            raise UnknownTenant(tenant=key)
        return found

    def by_host(self, host: str) -> TenantRecord:
        """The tenant that answers at `host` (no port, any case); raises `UnknownTenant`."""
        with self.database.reading() as connection:
            key = connection.execute(sa.select(tenant_host.c.tenant).where(tenant_host.c.host == host.lower())).scalar()
        if key is None:
            raise UnknownTenant(tenant=host)
        return self.get(key)

    def tenants(self) -> tuple[TenantRecord, ...]:
        """All tenants that are not deleted, by key."""
        with self.database.reading() as connection:
            hosts: dict[str, list[str]] = {}
            for host, key in connection.execute(sa.select(tenant_host.c.host, tenant_host.c.tenant).order_by(tenant_host.c.host)):
                hosts.setdefault(key, []).append(host)
            rows = connection.execute(sa.select(tenant).where(tenant.c.state != "deleted").order_by(tenant.c.key))
            return tuple(_record(row, hosts.get(row.key, ())) for row in rows)

    def open(self, key: str) -> TenantDatabase:
        """The database of the tenant `key`, whatever its state; raises `UnknownTenant`."""
        return self.open_record(self.get(key))

    def open_record(self, record: TenantRecord) -> TenantDatabase:
        """The database of a tenant that was read before."""
        return self.engines.database(record.key, record.location, record.schema)

    def upgrade_tenant(self, key: str) -> list[str]:
        """Bring the tenant's system tables to this program's version. Returns the titles of the steps taken."""
        return upgrade(self.open(key), TENANT_SCHEMA)

    def set_state(self, key: str, state: TenantState) -> None:
        """Activate, suspend or mark as deleted; raises `UnknownTenant`."""
        self._update(key, state=state)

    def set_hosts(self, key: str, hosts: Sequence[str]) -> None:
        """The hosts that the tenant answers at; raises `Conflict` when one is another tenant's."""
        self.get(key)
        with self.database.writing() as connection:
            lock(connection, "tenant")
            self._set_hosts(connection, key, hosts)

    def drop(self, key: str) -> None:
        """Delete the tenant and all its data, for good."""
        record = self.get(key)
        self.set_state(key, "deleted")
        drop_place(self.engines, self.open_record(record), record.location)
        with self.database.writing() as connection:
            connection.execute(sa.delete(tenant_host).where(tenant_host.c.tenant == key))
            connection.execute(sa.delete(tenant).where(tenant.c.key == key))

    # -- metadata versions --------------------------------------------------------------------------------------

    def current_versions(self) -> dict[str, int]:
        """The metadata version of every active tenant, in one small query."""
        statement = sa.select(tenant.c.key, tenant.c.metadata_version).where(tenant.c.state == "active")
        with self.database.reading() as connection:
            return {row.key: row.metadata_version for row in connection.execute(statement)}

    def set_version(self, key: str, version: int) -> None:
        """Make `version` known to all servers. It never goes back, in whatever order publishes report."""
        statement = sa.update(tenant).where(tenant.c.key == key, tenant.c.metadata_version < version)
        with self.database.writing() as connection:
            connection.execute(statement.values(metadata_version=version))

    # -- inside -------------------------------------------------------------------------------------------------

    def _find(self, connection: sa.Connection, key: str) -> TenantRecord | None:
        row = connection.execute(sa.select(tenant).where(tenant.c.key == key)).first()
        if row is None:
            return None
        hosts = connection.execute(sa.select(tenant_host.c.host).where(tenant_host.c.tenant == key).order_by(tenant_host.c.host))
        return _record(row, hosts.scalars().all())

    def _check_file(self, connection: sa.Connection, key: str, location: str) -> None:
        """Two tenants never share a file: a SQLite location says `{tenant}` where the key belongs."""
        wanted = self.engines.url(location, key)
        others = connection.execute(sa.select(tenant.c.key, tenant.c.location).where(tenant.c.key != key))
        taken = {self.engines.url(row.location, row.key) for row in others}
        if wanted in taken or sa.make_url(wanted) == self.database.engine.url:
            raise Conflict(
                "Another database lives in the file of this location; write {placeholder} where the key belongs.",
                placeholder="{tenant}",
            )

    def _set_hosts(self, connection: sa.Connection, key: str, hosts: Sequence[str]) -> None:
        wanted = sorted({host.lower() for host in hosts})
        taken = connection.execute(
            sa.select(tenant_host.c.host).where(tenant_host.c.host.in_(wanted), tenant_host.c.tenant != key)
        ).scalar()
        if taken is not None:
            raise Conflict("The host {host!r} belongs to another tenant.", host=taken)
        connection.execute(sa.delete(tenant_host).where(tenant_host.c.tenant == key))
        if wanted:
            connection.execute(sa.insert(tenant_host), [{"host": host, "tenant": key} for host in wanted])

    def _update(self, key: str, **values: object) -> None:
        with self.database.writing() as connection:
            if connection.execute(sa.update(tenant).where(tenant.c.key == key).values(**values)).rowcount == 0:
                raise UnknownTenant(tenant=key)


def _record(row: sa.Row[tuple[object, ...]], hosts: Sequence[str]) -> TenantRecord:
    return TenantRecord(
        key=row.key,
        name=row.name,
        location=row.location,
        schema=row.schema,
        state=cast(TenantState, row.state),
        metadata_version=row.metadata_version,
        created_at=row.created_at,
        hosts=tuple(hosts),
    )
