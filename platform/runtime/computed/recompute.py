"""Rebuilds stored formulas and roll-ups from what they are made of, and says what differed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.expressions.environment import Environment
from tessera.runtime.computed.environment import stored_environment
from tessera.runtime.computed.plan import ComputedField, ComputedPlan, Group
from tessera.runtime.computed.work import Correction, Worker
from tessera.runtime.model import Catalog
from tessera.storage.tenant_database import TenantDatabase

#: Rows in one transaction: few enough that nobody waits long for them.
BATCH = 1000
#: Differences of one field that are shown.
MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """How many values of a field were wrong, with some of them: (record id, what stood there, what should)."""

    module: str
    field: str
    count: int
    examples: tuple[tuple[UUID, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a recomputation looked at and found. Everything it names has been put right."""

    rows: int
    differences: tuple[Difference, ...]

    @property
    def count(self) -> int:
        """How many values were wrong."""
        return sum(difference.count for difference in self.differences)


def recompute(database: TenantDatabase, catalog: Catalog, *, now: datetime, module: str | None = None) -> Report:
    """Rebuild every computed field of the tenant, or of one module and its line tables, in short transactions.

    With `module`, fields of other modules that read what was corrected are rebuilt too.
    """
    plan = catalog.computed
    fields = {computed for group in plan.groups for computed in group.fields}
    if module is not None:
        own = {computed for computed in fields if computed.module.partition(".")[0] == module}
        fields = own | _dependents(plan, own)
    return _rebuild(database, catalog, fields, now)


def recompute_stale(database: TenantDatabase, catalog: Catalog, *, now: datetime) -> Report:
    """Rebuild the fields that go stale with time alone, and those that read them.

    For a job soon after midnight in the tenant's time zone.
    """
    plan = catalog.computed
    stale = set(stale_by_time(plan))
    return _rebuild(database, catalog, stale | _dependents(plan, stale), now)


def stale_by_time(plan: ComputedPlan) -> tuple[ComputedField, ...]:
    """The computed fields whose formula asks for `today()` or `now()`, or turns moments into days of them."""
    return tuple(computed for group in plan.groups for computed in group.fields if computed.formula.stale_by_time)


def _dependents(plan: ComputedPlan, fields: Collection[ComputedField]) -> set[ComputedField]:
    """Everything that reads `fields`, directly or not."""
    found: set[ComputedField] = set()
    open_ = list(fields)
    while open_:
        computed = open_.pop()
        for reader in plan.readers.get(computed.module, {}).get(computed.key, ()):
            if reader.field not in found:
                found.add(reader.field)
                open_.append(reader.field)
    return found


def _rebuild(database: TenantDatabase, catalog: Catalog, fields: Collection[ComputedField], now: datetime) -> Report:
    environment = stored_environment(catalog, now)
    rows = 0
    differences: list[Difference] = []
    for group in catalog.computed.groups:
        wanted = tuple(computed for computed in group.fields if computed in fields)
        if not wanted:
            continue
        corrections: list[Correction] = []
        for ids in _ids(database, catalog, group):
            rows += len(ids)
            corrections += _correct(database, catalog, environment, Group(group.module, wanted), ids)
        differences += [found for computed in wanted if (found := _difference(computed, corrections)) is not None]
    return Report(rows, tuple(differences))


def _correct(
    database: TenantDatabase,
    catalog: Catalog,
    environment: Environment,
    group: Group,
    ids: Sequence[UUID],
) -> list[Correction]:
    """One transaction: what was wrong with the group's fields of the rows `ids`."""
    return database.run_in_transaction(
        lambda connection: Worker(connection, catalog, environment).update(group.module, group.fields, ids)
    )


def _ids(database: TenantDatabase, catalog: Catalog, group: Group) -> Iterator[list[UUID]]:
    """All ids of a module, a batch at a time, in order."""
    table = catalog.table_of(group.module).table
    last: UUID | None = None
    while True:
        statement = sa.select(table.c.id).order_by(table.c.id).limit(BATCH)
        if last is not None:
            statement = statement.where(table.c.id > last)
        with database.reading() as connection:
            ids = list(connection.execute(statement).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]


def _difference(computed: ComputedField, corrections: Collection[Correction]) -> Difference | None:
    found = [correction for correction in corrections if correction.field is computed]
    if not found:
        return None
    examples = tuple((correction.id, correction.before, correction.after) for correction in found[:MAX_EXAMPLES])
    return Difference(computed.module, computed.key, len(found), examples)
