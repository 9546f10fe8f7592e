"""Which tenant a request is for: its host name, else the path prefix /t/<tenant>, else the default or only tenant."""

import time
from typing import Final

from tessera.runtime.runtime import Runtime, TenantRuntime
from tessera.storage.control import UnknownTenant

#: Seconds that a host's tenant (or that it has none) is remembered.
_REMEMBERED: Final = 5.0
_MOST_HOSTS: Final = 1_000


class TenantResolver:
    """Finds the tenant of a request. A host that belongs to one tenant never leads to another."""

    def __init__(self, runtime: Runtime, default: str | None) -> None:
        self._runtime = runtime
        self._default = default
        self._hosts: dict[str, tuple[float, str | None]] = {}

    def resolve(self, host: str, prefix: str | None) -> TenantRuntime:
        """The active tenant at `host` (with or without port), where the path may name one; raises `UnknownTenant`."""
        owner = self._owner_of(_bare(host))
        if owner is not None and prefix is not None and prefix != owner:
            raise UnknownTenant(tenant=prefix)
        key = owner or prefix or self._fallback()
        if key is None:
            raise UnknownTenant(tenant=_bare(host))
        return self._runtime.tenant(key)

    def _owner_of(self, host: str) -> str | None:
        now = time.monotonic()
        known = self._hosts.get(host)
        if known is not None and now - known[0] < _REMEMBERED:
            return known[1]
        try:
            owner: str | None = self._runtime.control.by_host(host).key
        except UnknownTenant:
            owner = None
        if len(self._hosts) >= _MOST_HOSTS:
            self._hosts.clear()
        self._hosts[host] = (now, owner)
        return owner

    def _fallback(self) -> str | None:
        if self._default is not None:
            return self._default
        keys = self._runtime.tenant_keys()
        return keys[0] if len(keys) == 1 else None


def _bare(host: str) -> str:
    """The host without its port, in lower case: "[::1]:8080" is "[::1]"."""
    host = host.lower()
    if host.endswith("]"):
        return host
    name, separator, port = host.rpartition(":")
    return name if separator and port.isdigit() else host
