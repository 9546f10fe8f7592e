"""The texts of definitions that people read, and where each stands: what a catalogue has to translate."""

from collections.abc import Iterator, Mapping
from typing import Any

from tessera.metadata.definitions import (
    FieldDefinition,
    ListView,
    MenuGroup,
    MenuItem,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
    RelatedList,
    Section,
    Tab,
    ValidationRule,
)
from tessera.metadata.errors import show_path
from tessera.metadata.operations import ROOTS, Operation, place_class
from tessera.metadata.packages import AppPackage
from tessera.metadata.shape import normalise, slots_of

#: The properties that are English texts, by the definition they belong to.
TEXTS: Mapping[type, tuple[str, ...]] = {
    ModuleDefinition: ("label", "label_plural", "help"),
    FieldDefinition: ("label", "help"),
    ValidationRule: ("message",),
    PicklistDefinition: ("label",),
    PicklistValue: ("label",),
    Section: ("label",),
    Tab: ("label",),
    RelatedList: ("label",),
    ListView: ("label",),
    MenuGroup: ("label",),
    MenuItem: ("label",),
}


def texts_of(package: AppPackage) -> dict[str, list[str]]:
    """{English: the places where it stands} of everything in an app that people read, in the order of the definitions."""
    found: dict[str, list[str]] = {}
    for english, place in _texts(package):
        found.setdefault(english, []).append(place)
    return found


def _texts(package: AppPackage) -> Iterator[tuple[str, str]]:
    yield package.title, "app/title"
    if package.help:
        yield package.help, "app/help"
    for key, setting in package.settings.items():
        for name in ("label", "help"):
            if name in setting:
                yield setting[name], f"settings/{key}/{name}"
        for value_key, value in setting.get("values", {}).items():
            yield from _definition(PicklistValue, normalise(PicklistValue, value_key, value), ("settings", key, value_key))
    for root, cls in ROOTS.items():
        for key, document in package.documents.get(root, {}).items():
            yield from _definition(cls, document, (root, key))
    for operation in package.extensions:
        yield from _operation(operation)


def _definition(cls: type, document: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The texts of one definition and of all inside it."""
    for name in TEXTS.get(cls, ()):
        if document.get(name):
            yield document[name], show_path((*path, name))
    for slot in slots_of(cls).values():
        if slot.entry is not None:
            for key, inner in document.get(slot.name, {}).items():
                yield from _definition(slot.entry, inner, (*path, slot.name, key))


def _operation(operation: Operation) -> Iterator[tuple[str, str]]:
    """The texts that an extension brings."""
    cls, name = place_class(operation.keys)
    if cls is None or operation.value is None:
        return
    if operation.op == "add":
        yield from _definition(cls, normalise(cls, operation.keys[-1], operation.value), operation.keys)
    elif name in TEXTS.get(cls, ()):
        yield operation.value, operation.path
