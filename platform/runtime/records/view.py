"""A record as formulas see it: its values by name, related records behind lookups (loaded when asked for), lines as rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.values import Row

#: Loads one record's stored values by module key and id; None when it is gone.
Loader = Callable[[str, UUID], Row | None]


class RecordView(Mapping[str, Any]):
    """Read-only and lazy: a lookup's record is loaded once, when a formula goes through it.

    Formulas are the definition's own logic, so they read with the system's eyes; what their *result* may show is decided by
    the policy of the field that stores it.
    """

    __slots__ = ("_lines", "_loader", "_module", "_parent", "_unread", "_values", "_views", "catalog")

    def __init__(
        self,
        catalog: Catalog,
        module: CompiledModule,
        values: Mapping[str, Any],
        loader: Loader,
        *,
        lines: Mapping[str, Sequence[RecordDraft]] | None = None,
        parent: "RecordView | None" = None,
        unread: UUID | None = None,
    ) -> None:
        self.catalog = catalog
        self._module = module
        self._values = values
        self._loader = loader
        self._lines = lines or {}
        self._parent = parent
        self._unread = unread  # the id of a record that is loaded when a value of it is asked for
        self._views: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name in self._views:
            return self._views[name]
        if name == "parent" and self._parent is not None:
            return self._parent
        if self._unread is not None:
            if name == "id":
                return self._unread
            self._values = self._loader(self._module.key, self._unread) or {"id": self._unread}
            self._unread = None
        if name in self._module.lines:
            self._views[name] = self._line_views(name)
            return self._views[name]
        value = self._values.get(name)
        return None if value is None else self._seen(self._module.fields[name], value)

    def _seen(self, field: CompiledField, value: Any) -> Any:
        """What a formula sees of a value: the record behind a lookup, the records behind a multi-lookup, else the value."""
        targets = field.type.references(field.definition, field.options)
        if len(targets) == 1 and isinstance(value, UUID):
            self._views[field.key] = self._related(targets[0], value)
        elif field.key in self._module.links:
            self._views[field.key] = [self._related(targets[0], target) for target in value]
        else:
            return field.type.to_expression(field, value)
        return self._views[field.key]

    def _related(self, module_key: str, record_id: UUID) -> "RecordView | None":
        module = self.catalog.modules.get(module_key)
        return None if module is None else RecordView(self.catalog, module, {}, self._loader, unread=record_id)

    def _line_views(self, name: str) -> list["RecordView"]:
        table = self._module.lines[name]
        drafts = self._lines.get(name, ())
        return [RecordView(self.catalog, table, draft.values, self._loader, parent=self) for draft in drafts]

    def __iter__(self) -> Iterator[str]:
        yield from self._module.fields

    def __len__(self) -> int:
        return len(self._module.fields)
