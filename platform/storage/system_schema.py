"""Creates and migrates the product's own tables, in tenants and in the control database.

A change to `system_tables` comes with a new step here. Steps only go forward, each in a transaction together with the
version it reaches, so that an interrupted upgrade continues where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from tessera.storage.system_tables import control_metadata, control_setting, setting, tenant_metadata
from tessera.storage.tenant_database import TenantDatabase

VERSION_KEY = "system_schema_version"


@dataclass(frozen=True, slots=True)
class SystemStep:
    """One forward step; its version is its place in the tuple, from 1."""

    title: str
    apply: Callable[[sa.Connection], None]


@dataclass(frozen=True, slots=True)
class SystemSchema:
    """A set of system tables: the steps that lead to it and the settings table that remembers the step reached."""

    steps: tuple[SystemStep, ...]
    settings: sa.Table

    @property
    def version(self) -> int:
        """The version that this program needs."""
        return len(self.steps)


def _create_tenant_tables(connection: sa.Connection) -> None:
    tenant_metadata.create_all(connection, checkfirst=False)


def _create_control_tables(connection: sa.Connection) -> None:
    control_metadata.create_all(connection, checkfirst=False)


TENANT_SCHEMA = SystemSchema((SystemStep("Create the system tables.", _create_tenant_tables),), setting)
CONTROL_SCHEMA = SystemSchema((SystemStep("Create the control tables.", _create_control_tables),), control_setting)


def current_version(connection: sa.Connection, schema: SystemSchema) -> int:
    """The version that the tables are at; 0 when there are none."""
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    if not sa.inspect(connection).has_table(schema.settings.name, schema=translated.get(None)):
        return 0
    statement = sa.select(schema.settings.c.value).where(schema.settings.c.key == VERSION_KEY)
    return int(connection.execute(statement).scalar() or 0)


def upgrade(database: TenantDatabase, schema: SystemSchema) -> list[str]:
    """Bring the system tables to this program's version. Returns the titles of the steps taken."""
    taken = []
    with database.reading() as connection:
        version = current_version(connection, schema)
    while version < schema.version:
        step = schema.steps[version]
        with database.writing() as connection:
            lock(connection, schema.settings.name)
            if current_version(connection, schema) == version:
                step.apply(connection)
                _remember(connection, schema, version + 1)
                taken.append(step.title)
        version += 1
    return taken


def lock(connection: sa.Connection, name: str) -> None:
    """Hold off everybody else who locks `name` in this database until the transaction ends (SQLite: everybody already is)."""
    if connection.dialect.name == "postgresql":
        translated = connection.get_execution_options().get("schema_translate_map") or {}
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7))"), {"name": f"{translated.get(None)}/{name}"}
        )


def _remember(connection: sa.Connection, schema: SystemSchema, version: int) -> None:
    table = schema.settings
    connection.execute(sa.delete(table).where(table.c.key == VERSION_KEY))
    connection.execute(sa.insert(table).values(key=VERSION_KEY, value=version))
