"""A publish before it happens: the serving version and the next one side by side."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson
import sqlalchemy as sa

from tessera.metadata.definitions import Definitions
from tessera.metadata.diff import changes
from tessera.metadata.documents import from_documents, to_documents
from tessera.metadata.layers import Parked
from tessera.metadata.schema_check import SchemaCheck
from tessera.runtime.compile import compile_catalog
from tessera.runtime.model import Catalog
from tessera.runtime.publishing.backfills import Task, describe, needed_tasks
from tessera.runtime.publishing.column_defaults import with_defaults
from tessera.runtime.publishing.layers import TenantLayers, read_layers
from tessera.runtime.publishing.plan import PublishPlan
from tessera.storage.plan import Plan, make_plan
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import StoredVersion, active_documents, active_version, next_number


@dataclass(frozen=True, slots=True)
class Serving:
    """What a tenant stands on now."""

    layers: TenantLayers
    stored: StoredVersion
    definitions: Definitions
    next_version: int


def read_serving(database: TenantDatabase) -> Serving:
    """Everything a publish starts from."""
    with database.reading() as connection:
        return _read(connection)


def _read(connection: sa.Connection) -> Serving:
    _, documents = active_documents(connection)
    definitions = from_documents(documents) if documents is not None else Definitions()
    return Serving(read_layers(connection), active_version(connection), definitions, next_number(connection))


class Proposal:
    """The next version of a tenant, compiled and planned, not applied. Raises `AppErrors` or `CompileErrors` when it is wrong."""

    def __init__(self, database: TenantDatabase, serving: Serving, layers: TenantLayers, checks: SchemaCheck) -> None:
        self.serving = serving
        self.layers = layers
        effective = layers.effective(checks)
        self.definitions = effective.definitions
        self.parked: tuple[Parked, ...] = effective.parked
        self.version = serving.next_version
        self.catalog: Catalog = compile_catalog(self.definitions, self.version)
        self.tables: Plan = make_plan(
            database, serving.stored.tables, with_defaults(self.catalog, serving.stored.tables), version=self.version
        )
        self.tasks: tuple[Task, ...] = needed_tasks(serving.definitions, self.catalog)

    @cached_property
    def documents(self) -> Any:
        """The definitions as they are stored."""
        return to_documents(self.definitions)

    @cached_property
    def checksum(self) -> str:
        """Of the documents; equal ones are the same version."""
        return sha256(orjson.dumps(self.documents, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @property
    def changes_nothing(self) -> bool:
        """Whether the serving version is this already."""
        return self.checksum == self.serving.stored.checksum and self.tables.is_empty

    def plan(self, *, applied: bool) -> PublishPlan:
        """The proposal in words."""
        differences = () if self.changes_nothing else tuple(changes(self.serving.definitions, self.definitions))
        backfills = tuple(describe(task, self.catalog) for task in self.tasks)
        version = self.serving.stored.version if self.changes_nothing else self.version
        return PublishPlan(version, differences, self.tables, self.parked, backfills, applied)
