"""After a write, in the same transaction: brings up to date whatever hangs on what was written, and what hangs on that.

Nothing at all happens for fields that nobody reads. Otherwise the affected records are found by walking each reader's way
backwards, and worked out group by group in the plan's order, so that each field is looked at once however the change spreads.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from tessera.runtime.computed.changes import RecordChange, RowChange
from tessera.runtime.computed.environment import stored_environment
from tessera.runtime.computed.plan import ComputedField, ComputedPlan, Reader
from tessera.runtime.computed.ways import Ways
from tessera.runtime.computed.work import Correction, Worker

if TYPE_CHECKING:
    from tessera.runtime.session import Session

Pending = dict[ComputedField, set[UUID]]


def propagate(session: "Session", changes: Sequence[RecordChange]) -> list[Correction]:
    """Update the computed fields of other records that `changes` affect; returns every value that changed.

    Raises `ValidationFailed` when a value no longer fits its column.
    """
    catalog = session.catalog
    plan = catalog.computed
    if not plan.groups:
        return []
    ways = Ways(session.connection, catalog)
    pending: Pending = defaultdict(set)
    for module, rows in _by_module(changes).items():
        for name, readers in plan.readers.get(module, {}).items():
            touched = [row for row in rows if (row.is_existence if name is None else row.touches(name))]
            if touched:
                _await_changes(ways, readers, touched, pending)
    _await_restored(plan, changes, pending)
    if not pending:
        return []
    environment = stored_environment(catalog, session.context.now())
    worker = Worker(session.connection, catalog, environment, held=session.locked_sources)
    if worker.locks.needed:
        worker.locks.take(_reach(plan, pending, ways))
    return _spread(worker, plan, pending, ways)


def _spread(worker: Worker, plan: ComputedPlan, pending: Pending, ways: Ways) -> list[Correction]:
    """Work `pending` off in the plan's order, adding to it what each correction leads to."""
    done: list[Correction] = []
    for group in plan.groups:
        fields = [computed for computed in group.fields if pending.get(computed)]
        if not fields:
            continue
        ids = set().union(*(pending.pop(computed) for computed in fields))
        corrections = worker.update(group.module, fields, ids)
        done += corrections
        for key, changed in _by_field(corrections).items():
            for reader in plan.readers.get(group.module, {}).get(key, ()):
                pending[reader.field] |= ways.from_ids(reader.read.route, changed)
    return done


def _reach(plan: ComputedPlan, pending: Pending, ways: Ways) -> Mapping[str, set[UUID]]:
    """Every row that may have to be updated if all of `pending` changes, by module: they are locked before the first update."""
    supposed: Pending = defaultdict(set, {computed: set(ids) for computed, ids in pending.items()})
    reached: dict[str, set[UUID]] = defaultdict(set)
    for group in plan.groups:
        for computed in group.fields:
            ids = supposed.get(computed)
            if not ids:
                continue
            reached[group.module] |= ids
            for reader in plan.readers.get(group.module, {}).get(computed.key, ()):
                supposed[reader.field] |= ways.from_ids(reader.read.route, ids)
    return reached


def _by_module(changes: Iterable[RecordChange]) -> Mapping[str, list[RowChange]]:
    found: dict[str, list[RowChange]] = defaultdict(list)
    for change in changes:
        for row in change.rows():
            found[row.module].append(row)
    return found


def _await_changes(ways: Ways, readers: Iterable[Reader], touched: Sequence[RowChange], pending: Pending) -> None:
    for reader in readers:
        rows = touched
        if _is_done_by_the_save(reader):
            continue
        if not reader.read.route:
            rows = [row for row in touched if row.before is not None]  # a new record was worked out whole
        if rows:
            affected = ways.from_changes(reader.read.route, rows)
            if affected:
                pending[reader.field] |= affected


def _is_done_by_the_save(reader: Reader) -> bool:
    """What a record reads of itself, its lines and its parent was worked out before it was written."""
    return reader.field.local and all(step.kind in ("lines", "parent") for step in reader.read.route)


def _await_restored(plan: ComputedPlan, changes: Iterable[RecordChange], pending: Pending) -> None:
    """Much may have happened while a record was in the recycle bin."""
    for change in changes:
        if change.kind == "restored":
            for row in change.rows():
                for computed in plan.of_module(row.module):
                    pending[computed].add(row.id)


def _by_field(corrections: Iterable[Correction]) -> Mapping[str, set[UUID]]:
    found: dict[str, set[UUID]] = defaultdict(set)
    for correction in corrections:
        found[correction.field.key].add(correction.id)
    return found
