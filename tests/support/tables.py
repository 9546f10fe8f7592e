"""Tables in a tenant's database without any metadata: for tests of what lies below modules."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tessera.storage.apply import Application
from tessera.storage.columns import TableSpec
from tessera.storage.plan import Plan, make_plan
from tessera.storage.publish_lock import publish_lock
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import Snapshot, active_version, next_number


def plan_tables(database: TenantDatabase, specs: Sequence[TableSpec]) -> Plan:
    """What leads from the tables of the serving version to `specs`."""
    with database.reading() as connection:
        current, version = active_version(connection), next_number(connection)
    return make_plan(database, current.tables, specs, version=version)


def publish_tables(
    database: TenantDatabase,
    specs: Sequence[TableSpec],
    *,
    checkpoint: Callable[[str], None] | None = None,
    accept: bool = False,
    **options: Any,
) -> Plan:
    """Make `specs` the tables of the tenant, as a publish does."""
    with publish_lock(database):
        application = Application(database, checkpoint=checkpoint, tasks=options.pop("handlers", None))
        application.recover()
        plan = plan_tables(database, specs)
        if not plan.is_empty:
            with database.reading() as connection:
                version = next_number(connection)
            snapshot = Snapshot([spec.name for spec in specs], "0" * 64, "test", datetime.now(UTC))
            application.apply(plan, version, snapshot, accept=accept, **options)
    return plan


def table_names(database: TenantDatabase) -> set[str]:
    """The tables that are really there, without the product's own."""
    with database.reading() as connection:
        names = sa.inspect(connection).get_table_names(schema=database.schema)
    return {name for name in names if not name.startswith("sys_") and "__fts" not in name}


def column_types(database: TenantDatabase, table: str) -> dict[str, str]:
    """The columns that are really there, with their types and "!" where a value is required."""
    with database.reading() as connection:
        columns = sa.inspect(connection).get_columns(table, schema=database.schema)
    return {c["name"]: str(c["type"]) + ("" if c["nullable"] else "!") for c in columns if c["name"] != "_row"}


def index_names(database: TenantDatabase, table: str) -> set[str]:
    """The indexes that are really there, without those of keys."""
    with database.reading() as connection:
        indexes = sa.inspect(connection).get_indexes(table, schema=database.schema)
    return {str(i["name"]) for i in indexes if not str(i["name"]).startswith(("pk_", "sqlite_"))}


def foreign_keys(database: TenantDatabase, table: str) -> dict[str, str]:
    """Column → table it points to, as the database knows it."""
    with database.reading() as connection:
        keys = sa.inspect(connection).get_foreign_keys(table, schema=database.schema)
    return {key["constrained_columns"][0]: key["referred_table"] for key in keys}
