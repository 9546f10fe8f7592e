"""Takes an import back: what it made goes to the recycle bin, found by the run's id in the audit trail."""

from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.kernel.errors import Conflict
from tessera.runtime.runtime import TenantRuntime
from tessera.runtime.session import Session
from tessera.runtime.values import Query
from tessera.storage.system_tables import audit, import_run


def undo(tenant: TenantRuntime, context: Context, run_id: UUID) -> int:
    """Move the records that an import made, and nobody has changed since, to the recycle bin; how many.

    Raises `Conflict` when the run is not known or was undone before.
    """
    with tenant.database.reading() as connection:
        run = connection.execute(sa.select(import_run).where(import_run.c.id == run_id)).first()
        if run is None or run.state == "undone":
            raise Conflict("There is no such import to undo.")
        made = connection.execute(
            sa.select(audit.c.record_id).where(
                audit.c.request_id == str(run_id), audit.c.action == "create", audit.c.module == run.module
            )
        ).scalars()
        ids = [record_id for record_id in made if record_id is not None]
    removed = 0
    for start in range(0, len(ids), 200):
        part = ids[start : start + 200]

        def work(session: Session, part: list[UUID] = part) -> int:
            others = sa.select(audit.c.record_id).where(
                audit.c.module == run.module, audit.c.record_id.in_(part), audit.c.request_id != str(run_id)
            )
            touched = set(session.connection.execute(others).scalars())
            wanted = [str(one) for one in part if one not in touched]
            query = Query(filter={"field": "id", "op": "in", "value": wanted}, fields=("id",), limit=500)
            standing = [row["id"] for row in session.records.query(run.module, query).rows]
            session.records.delete_many(run.module, standing)
            return len(standing)

        removed += tenant.transact(context, work)
    with tenant.database.writing() as connection:
        connection.execute(import_run.update().where(import_run.c.id == run_id).values(state="undone"))
    return removed
