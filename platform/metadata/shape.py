"""The document form of definitions: how the dataclasses of `definitions` and plain nested mappings become each other.

In a document every collection is a mapping by key, also those that people write as a list of keys, so that each thing in it
has a path of stable keys which layers and overlays can address:

- a tuple of texts (columns, sort keys …) is a mapping of empty mappings: `{"name": {}, "-created_at": {}}`;
- a collection of definitions is a mapping of their properties, the key being left out of them;
- a field's own options stand beside its common properties; the `values` of a choice field are picklist values.

The shapes are read off the dataclasses, so a new property of a definition needs no change here.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tessera.metadata.definitions import (
    Empty,
    FieldDefinition,
    LayoutField,
    MenuItem,
    PicklistValue,
)

SlotKind = Literal["value", "keys", "entries", "rules"]

#: What a bare text or number means where a mapping of properties is expected.
SCALARS: Mapping[type, str] = {PicklistValue: "label", LayoutField: "span", MenuItem: "label"}
#: Properties that are the entry's own key when they are not given.
KEY_DEFAULTS: Mapping[type, str] = {MenuItem: "module"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One property of a definition: a plain value, a tuple of keys, or a keyed collection of `entry` definitions."""

    name: str
    kind: SlotKind
    entry: type | None
    default: Any


@cache
def slots_of(cls: type) -> Mapping[str, Slot]:
    """The properties of a definition class, by name; `key` and `options` are not among them."""
    hints = get_type_hints(cls)
    result = {}
    for item in fields(cls):
        if item.name == "key" or (item.name == "options" and cls is FieldDefinition):
            continue
        kind, entry = _kind(hints[item.name])
        default = item.default if item.default_factory is MISSING else item.default_factory()
        result[item.name] = Slot(item.name, kind, entry, default)
    if cls is FieldDefinition:
        result["values"] = Slot("values", "entries", PicklistValue, {})
    return result


def _kind(hint: Any) -> tuple[SlotKind, type | None]:
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return ("keys", None) if arguments[0] is str else ("rules", arguments[0])
    if arguments and arguments[0] is str and len(arguments) == 2 and hasattr(arguments[1], "__dataclass_fields__"):
        return "entries", arguments[1]
    return "value", None


def encode(definition: Any) -> dict[str, Any]:
    """The document form of one definition; properties at their defaults are left out."""
    cls: type = type(definition)
    result: dict[str, Any] = {}
    for slot in slots_of(cls).values():
        if cls is FieldDefinition and slot.name == "values":
            continue
        value = getattr(definition, slot.name)
        if slot.default is not MISSING and value == slot.default:
            continue
        result[slot.name] = _encode(slot, value)
    if cls is FieldDefinition:
        result |= {name: plain(value) for name, value in definition.options.items()}
    return result


def _encode(slot: Slot, value: Any) -> Any:
    if slot.kind == "keys":
        return {key: {} for key in value}
    if slot.kind == "rules":
        return {entry.key: encode(entry) for entry in value}
    if slot.kind == "entries":
        return {key: encode(entry) for key, entry in value.items()}
    return plain(value)


def plain(value: Any) -> Any:
    """`value` with every mapping a dict and every sequence a list."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list | tuple) else value


def decode(cls: type, key: str | None, document: Mapping[str, Any]) -> Any:
    """The definition that `document` describes; it must have the shape that `normalise` gives."""
    slots = slots_of(cls)
    arguments: dict[str, Any] = {} if key is None else {"key": key}
    options: dict[str, Any] = {}
    for name, value in document.items():
        slot = slots.get(name)
        if slot is None or (cls is FieldDefinition and name == "values"):
            options[name] = value
        else:
            arguments[name] = _decode(slot, value)
    if cls is FieldDefinition:
        arguments["options"] = options or Empty
    return cls(**arguments)


def _decode(slot: Slot, value: Any) -> Any:
    if slot.kind == "keys":
        return tuple(value)
    if slot.kind == "rules":
        return tuple(decode(slot.entry, key, entry) for key, entry in value.items())  # type: ignore[arg-type]
    if slot.kind == "entries":
        return {key: decode(slot.entry, key, entry) for key, entry in value.items()}  # type: ignore[arg-type]
    return value


def normalise(cls: type, key: str, document: Any) -> Any:
    """The document form of what people wrote: shorthands become mappings. Wrong shapes stay, for the schema to refuse."""
    if not isinstance(document, dict):
        if document is not None and cls not in SCALARS:
            return document
        document = {} if document is None else {SCALARS[cls]: document}
    slots = slots_of(cls)
    result = {name: normalise_slot(slots[name], value) if name in slots else value for name, value in document.items()}
    if (default := KEY_DEFAULTS.get(cls)) is not None:
        result.setdefault(default, key)
    return result


def normalise_slot(slot: Slot, value: Any) -> Any:
    """The document form of one property."""
    if slot.kind == "value":
        return value
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        value = {entry: {} for entry in value}
    if not isinstance(value, dict):
        return {} if value is None else value
    if slot.entry is None:
        return {key: {} if entry is None else entry for key, entry in value.items()}
    return {key: normalise(slot.entry, key, entry) for key, entry in value.items()}
