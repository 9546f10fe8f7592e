"""Patch operations: how a layer changes what stands below it, addressed by paths of stable keys, never by position or copy.

    {"op": "add",    "path": "modules/customer/fields/x_fleet", "value": {...}, "after": "name"}
    {"op": "change", "path": "modules/customer/fields/fax/label", "value": "Telefax", "base": "Fax"}
    {"op": "move",   "path": "modules/customer/views/all/columns/city", "after": ""}
    {"op": "remove", "path": "modules/customer/fields/fax"}

Collections are keyed, so these four are all there is. `add` and `move` put the entry after the one named by `after`: `""` is
the front, None the end. What is removed from a layer below stays in storage: fields and modules become hidden, choices retired;
other things leave the effective definitions only. `texts/<language>/<English>` and `settings/<app>.<key>` are changed as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tessera.metadata.definitions import (
    FieldDefinition,
    LayoutField,
    MenuGroup,
    MenuItem,
    ModuleDefinition,
    PicklistDefinition,
    PicklistValue,
)
from tessera.metadata.errors import OperationRefused, Path, nearest
from tessera.metadata.naming import prefix_finding
from tessera.metadata.provenance import OVERLAY
from tessera.metadata.shape import Slot, normalise, plain, slots_of

OperationKind = Literal["add", "change", "move", "remove"]
KINDS: tuple[OperationKind, ...] = ("add", "change", "move", "remove")

#: The collections at the top of the documents.
ROOTS: Mapping[str, type] = {"modules": ModuleDefinition, "picklists": PicklistDefinition, "menus": MenuGroup}
#: Entries that are named after something else (a field, a module), so that their keys carry no prefix of their own.
_NAMED_AFTER = (LayoutField, MenuItem)
#: What "removed" means for things that hold stored values.
_REMOVED: Mapping[type, str] = {FieldDefinition: "hidden", ModuleDefinition: "hidden", PicklistValue: "retired"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")
_SETTING_TYPES: Mapping[str, type] = {"text": str, "choice": str, "integer": int, "boolean": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One change by one layer. `base` is the value that a `change` replaced when it was made, for merging upgrades later."""

    op: OperationKind
    path: str
    value: Any = None
    after: str | None = None
    base: Any = None

    @property
    def keys(self) -> Path:
        """The path as keys; the English of a text may itself hold slashes."""
        return tuple(self.path.split("/", 2 if self.path.startswith("texts/") else -1))

    def to_json(self) -> dict[str, Any]:
        """The operation as stored, without what it does not use."""
        optional = {"value": plain(self.value), "after": self.after, "base": plain(self.base)}
        return {"op": self.op, "path": self.path, **{name: value for name, value in optional.items() if value is not None}}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Operation":
        """The stored operation; raises `OperationRefused` when it is none."""
        if document.get("op") not in KINDS or not isinstance(document.get("path"), str):
            raise OperationRefused(f"An operation is one of {', '.join(KINDS)} with a path.")
        if unknown := set(document) - {"op", "path", "value", "after", "base"}:
            raise OperationRefused(f"An operation knows no {sorted(unknown)[0]!r}.")
        return cls(**document)


