"""A stored record as formulas see it, read from the database as far as a formula asks: for formulas that SQL cannot say."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.codec import codec_of
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.values import Row


class StoredRows:
    """Reads rows over one connection, remembering single records for the length of a batch."""

    def __init__(self, connection: sa.Connection, catalog: Catalog) -> None:
        self._connection = connection
        self.catalog = catalog
        self._records: dict[tuple[str, UUID], Row | None] = {}

    def view(self, module: CompiledModule, record_id: UUID) -> "StoredView":
        """The row of `module` with that id, in the recycle bin or not."""
        found = self._select(module, module.table.c.id == record_id)
        return StoredView(self, module, found[0] if found else {"id": record_id})

    def related(self, module_key: str, record_id: UUID) -> Row | None:
        """A live record that a lookup points to."""
        key = (module_key, record_id)
        if key not in self._records:
            module = self.catalog.module(module_key)
            found = self._select(module, module.table.c.id == record_id, module.table.c.deleted_at.is_(None))
            self._records[key] = found[0] if found else None
        return self._records[key]

    def lines(self, module: CompiledModule, record_id: UUID) -> list[Row]:
        """The lines of a record in one of its line tables."""
        return self._select(module, module.table.c.parent_id == record_id)

    def pointing(self, source: str, via: str, record_id: UUID) -> list[Row]:
        """Live rows of `source` whose lookup `via` points to a record."""
        module = self.catalog.table_of(source)
        tied = module.fields[via].column == record_id
        if module.parent is None:
            return self._select(module, tied, module.table.c.deleted_at.is_(None))
        document = self.catalog.module(module.parent).table
        live = sa.select(document.c.id).where(document.c.deleted_at.is_(None))
        return self._select(module, tied, module.table.c.parent_id.in_(live))

    def linked(self, link: sa.Table, target: str, record_id: UUID) -> list[Row]:
        """Live records that a multi_lookup of a record points to."""
        module = self.catalog.module(target)
        ids = sa.select(link.c.target_id).where(link.c.record_id == record_id)
        return self._select(module, module.table.c.id.in_(ids), module.table.c.deleted_at.is_(None))

    def _select(self, module: CompiledModule, *conditions: sa.ColumnElement[bool]) -> list[Row]:
        codec, table = codec_of(module), module.table
        own = [table.c.parent_id] if module.parent is not None else []
        rows = self._connection.execute(sa.select(*codec.columns, table.c.id, *own).where(*conditions))
        width = len(codec.columns)
        found = []
        for row in rows:
            values = codec.decode(row)
            values["id"] = row[width]
            if own:
                values["parent"] = row[width + 1]
            found.append(values)
        return found


class StoredView(Mapping[str, Any]):
    """One row; lookups, lines and rows that point to it are read when a formula goes there."""

    __slots__ = ("_module", "_rows", "_unread", "_values")

    def __init__(self, rows: StoredRows, module: CompiledModule, values: Row, *, unread: bool = False) -> None:
        self._rows = rows
        self._module = module
        self._values = values
        self._unread = unread

    def __getitem__(self, name: str) -> Any:
        if name == "id":
            return self._values["id"]
        if self._unread:
            self._values = self._rows.related(self._module.key, self._values["id"]) or {"id": self._values["id"]}
            self._unread = False
        if name == "parent" and self._module.parent is not None:
            return self._rows.view(self._rows.catalog.module(self._module.parent), self._values["parent"])
        if name in self._module.lines or name not in self._module.fields or name in self._module.links:
            return self._several(name)
        return self._one(name)

    def _one(self, name: str) -> Any:
        field, value = self._module.fields[name], self._values.get(name)
        if value is None:
            return None
        targets = field.type.references(field.definition, field.options)
        if len(targets) == 1 and isinstance(value, UUID):
            module = self._rows.catalog.modules.get(targets[0])
            return None if module is None else StoredView(self._rows, module, {"id": value}, unread=True)
        return field.type.to_expression(field, value)

    def _several(self, name: str) -> list["StoredView"]:
        own: UUID = self._values["id"]
        module = self._module
        if name in module.lines:
            return [StoredView(self._rows, module.lines[name], row) for row in self._rows.lines(module.lines[name], own)]
        if name in module.links:
            (target,) = module.fields[name].type.references(module.fields[name].definition, module.fields[name].options)
            found = self._rows.linked(module.links[name], target, own)
            return [StoredView(self._rows, self._rows.catalog.module(target), row) for row in found]
        source, _, via = name.rpartition(".")
        pointing = self._rows.catalog.table_of(source)
        return [StoredView(self._rows, pointing, row) for row in self._rows.pointing(source, via, own)]

    def __iter__(self) -> Iterator[str]:
        yield from self._module.fields

    def __len__(self) -> int:
        return len(self._module.fields)
