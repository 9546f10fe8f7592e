"""The dictionary behind choice fields: shared or the field's own, flat or a tree, with retired and dependent values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tessera.kernel.messages import Translator
from tessera.metadata.definitions import FieldDefinition, PicklistValue
from tessera.metadata.shape import decode, normalise
from tessera.runtime.fields.base import Coercion, Display, FieldEnvironment, Rejected

#: Longest key of a choice.
KEY_LENGTH = 60

CHOICE_OPTIONS: Mapping[str, Any] = {
    "picklist": {"type": "string", "description": "Key of a shared dictionary. Either this or `values`."},
    "values": {
        "type": "object",
        "description": "The field's own choices by key, in order of display. Either this or `picklist`.",
    },
    "controlled_by": {
        "type": "string",
        "description": "Key of another choice field of the record: a value's `when` names those that allow it.",
    },
}


@dataclass(frozen=True)
class Choices:
    """The values in order. `controlled_by` is the field on whose value the offer depends."""

    values: Mapping[str, PicklistValue]
    controlled_by: str | None = None

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Where each key stands: choices sort in the order of the dictionary."""
        return {key: position for position, key in enumerate(self.values)}

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """The keys that may be chosen anew."""
        return tuple(key for key, value in self.values.items() if not value.retired)

    def under(self, key: str) -> tuple[str, ...]:
        """`key` and everything below it in the tree."""
        found, queue = [], [key]
        while queue:
            current = queue.pop()
            if current in found:
                continue
            found.append(current)
            queue += [child for child, value in self.values.items() if value.parent == current]
        return tuple(found)

    def label(self, key: str, translator: Translator) -> str:
        """What people read for `key`; a value that is gone shows its key."""
        value = self.values.get(key)
        return translator.gettext(value.label) if value is not None and value.label else key

    def path(self, key: str, translator: Translator) -> str:
        """The label with those above it in the tree: "Europe / Spain / Galicia"."""
        names, current = [self.label(key, translator)], self.values.get(key)
        while current is not None and current.parent is not None and len(names) < 20:
            names.append(self.label(current.parent, translator))
            current = self.values.get(current.parent)
        return " / ".join(reversed(names))

    def find(self, raw: Any, coercion: Coercion) -> str | None:
        """The key meant by `raw`: a key, or in forms and files also a label. None when empty. Raises `Rejected`."""
        if raw is None:
            return None
        if not isinstance(raw, str) or len(raw) > 500:
            raise Rejected("not_a_choice", "This is not among the choices.")
        name = raw.strip()
        if not name:
            return None
        if name in self.values:
            return name
        if coercion.localized:
            found = self._by_label(name.casefold(), coercion.translator)
            if found is not None:
                return found
        raise Rejected("not_a_choice", "{choice} is not among the choices.", choice=name[:60].encode("utf-8", "replace").decode())

    def _by_label(self, folded: str, translator: Translator) -> str | None:
        for key, value in self.values.items():
            if folded in (key.casefold(), value.label.casefold(), self.label(key, translator).casefold()):
                return key
            if folded == self.path(key, translator).casefold():
                return key
        return None

    def refuse_retired(self, key: str, stored: Any) -> None:
        """`Rejected` when `key` may no longer be chosen; a record that has it keeps it."""
        if self.values[key].retired and not (key == stored or (isinstance(stored, tuple) and key in stored)):
            raise Rejected("retired_choice", "{choice} is no longer offered.", choice=self.values[key].label or key)

    def refuse_ruled_out(self, key: str, record: Mapping[str, Any]) -> None:
        """`Rejected` when the controlling field's value does not allow `key`."""
        value = self.values.get(key)
        if self.controlled_by is None or value is None or not value.when:
            return
        controlling = record.get(self.controlled_by)
        chosen = controlling if isinstance(controlling, tuple) else (controlling,)
        if not set(chosen) & set(value.when):
            raise Rejected("choice_ruled_out", "{choice} does not go with the other choices.", choice=value.label or key)


def parse_choices(definition: FieldDefinition, environment: FieldEnvironment) -> Choices:
    """The dictionary a field's options name. Raises ValueError."""
    name, own = definition.options.get("picklist"), definition.options.get("values")
    if (name is None) == (own is None):
        raise ValueError("give either picklist (a shared dictionary) or values (the field's own)")
    if own is not None:
        values = {key: decode(PicklistValue, key, normalise(PicklistValue, key, entry)) for key, entry in own.items()}
    else:
        picklist = environment.picklists.get(str(name))
        if picklist is None:
            raise ValueError(f"there is no picklist {name!r}")
        values = dict(picklist.values)
    _check_tree(values)
    return Choices(values, _controlling(definition, environment))


def choice_text(choices: Choices, key: str, display: Display) -> str:
    """The label of one choice in the reader's language."""
    return choices.label(key, display.translator)


def _controlling(definition: FieldDefinition, environment: FieldEnvironment) -> str | None:
    name = definition.options.get("controlled_by")
    if name is None:
        return None
    other = environment.siblings.get(name)
    if other is None or other.key == definition.key:
        raise ValueError(f"controlled_by names no other field of the record: {name!r}")
    if other.type not in ("picklist", "multi_picklist"):
        raise ValueError(f"controlled_by must name a choice field, {name!r} is of type {other.type}")
    return str(name)


def _check_tree(values: Mapping[str, PicklistValue]) -> None:
    for key, value in values.items():
        if len(key) > KEY_LENGTH:
            raise ValueError(f"the key {key!r} is longer than {KEY_LENGTH} characters")
        seen, current = {key}, value
        while current.parent is not None:
            if current.parent not in values:
                raise ValueError(f"{current.key!r} has the parent {current.parent!r}, which is not among the values")
            if current.parent in seen:
                raise ValueError(f"{key!r} stands below itself")
            seen.add(current.parent)
            current = values[current.parent]