@dataclass(slots=True)
class Layers:
    """The documents while layers are laid on each other: plain data in its normalised shape, and who wrote what."""

    documents: dict[str, dict[str, Any]] = field(default_factory=lambda: {root: {} for root in ROOTS})
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    setting_types: dict[str, dict[str, Any]] = field(default_factory=dict)
    provenance: dict[Path, str] = field(default_factory=dict)

    def layer_of(self, path: Path) -> str | None:
        """The layer that wrote what stands at `path`."""
        return next((layer for length in range(len(path), 0, -1) if (layer := self.provenance.get(path[:length]))), None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path leads: `holder[name]`, an entry of a collection of `entry` (None: a list of keys) or a property."""

    holder: dict[str, Any]
    name: str
    is_entry: bool
    slot: Slot | None
    entry: type | None
    missing: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = ()  # mappings on the way that are not there yet

    def make_way(self) -> None:
        """Put the missing mappings on the way where they belong, once the operation is known to fit."""
        for outer, name, inner in self.missing:
            outer[name] = inner


def apply(layers: Layers, operation: Operation, *, layer: str, namespace: str) -> None:
    """Change `layers` by one operation of `layer`, whose own names begin with `namespace` ("": no prefix).

    Raises `OperationRefused` and changes nothing when the target is gone or the operation does not fit it.
    """
    keys = operation.keys
    if keys[0] == "texts":
        _apply_text(layers, operation, layer)
    elif keys[0] == "settings":
        _apply_setting(layers, operation, layer)
    else:
        place = _resolve(layers, keys, create=operation.op in ("add", "change"))
        _ACTIONS[operation.op](layers, operation, place, layer, namespace)


def value_at(layers: Layers, operation: Operation) -> Any:
    """What stands at the operation's path now (None: nothing); raises `OperationRefused` when the way there is gone."""
    keys = operation.keys
    if keys[0] == "texts":
        return layers.texts.get(keys[1], {}).get(keys[2]) if len(keys) == 3 else None
    if keys[0] == "settings":
        return layers.settings.get("/".join(keys[1:]))
    place = _resolve(layers, keys, create=False)
    return plain(place.holder.get(place.name))


def _resolve(layers: Layers, keys: Path, *, create: bool) -> _Place:
    """Walk `keys` through the documents along the shapes of the definitions; `create` allows mappings that are not there yet."""
    if keys[0] not in ROOTS or len(keys) < 2:
        raise OperationRefused(f"A path begins with {', '.join(ROOTS)}, settings or texts, and a key.")
    cls: type | None = ROOTS[keys[0]]
    collection: dict[str, Any] = layers.documents[keys[0]]
    way = _Way(create)
    for position in range(1, len(keys), 2):
        last = len(keys) - 1 - position
        if last == 0:
            return _Place(collection, keys[position], True, None, cls, tuple(way.missing))
        if cls is None or keys[position] not in collection:
            raise OperationRefused(_gone(keys[: position + 1], collection))
        document = way.mapping(collection, keys[: position + 1])
        slot = slots_of(cls).get(keys[position + 1])
        if last == 1:
            return _Place(document, keys[position + 1], False, slot, cls, tuple(way.missing))
        if slot is None or slot.kind == "value":
            for index in range(position + 1, len(keys) - 1):  # a property inside a plain value, such as an option of a behaviour
                document = way.mapping(document, keys[: index + 1])
            return _Place(document, keys[-1], False, None, None, tuple(way.missing))
        collection = way.mapping(document, keys[: position + 2])
        cls = slot.entry
    raise AssertionError(keys)  # the walk ends at the last key


@dataclass(slots=True)
class _Way:
    """The mappings on the way to a place; with `create` those that are not there are made, but not yet put into the documents."""

    create: bool
    missing: list[tuple[dict[str, Any], str, dict[str, Any]]] = field(default_factory=list)

    def mapping(self, outer: dict[str, Any], keys: Path) -> dict[str, Any]:
        """The mapping in `outer` that the last of `keys` names; raises `OperationRefused` when there is none."""
        if keys[-1] not in outer:
            if not self.create:
                raise OperationRefused(_gone(keys, outer))
            made: dict[str, Any] = {}
            self.missing.append((outer, keys[-1], made))
            return made
        inner = outer[keys[-1]]
        if not isinstance(inner, dict):
            raise OperationRefused(f"{'/'.join(keys)} is not a mapping.")
        return inner


def place_class(keys: Path) -> tuple[type | None, str | None]:
    """The class of the definition that a path leads to (or leads into), and the property (None: the definition itself)."""
    cls: type | None = ROOTS.get(keys[0])
    for position in range(2, len(keys), 2):
        slot = slots_of(cls).get(keys[position]) if cls is not None else None
        if slot is None or position == len(keys) - 1:
            return cls, keys[position]
        cls = slot.entry
    return cls, None


def _gone(keys: Path, known: Mapping[str, Any]) -> str:
    near = nearest(keys[-1], known)
    hint = f" Did you mean {near!r}?" if near else ""
    return f"There is no {'/'.join(keys)}.{hint}"


def _add(layers: Layers, operation: Operation, place: _Place, layer: str, namespace: str) -> None:
    if not place.is_entry:
        raise OperationRefused("Only entries of a collection are added; a property is changed.")
    if place.name in place.holder:
        raise OperationRefused(f"There is a {operation.path} already.")
    is_own = layers.layer_of(operation.keys[:-1]) == layer
    if place.entry is not None and place.entry not in _NAMED_AFTER and not is_own:
        finding = prefix_finding(operation.keys, namespace)
        if finding is not None:
            raise OperationRefused(finding.message)
    value = {} if place.entry is None else normalise(place.entry, place.name, plain(operation.value))
    if not isinstance(value, dict):
        raise OperationRefused("What is added is a mapping of properties.")
    if place.entry is ModuleDefinition:
        value["app"] = "" if layer == OVERLAY else layer
    _insert(place.holder, place.name, value, operation.after)
    place.make_way()
    layers.provenance[operation.keys] = layer


def _change(layers: Layers, operation: Operation, place: _Place, layer: str, namespace: str) -> None:
    if place.is_entry:
        raise OperationRefused("An entry is added, moved or removed; only a property of it is changed.")
    if operation.keys[0] == "modules" and place.name == "app" and place.entry is ModuleDefinition:
        raise OperationRefused("Which app a module belongs to cannot be changed.")
    if place.slot is not None and place.slot.kind != "value":
        raise OperationRefused("A collection is changed entry by entry: add, change, move or remove by key.")
    if operation.value is None:
        place.holder.pop(place.name, None)
    else:
        place.holder[place.name] = plain(operation.value)
        place.make_way()
    _forget(layers, operation.keys)
    layers.provenance[operation.keys] = layer


def _move(layers: Layers, operation: Operation, place: _Place, layer: str, namespace: str) -> None:
    if not place.is_entry or place.name not in place.holder:
        raise OperationRefused(_gone(operation.keys, place.holder))
    if operation.after == place.name:
        raise OperationRefused("An entry cannot stand after itself.")
    _check_after(place.holder, operation.after)
    _insert(place.holder, place.name, place.holder.pop(place.name), operation.after)


def _remove(layers: Layers, operation: Operation, place: _Place, layer: str, namespace: str) -> None:
    if not place.is_entry or place.name not in place.holder:
        raise OperationRefused(_gone(operation.keys, place.holder))
    mark = _REMOVED.get(place.entry) if place.entry else None
    if mark is not None and layers.layer_of(operation.keys) != layer:
        place.holder[place.name][mark] = True
        layers.provenance[(*operation.keys, mark)] = layer
        return
    del place.holder[place.name]
    _forget(layers, operation.keys)


_ACTIONS = {"add": _add, "change": _change, "move": _move, "remove": _remove}


def _check_after(holder: Mapping[str, Any], after: str | None) -> None:
    if after and after not in holder:
        raise OperationRefused(f"There is no {after!r} to stand after.")


def _insert(holder: dict[str, Any], name: str, value: Any, after: str | None) -> None:
    """Put the entry after `after` ("": first, None: last), keeping the mapping itself."""
    _check_after(holder, after)
    entries = list(holder.items())
    index = len(entries) if after is None else 0 if not after else list(holder).index(after) + 1
    entries.insert(index, (name, value))
    holder.clear()
    holder.update(entries)


def _forget(layers: Layers, keys: Path) -> None:
    """What is written or removed at `keys` replaces what was recorded below."""
    for path in [path for path in layers.provenance if path[: len(keys)] == keys]:
        del layers.provenance[path]


def _apply_text(layers: Layers, operation: Operation, layer: str) -> None:
    keys = operation.keys
    if len(keys) != 3 or not _LANGUAGE.fullmatch(keys[1]) or not keys[2]:
        raise OperationRefused("The path of a text is texts/<language>/<English text>.")
    texts = layers.texts.setdefault(keys[1], {})
    if operation.op == "remove":
        if texts.pop(keys[2], None) is None:
            raise OperationRefused(f"There is no translation of {keys[2]!r}.")
        layers.provenance.pop(keys, None)
        return
    if operation.op == "move" or not isinstance(operation.value, str):
        raise OperationRefused("A translation is a text that is added, changed or removed.")
    texts[keys[2]] = operation.value
    layers.provenance[keys] = layer


def _apply_setting(layers: Layers, operation: Operation, layer: str) -> None:
    name = "/".join(operation.keys[1:])
    declared = layers.setting_types.get(name)
    if operation.op != "change":
        raise OperationRefused("A setting is only changed.")
    if declared is None:
        near = nearest(name, layers.setting_types)
        raise OperationRefused(f"There is no setting {name!r}." + (f" Did you mean {near!r}?" if near else ""))
    value = operation.value
    if value is not None and type(value) is not _SETTING_TYPES[declared["type"]]:
        raise OperationRefused(f"The setting {name!r} is of type {declared['type']}.")
    if declared["type"] == "choice" and value is not None and value not in declared.get("values", {}):
        raise OperationRefused(f"{value!r} is not a choice of the setting {name!r}.")
    layers.settings[name] = declared.get("default") if value is None else value
    layers.provenance["settings", name] = layer
