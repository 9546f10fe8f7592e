"""In which order rows are locked, so that writers whose computed fields hang together wait in line instead of for each other.

Every transaction locks, on PostgreSQL, module by module in the plan's `lock_order` and in a module by id: first the records that
a saved record points to, then the record itself, then whatever hangs on it. FOR NO KEY UPDATE leaves alone those who merely
point to a row. On SQLite there is one writer, and nothing to lock.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.computed.ways import Ways, batches
from tessera.runtime.model import Catalog, CompiledModule

if TYPE_CHECKING:
    from tessera.runtime.session import Session

Held = set[tuple[str, UUID]]


class Locks:
    """Locks over one connection; `held` is what this transaction has locked already, and grows."""

    def __init__(self, connection: sa.Connection, catalog: Catalog, held: Held) -> None:
        self._connection = connection
        self._catalog = catalog
        self._held = held
        self.needed = connection.dialect.name == "postgresql"

    def take(self, wanted: Mapping[str, Iterable[UUID]], *, shared: frozenset[str] = frozenset()) -> bool:
        """Hold rows by module until the end of the transaction; says whether there was anything to wait for.

        Rows of the modules `shared` are only kept from changing: others may read and hold them so as well.
        """
        if not self.needed:
            return False
        taken = False
        for module in sorted(wanted, key=lambda key: self._catalog.computed.lock_order.get(key, 0)):
            ids = {record_id for record_id in wanted[module] if (module, record_id) not in self._held}
            table = self._catalog.table_of(module).table
            for part in batches(ids):
                rows = sa.select(table.c.id).where(table.c.id.in_(part)).order_by(table.c.id)
                self._connection.execute(rows.with_for_update(read=module in shared, key_share=module not in shared))
                taken = True
            self._held.update((module, record_id) for record_id in ids)
        return taken


def lock_ahead(session: "Session", module: CompiledModule, ids: Iterable[UUID]) -> None:
    """Call before stored records are locked for a change: holds what their computed fields read, as it stands now."""
    if not session.catalog.computed.locking.get(module.key) or not session.write or not _is_needed(session):
        return
    take_sources(session, module.key, _sources(session, module.key, set(ids)))


def hold_together(session: "Session", records: Mapping[str, Iterable[UUID]]) -> None:
    """Hold records of several modules, and what their computed fields read, before they are changed one after another.

    Two who change the same records in different orders then wait in line, too.
    """
    if not session.write or not _is_needed(session):
        return
    returning = session.catalog.computed.returning
    changed: dict[str, set[UUID]] = {}
    read: dict[str, set[UUID]] = {}
    for module, ids in records.items():
        own = set(ids)
        changed.setdefault(module, set()).update(own)
        for target, found in _sources(session, module, own).items():
            holder = changed if target in returning.get(module, frozenset()) else read
            holder.setdefault(target, set()).update(found)
    wanted = {key: changed.get(key, set()) | read.get(key, set()) for key in {*changed, *read}}
    locks = Locks(session.connection, session.catalog, session.locked_sources)
    locks.take(wanted, shared=frozenset(read) - frozenset(changed))


def _is_needed(session: "Session") -> bool:
    return session.connection.dialect.name == "postgresql"


def _sources(session: "Session", module: str, ids: set[UUID]) -> dict[str, set[UUID]]:
    """The records that the computed fields of stored records read through lookups, by module."""
    walk, wanted = Ways(session.connection, session.catalog), dict[str, set[UUID]]()
    for way in session.catalog.computed.locking.get(module, ()):
        start = ids if way[0].module == module else walk.lines_of(way[0].module, ids)
        wanted.setdefault(way[-1].target, set()).update(walk.forward(way, start))
    return wanted


def take_sources(session: "Session", module_key: str, wanted: Mapping[str, Iterable[UUID]]) -> bool:
    """Hold records that a save of `module_key` reads.

    A record that the save changes in turn (a customer's terms go into the order, the order's total into the customer) is held
    alone, as two who share it would wait for each other; the others are shared.
    """
    returning = session.catalog.computed.returning.get(module_key, frozenset())
    locks = Locks(session.connection, session.catalog, session.locked_sources)
    return locks.take(wanted, shared=frozenset(wanted) - returning)
