"""What differs between two sets of definitions, as typed changes that can be said in words: the plan of a publish."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tessera.kernel.messages import N_
from tessera.metadata.definitions import (
    Definitions,
    FieldDefinition,
    Layout,
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
from tessera.metadata.errors import Path, show_path
from tessera.metadata.operations import ROOTS
from tessera.metadata.shape import Slot, encode, plain, slots_of

ChangeKind = Literal["added", "removed", "hidden", "shown", "changed", "moved"]

_NOUNS: Mapping[type, str] = {
    ModuleDefinition: N_("module"),
    FieldDefinition: N_("field"),
    PicklistDefinition: N_("picklist"),
    PicklistValue: N_("choice"),
    ValidationRule: N_("rule"),
    Layout: N_("layout"),
    Tab: N_("tab"),
    Section: N_("section"),
    RelatedList: N_("related list"),
    ListView: N_("list"),
    MenuGroup: N_("menu group"),
    MenuItem: N_("menu entry"),
}
_SENTENCES: Mapping[ChangeKind, str] = {
    "added": N_("{noun} {path} is added"),
    "removed": N_("{noun} {path} is removed"),
    "hidden": N_("{noun} {path} is hidden; what is stored stays"),
    "shown": N_("{noun} {path} is shown again"),
    "changed": N_("{property} of {noun} {path} changes from {before} to {after}"),
    "moved": N_("{property} of {noun} {path} stand in another order"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `path` leads to the definition, `attribute` is what changed in it ("": the whole of it)."""

    kind: ChangeKind
    noun: str
    path: Path
    attribute: str = ""
    before: Any = None
    after: Any = None

    @property
    def message(self) -> str:
        """The English template of the sentence, to be translated; `params` fill it."""
        return _SENTENCES[self.kind]

    @property
    def params(self) -> dict[str, str]:
        values = {"before": _shown(self.before), "after": _shown(self.after)}
        return {"noun": self.noun, "path": show_path(self.path[1:]), "property": self.attribute.replace("_", " "), **values}

    def text(self) -> str:
        """The change as an English sentence."""
        sentence = self.message.format(**self.params)
        return f"{sentence[0].upper()}{sentence[1:]}."


def changes(old: Definitions, new: Definitions) -> list[Change]:
    """Everything that differs, in the order of the new definitions; a thing that is new or gone is one change, not many."""
    found: list[Change] = []
    for root, cls in ROOTS.items():
        before = {key: encode(entry) for key, entry in getattr(old, root).items()}
        after = {key: encode(entry) for key, entry in getattr(new, root).items()}
        found += _entries(cls, (root,), before, after)
    for key in dict.fromkeys((*old.settings, *new.settings)):
        if (before_value := old.settings.get(key)) != (after_value := new.settings.get(key)):
            path = ("settings", key)
            found.append(
                Change(
                    kind="changed", noun=N_("setting"), path=path, attribute=N_("value"), before=before_value, after=after_value
                )
            )
    found += _texts(old, new)
    return found


def _entries(cls: type, path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    noun = _NOUNS.get(cls, "")
    for key in (*new, *(key for key in old if key not in new)):
        if key not in old or key not in new:
            yield Change(kind="added" if key in new else "removed", noun=noun, path=(*path, key))
        else:
            yield from _entry(cls, (*path, key), old[key], new[key])


def _entry(cls: type, path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    noun = _NOUNS.get(cls, "")
    if old.get("hidden", False) != new.get("hidden", False):
        yield Change(kind="hidden" if new.get("hidden") else "shown", noun=noun, path=path)
    slots = slots_of(cls)
    for name in (*new, *(name for name in old if name not in new)):
        slot = slots.get(name)
        before, after = old.get(name), new.get(name)
        if name == "hidden" or (before == after and _order(before) == _order(after)):
            continue
        if slot is None or slot.kind == "value":
            yield Change(kind="changed", noun=noun, path=path, attribute=name, before=before, after=after)
        else:
            yield from _collection(slot, noun, path, before or {}, after or {})


def _collection(slot: Slot, noun: str, path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if slot.entry in _NOUNS:
        yield from _entries(slot.entry, (*path, slot.name), old, new)  # type: ignore[arg-type]
    elif old.keys() != new.keys() or any(old[key] != new[key] for key in old):
        yield Change(kind="changed", noun=noun, path=path, attribute=slot.name, before=list(old), after=list(new))
        return
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield Change(kind="moved", noun=noun, path=path, attribute=slot.name, before=list(old), after=list(new))


def _texts(old: Definitions, new: Definitions) -> Iterator[Change]:
    for language in dict.fromkeys((*old.texts, *new.texts)):
        before, after = old.texts.get(language, {}), new.texts.get(language, {})
        for english in dict.fromkeys((*after, *before)):
            if before.get(english) != after.get(english):
                path = ("texts", language, english)
                values = {"before": before.get(english), "after": after.get(english)}
                yield Change(kind="changed", noun=N_("translation"), path=path, attribute=N_("text"), **values)


def _order(value: Any) -> list[str]:
    return list(value) if isinstance(value, Mapping) else []


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "—"
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    return repr(plain(value)) if isinstance(value, Mapping) else str(value)
