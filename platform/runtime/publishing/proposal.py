"""A publish before it happens: the serving version and the next one side by side."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson

from tessera.metadata.definitions import Definitions
from tessera.metadata.diff import Change, changes
from tessera.metadata.documents import from_documents, to_documents
from tessera.metadata.layers import Parked
from tessera.metadata.schema_check import SchemaCheck
from tessera.runtime.compile import compile_catalog
from tessera.runtime.model import Catalog
from tessera.runtime.publishing.backfills import Task, describe, needed_tasks
from tessera.runtime.publishing.column_defaults import with_defaults
from tessera.runtime.publishing.layers import TenantLayers, read_layers
from tessera.runtime.publishing.plan import PublishPlan
from tessera.storage.columns import TableSpec
from tessera.storage.plan import Plan, make_plan
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import active_documents, active_number, active_version, next_number


@dataclass(frozen=True, slots=True)
class Serving:
    """What a tenant stands on now. Layers never change without a new version, so the number says whether it still holds."""

    version: int
    checksum: str
    tables: tuple[TableSpec, ...]
    layers: TenantLayers
    definitions: Definitions


def read_serving(database: TenantDatabase, kept: Serving | None = None) -> tuple[Serving, int]:
    """Everything a publish starts from, and the number of the next version. `kept` is used when it still holds."""
    with database.reading() as connection:
        following = next_number(connection)
        if kept is not None and kept.version == active_number(connection):
            return kept, following
        stored = active_version(connection)
        _, documents = active_documents(connection)
        definitions = from_documents(documents) if documents is not None else Definitions()
        return Serving(stored.version, stored.checksum, stored.tables, read_layers(connection), definitions), following


class Proposal:
    """The next version of a tenant, compiled and planned, not applied. Raises `AppErrors` or `CompileErrors` when it is wrong."""

    def __init__(
        self, database: TenantDatabase, serving: Serving, layers: TenantLayers, version: int, checks: SchemaCheck
    ) -> None:
        self.serving = serving
        self.layers = layers
        self.version = version
        effective = layers.effective(checks)
        self.definitions = effective.definitions
        self.parked: tuple[Parked, ...] = effective.parked
        self.catalog: Catalog = compile_catalog(self.definitions, self.version)
        self.tables: Plan = make_plan(database, serving.tables, with_defaults(self.catalog, serving.tables), version=self.version)
        self.tasks: tuple[Task, ...] = needed_tasks(serving.definitions, self.catalog)

    @cached_property
    def documents(self) -> Any:
        """The definitions as they are stored."""
        return to_documents(self.definitions)

    @cached_property
    def checksum(self) -> str:
        """Of the documents; equal ones are the same version."""
        return sha256(orjson.dumps(self.documents, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What differs in the definitions."""
        return () if self.changes_nothing else tuple(changes(self.serving.definitions, self.definitions))

    @property
    def changes_nothing(self) -> bool:
        """Whether the serving version is this already."""
        same_definitions = self.checksum == self.serving.checksum and self.layers == self.serving.layers
        return same_definitions and self.tables.is_empty

    @property
    def outcome(self) -> Serving:
        """What the tenant stands on once this is applied."""
        return Serving(self.version, self.checksum, self.tables.tables, self.layers, self.definitions)

    def plan(self, *, applied: bool) -> PublishPlan:
        """The proposal in words."""
        backfills = tuple(describe(task, self.catalog) for task in self.tasks)
        version = self.serving.version if self.changes_nothing else self.version
        return PublishPlan(version, self.changes, self.tables, self.parked, backfills, applied)
