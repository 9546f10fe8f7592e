"""Modules, fields, choices, views and layouts as plain JSON with labels in one language: what clients build pages from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tessera.api.texts import texts_of
from tessera.kernel.errors import BadQuery
from tessera.metadata.definitions import Layout, ListView, RelatedList
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.choices import Choices
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query.access import QuerySession, Reader
from tessera.runtime.query.paths import check_visible, resolve
from tessera.runtime.related import related_lists
from tessera.security.policy import ModuleAccess

Json = dict[str, Any]


class Describer:
    """Describes a catalog to one reader: what they may not read is not there."""

    def __init__(self, catalog: Catalog, session: QuerySession, language: str) -> None:
        self._catalog = catalog
        self._session = session
        self._reader = Reader(session)
        self._texts = texts_of(catalog, language)

    def may_know(self, module: CompiledModule) -> bool:
        """Whether the reader may learn that the module exists."""
        return bool(self._session.access(module).actions) and not module.definition.hidden

    def text(self, english: str) -> str:
        """A label in the reader's language."""
        return self._texts.get(english, english)

    def summary(self, module: CompiledModule) -> Json:
        """A module in brief."""
        definition = module.definition
        return {
            "key": module.key,
            "label": self.text(definition.label),
            "label_plural": self.text(definition.label_plural),
            "help": self.text(definition.help),
            "icon": definition.icon,
            "tone": definition.tone,
            "app": definition.app,
            "actions": sorted(self._session.access(module).actions),
        }

    def module(self, module: CompiledModule) -> Json:
        """A module with everything in it."""
        access, definition = self._session.access(module), module.definition
        return {
            **self.summary(module),
            "title_field": definition.title_field if self._sees(module, definition.title_field) else None,
            "subtitle_fields": self._seen(module, definition.subtitle_fields),
            "fields": self._fields(module, access, ""),
            "views": [self._view(module, view) for view in definition.views.values() if self._may_use(module, view)],
            "layouts": [self._layout(module, layout) for layout in definition.layouts.values()],
            "card": self._seen(module, definition.card),
        }

    def menus(self) -> list[Json]:
        """The navigation, without what the reader may not read."""
        groups = []
        for group in self._catalog.definitions.menus.values():
            items = [
                {"key": item.key, "module": item.module, "view": item.view, "label": self._menu_label(item.module, item.label)}
                for item in group.items.values()
                if item.module in self._catalog.modules and self.may_know(self._catalog.modules[item.module])
            ]
            if items:
                groups.append({"key": group.key, "label": self.text(group.label), "items": items})
        return groups

    def _menu_label(self, module: str, label: str) -> str:
        return self.text(label or self._catalog.modules[module].definition.label_plural)

    def _fields(self, module: CompiledModule, access: ModuleAccess, prefix: str) -> list[Json]:
        return [
            self._field(module, field, access, prefix)
            for key, field in module.fields.items()
            if not field.definition.hidden and prefix + key not in access.hidden_fields
        ]

    def _field(self, module: CompiledModule, field: CompiledField, access: ModuleAccess, prefix: str) -> Json:
        definition, kind = field.definition, field.type
        writable = field.key in module.writable and not definition.read_only
        described: Json = {
            "key": field.key,
            "type": kind.key,
            "label": self.text(definition.label),
            "help": self.text(definition.help),
            "required": definition.required,
            "unique": definition.unique,
            "read_only": not writable or prefix + field.key in access.read_only_fields,
            "searchable": definition.searchable,
            "sortable": kind.sortable and bool(field.columns),
            "groupable": kind.groupable and bool(field.columns),
            "operators": list(kind.operators_of(field)),
            "schema": kind.json_schema(field),
        }
        targets = kind.references(definition, field.options)
        if targets:
            described["modules"] = list(targets)
        if isinstance(field.options, Choices):
            described["choices"] = self._choices(field.options)
            described["controlled_by"] = field.options.controlled_by
        lines = module.lines.get(field.key)
        if lines is not None:
            described["fields"] = self._fields(lines, access, f"{field.key}.")
        return described

    def _choices(self, choices: Choices) -> list[Json]:
        return [
            {
                "key": key,
                "label": self.text(value.label) if value.label else key,
                "tone": value.tone,
                "parent": value.parent,
                "retired": value.retired,
                "when": list(value.when),
            }
            for key, value in choices.values.items()
        ]

    def _sees(self, module: CompiledModule, path: str) -> bool:
        try:
            check_visible(self._reader, resolve(self._catalog, module, path))
        except BadQuery:
            return False
        return True

    def _seen(self, module: CompiledModule, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if self._sees(module, path)]

    def _may_use(self, module: CompiledModule, view: ListView) -> bool:
        """Not a view whose filter asks for what the reader may not see: it would be refused."""
        return all(self._sees(module, path) for path in _asked_for(view.filter))

    def _view(self, module: CompiledModule, view: ListView) -> Json:
        return {
            "key": view.key,
            "label": self.text(view.label),
            "kind": view.kind,
            "columns": self._seen(module, view.columns),
            "filter": view.filter,
            "sort": [key for key in view.sort if self._sees(module, key.removeprefix("-"))],
            "default": view.default,
            "options": dict(view.options),
        }

    def _layout(self, module: CompiledModule, layout: Layout) -> Json:
        tabs = [
            {
                "key": tab.key,
                "label": self.text(tab.label),
                "sections": [
                    {
                        "key": section.key,
                        "label": self.text(section.label),
                        "columns": section.columns,
                        "fields": [
                            {"key": place.key, "span": place.span}
                            for place in section.fields.values()
                            if self._sees(module, place.key)
                        ],
                    }
                    for section in tab.sections.values()
                ],
            }
            for tab in layout.tabs.values()
        ]
        related = [
            {
                "key": entry.key,
                "module": entry.module,
                "field": entry.field,
                "label": self.text(entry.label or self._catalog.modules[entry.module].definition.label_plural),
                "columns": self._seen(self._catalog.modules[entry.module], entry.columns),
                "sort": [key for key in entry.sort if self._sees(self._catalog.modules[entry.module], key.removeprefix("-"))],
            }
            for entry in related_lists(self._catalog, module, layout).values()
            if self._may_list(entry)
        ]
        return {"key": layout.key, "highlights": self._seen(module, layout.highlights), "tabs": tabs, "related": related}

    def _may_list(self, entry: RelatedList) -> bool:
        source = self._catalog.modules.get(entry.module)
        if source is None or entry.field not in source.fields:
            return False
        return self.may_know(source) and entry.field not in self._session.access(source).hidden_fields


def _asked_for(tree: Any) -> Iterator[str]:
    """The paths that a filter tree names."""
    if isinstance(tree, Mapping):
        if isinstance(tree.get("field"), str):
            yield tree["field"]
        for name in ("and", "or", "not"):
            yield from _asked_for(tree.get(name))
    elif isinstance(tree, list | tuple):
        for inner in tree:
            yield from _asked_for(inner)
