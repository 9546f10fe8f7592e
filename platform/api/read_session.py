"""A session for hot reads: no connection is checked out and nothing is begun, because rendered reads use the thread's own."""

from typing import NoReturn

from tessera.kernel.context import Context
from tessera.runtime.model import Catalog, CompiledModule
from tessera.security.policy import ModuleAccess, Policy
from tessera.storage.tenant_database import TenantDatabase


class ReadSession:
    """What `runtime.query` needs to read: fulfils its `QuerySession`, under one principal's policy."""

    __slots__ = ("_access", "catalog", "context", "database", "policy")
    write = False

    def __init__(self, context: Context, catalog: Catalog, database: TenantDatabase, policy: Policy) -> None:
        self.context = context
        self.catalog = catalog
        self.database = database
        self.policy = policy
        self._access: dict[str, ModuleAccess] = {}

    @property
    def connection(self) -> NoReturn:
        """Never there: a read that needs a connection belongs into a `runtime.session.Session`."""
        raise RuntimeError("a read session has no connection")

    def access(self, module: CompiledModule) -> ModuleAccess:
        """What the principal may do to `module`; a line table answers as its parent."""
        key = module.parent or module.key
        access = self._access.get(key)
        if access is None:
            definition = self.catalog.module(key).definition
            access = self._access[key] = self.policy.access(self.context.principal, key, definition.access)
        return access
