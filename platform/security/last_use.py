"""When a token or session was last used: noted at most once a minute, and never by making a request wait.

A write has to queue behind other writers; reading must not. Notes are therefore written by a thread of their own. One
that is lost with the process, or that the database cannot take for the moment, costs a minute of precision and nothing else.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import sqlalchemy as sa

from tessera.kernel.errors import Unavailable
from tessera.storage.tenant_database import TenantDatabase

STEP: Final = timedelta(minutes=1)
_log = logging.getLogger(__name__)
K = TypeVar("K", bound=Hashable)


class LastUse(Generic[K]):
    """Collects uses by key and writes them with `statement(key, moment)`."""

    def __init__(self, database: TenantDatabase, statement: Callable[[K, datetime], sa.Update]) -> None:
        self._database = database
        self._statement = statement
        self._pending: dict[K, datetime] = {}
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    def note(self, key: K, before: datetime | None, now: datetime) -> None:
        """`key` is used `now` and was known to be used at `before`; written when that is a minute ago or in the future."""
        if before is not None and abs(now - before) < STEP:
            return
        with self._lock:
            self._pending[key] = now
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="last-use", daemon=True)
                self._writer.start()

    def settle(self) -> None:
        """Wait until what was noted is written: for a tidy end, and for tests."""
        writer = self._writer
        if writer is not None:
            writer.join()

    def _write(self) -> None:
        while True:
            with self._lock:
                notes, self._pending = self._pending, {}
                if not notes:
                    self._writer = None
                    return
            try:
                with self._database.writing() as connection:
                    for key, moment in notes.items():
                        connection.execute(self._statement(key, moment))
            except (sa.exc.SQLAlchemyError, Unavailable):
                _log.warning("the last use of %d tokens or sessions could not be noted", len(notes), exc_info=True)
