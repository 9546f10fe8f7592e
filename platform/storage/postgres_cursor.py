"""The cursor of our PostgreSQL connections."""

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus


def is_stale_plan(error: BaseException | None) -> bool:
    """True when a prepared statement met a table whose columns changed meanwhile."""
    return isinstance(error, psycopg.errors.FeatureNotSupported) and "cached plan" in str(error)


class FreshPlanCursor(psycopg.Cursor[Any]):
    """Outside a transaction, prepares a statement again whose tables were changed by a publish.

    Inside one it is too late: the server has ended the transaction, and who runs it has to try again.
    """

    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None) -> Any:
        try:
            return super().execute(query, params, prepare=prepare, binary=binary)
        except psycopg.errors.FeatureNotSupported as error:
            if not is_stale_plan(error) or self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            # psycopg forgets what it prepared, and tells the server so, whenever it sees a rollback
            self.connection.execute("ROLLBACK")
            return super().execute(query, params, prepare=prepare, binary=binary)
