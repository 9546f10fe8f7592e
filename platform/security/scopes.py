"""Scopes: how an access token is narrower than the person it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tessera.kernel.context import Principal
from tessera.metadata.definitions import DefaultAccess
from tessera.security.policy import ModuleAccess, Policy


@dataclass(frozen=True, slots=True)
class Scopes:
    """The modules and actions a token is good for; None: all of them. It can only take away, never grant."""

    modules: frozenset[str] | None = None
    actions: frozenset[str] | None = None

    @property
    def is_unlimited(self) -> bool:
        return self.modules is None and self.actions is None

    def allow(self, module: str, action: str) -> bool:
        """Whether `action` on `module` lies within the scopes."""
        return (self.modules is None or module in self.modules) and (self.actions is None or action in self.actions)

    def to_json(self) -> dict[str, Any]:
        """The stored form: lists, or "*" for everything."""
        return {
            "modules": "*" if self.modules is None else sorted(self.modules),
            "actions": "*" if self.actions is None else sorted(self.actions),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Scopes":
        """From the stored form. Whatever is not plainly "*" or a list allows nothing."""
        return cls(_names(stored.get("modules", ())), _names(stored.get("actions", ())))


def _names(value: Any) -> frozenset[str] | None:
    if value == "*":
        return None
    return frozenset(value) if isinstance(value, list | tuple) else frozenset()


UNLIMITED = Scopes()


@dataclass(frozen=True, slots=True)
class ScopedPolicy:
    """A policy narrowed to scopes."""

    inner: Policy
    scopes: Scopes

    def access(self, principal: Principal, module: str, default: DefaultAccess) -> ModuleAccess:
        scopes = self.scopes
        if scopes.modules is not None and module not in scopes.modules:
            return ModuleAccess()
        access = self.inner.access(principal, module, default)
        return access if scopes.actions is None else replace(access, actions=access.actions & scopes.actions)
