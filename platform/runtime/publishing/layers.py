"""The layers of a tenant as stored: its apps (`sys_app`) and its own changes (`sys_overlay`)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.metadata.layers import Effective, effective, with_base
from tessera.metadata.operations import Operation
from tessera.metadata.ordered import pack, unpack
from tessera.metadata.packages import AppPackage
from tessera.metadata.schema_check import SchemaCheck
from tessera.storage.system_tables import installed_app, overlay_change


@dataclass(frozen=True, slots=True)
class OverlayEntry:
    """One operation of the tenant's overlay with its identity."""

    id: UUID
    operation: Operation


@dataclass(frozen=True, slots=True)
class TenantLayers:
    """Apps by name, and the overlay in order."""

    apps: tuple[AppPackage, ...] = ()
    overlay: tuple[OverlayEntry, ...] = ()

    def with_apps(self, packages: Sequence[AppPackage]) -> "TenantLayers":
        """The layers with `packages` installed, in place of older versions of them."""
        given = {package.name: package for package in packages}
        kept = tuple(package for package in self.apps if package.name not in given)
        return replace(self, apps=(*kept, *given.values()))

    def without_app(self, name: str) -> "TenantLayers":
        """The layers without one app."""
        return replace(self, apps=tuple(package for package in self.apps if package.name != name))

    def with_operations(self, operations: Sequence[Operation]) -> "TenantLayers":
        """The layers with `operations` on top; each `change` remembers what it replaces. Raises `OperationRefused`."""
        entries = list(self.overlay)
        for operation in operations:
            below = [entry.operation for entry in entries]
            entries.append(OverlayEntry(uuid7(), with_base(self.apps, below, operation)))
        return replace(self, overlay=tuple(entries))

    def without_operations(self, ids: Sequence[UUID]) -> "TenantLayers":
        """The layers without some of the tenant's operations."""
        return replace(self, overlay=tuple(entry for entry in self.overlay if entry.id not in ids))

    def effective(self, checks: SchemaCheck) -> Effective:
        """What holds; raises `AppErrors` when the apps do not fit together."""
        return effective(self.apps, [entry.operation for entry in self.overlay], checks=checks)


def read_layers(connection: sa.Connection) -> TenantLayers:
    """The stored layers."""
    apps = connection.execute(sa.select(installed_app.c.documents).order_by(installed_app.c.name)).scalars()
    overlay = connection.execute(sa.select(overlay_change.c.id, overlay_change.c.operation).order_by(overlay_change.c.position))
    return TenantLayers(
        tuple(AppPackage.from_json(document) for document in apps),
        tuple(OverlayEntry(row.id, Operation.from_json(unpack(row.operation))) for row in overlay),
    )


def write_layers(connection: sa.Connection, old: TenantLayers, new: TenantLayers, *, author: str, at: datetime) -> None:
    """Store what differs between `old`, which is stored, and `new`."""
    before = {package.name: package for package in old.apps}
    for package in new.apps:
        known = before.pop(package.name, None)
        if known == package:
            continue
        values: dict[str, Any] = {"version": package.version, "documents": package.to_json(), "installed_at": at}
        if known is None:
            connection.execute(sa.insert(installed_app).values(name=package.name, **values))
        else:
            connection.execute(sa.update(installed_app).where(installed_app.c.name == package.name).values(**values))
    if before:
        connection.execute(sa.delete(installed_app).where(installed_app.c.name.in_(list(before))))
    _write_overlay(connection, old, new, author, at)


def _write_overlay(connection: sa.Connection, old: TenantLayers, new: TenantLayers, author: str, at: datetime) -> None:
    known, kept = {entry.id for entry in old.overlay}, {entry.id for entry in new.overlay}
    gone = known - kept
    if gone:
        connection.execute(sa.delete(overlay_change).where(overlay_change.c.id.in_(list(gone))))
    last = connection.execute(sa.select(sa.func.max(overlay_change.c.position))).scalar()
    position = -1 if last is None else int(last)
    for entry in new.overlay:
        if entry.id not in known:
            position += 1
            row = {"id": entry.id, "position": position, "operation": pack(entry.operation.to_json())}
            connection.execute(sa.insert(overlay_change).values(**row, created_at=at, created_by=author))
