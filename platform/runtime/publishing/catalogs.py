"""Compiled versions for servers: from the documents in the tenant's own database, never from the disk."""

import threading
from weakref import WeakKeyDictionary

from tessera.metadata.definitions import Definitions
from tessera.metadata.documents import from_documents
from tessera.runtime.compile import compile_catalog
from tessera.runtime.model import Catalog
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import active_documents, active_number


class CatalogLoader:
    """Loads the catalog of the serving version, and keeps the last one of each tenant.

    A publish in the same process hands its catalog over with `remember`, so that it is not compiled twice.
    """

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[TenantDatabase, Catalog] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def __call__(self, database: TenantDatabase) -> Catalog:
        """The catalog that serves; one of version 0, without modules, in a tenant where nothing was published yet."""
        with database.reading() as connection:
            number = active_number(connection)
            kept = self._kept.get(database)
            if kept is not None and kept.version == number:
                return kept
            number, documents = active_documents(connection)
        catalog = compile_catalog(from_documents(documents) if documents is not None else Definitions(), number)
        self.remember(database, catalog)
        return catalog

    def remember(self, database: TenantDatabase, catalog: Catalog) -> None:
        """Keep `catalog` as the newest of the tenant, unless a newer one is known."""
        with self._lock:
            kept = self._kept.get(database)
            if kept is None or kept.version <= catalog.version:
                self._kept[database] = catalog


def load_catalog(database: TenantDatabase) -> Catalog:
    """The catalog that serves, compiled from what is stored."""
    return CatalogLoader()(database)
