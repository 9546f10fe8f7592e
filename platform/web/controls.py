"""A field in a form: its value, what was typed, its state, and what it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.choices import Choices
from tessera.runtime.fields.composite import CompositeField
from tessera.runtime.values import Reference
from tessera.web.form_data import MANY, TYPED
from tessera.web.inputs import input_text
from tessera.web.presenting import Presenter, Shown, result_of

_LISTS = frozenset({"choices", "lookups", "file", "image"})


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a control. `when` names values of the controlling field that allow it."""

    key: str
    label: str
    selected: bool
    when: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a composed value."""

    key: str
    name: str
    id: str
    label: str
    typed: str
    most: int


@dataclass(slots=True)
class ControlState:
    """`raw` is what was sent (missing: nothing was), `candidates` what a typed lookup text may mean."""

    raw: Any = None
    sent: bool = False
    problem: str = ""
    required: bool = False
    read_only: bool = False
    hidden: bool = False
    candidates: tuple[Reference, ...] = ()
    theirs: Shown | None = None


class Control(Shown):
    """`pointer` is the JSON pointer of the value, and the name of its control."""

    def __init__(
        self, presenter: Presenter, field: CompiledField, value: Any, currency: str, *, pointer: str, state: ControlState
    ) -> None:
        super().__init__(presenter, field, value, currency)
        self.pointer = pointer
        self.state = state

    @property
    def name(self) -> str:
        """The name of the control: lists of values end in `[]`."""
        return self.pointer + (MANY if self.field.type.widget in _LISTS else "")

    @property
    def typed_name(self) -> str:
        """The name of the text beside a lookup."""
        return self.pointer + TYPED

    @property
    def id(self) -> str:
        return "c" + self.pointer.replace("/", "-")

    @property
    def label(self) -> str:
        return self.page.t(self.field.label)

    @property
    def help(self) -> str:
        return self.page.t(self.field.definition.help)

    @property
    def described_by(self) -> str | None:
        """The ids of the help and the error, for those who hear the page."""
        ids = [f"{self.id}-help"] if self.field.definition.help else []
        if self.state.problem:
            ids.append(f"{self.id}-error")
        return " ".join(ids) or None

    @property
    def common(self) -> dict[str, Any]:
        """The attributes that every control carries."""
        return {
            "id": self.id,
            "aria-invalid": "true" if self.state.problem else None,
            "aria-describedby": self.described_by,
            "aria-required": "true" if self.state.required else None,
        }

    @cached_property
    def typed(self) -> str:
        """What stands in the control: what the person typed, else the value in their notation."""
        if self.state.sent and isinstance(self.state.raw, str):
            return self.state.raw
        return input_text(self.field, self.value, self.page.context)

    @cached_property
    def parts(self) -> list[Part]:
        """The parts of a composed value."""
        kind = self.field.type
        if not isinstance(kind, CompositeField):
            return []
        sent: Mapping[str, Any] = self.state.raw if isinstance(self.state.raw, Mapping) else {}
        return [
            Part(key, f"{self.pointer}/{key}", f"{self.id}-{key}", self.page.t(label), str(sent.get(key, self.part(key))), most)
            for key, (label, most) in kind.parts.items()
        ]

    @cached_property
    def options(self) -> list[Option]:
        """The choices offered, and the one held even where it is no longer offered."""
        options = self.field.options
        if not isinstance(options, Choices):
            return []
        held = {self.typed} if self.field.type.widget == "choice" else set(self._held_keys())
        translator = self.page.translator
        return [
            Option(key, options.path(key, translator), key in held, " ".join(value.when))
            for key, value in options.values.items()
            if not value.retired or key in held
        ]

    @property
    def controlled_by(self) -> str | None:
        """The pointer of the control on which the offered choices depend."""
        name = self.field.options.controlled_by if isinstance(self.field.options, Choices) else None
        return f"{self.pointer.rpartition('/')[0]}/{name}" if name else None

    @property
    def numeric(self) -> bool:
        return result_of(self.field)[0].widget in ("number", "money", "percent")

    @property
    def suffix(self) -> str:
        """What stands behind a number: its unit, its currency, a percent sign."""
        widget = result_of(self.field)[0].widget
        if widget == "percent":
            return "%"
        if widget == "money":
            return self.currency or self.presenter.display().currency
        return str(getattr(self.field.options, "unit", None) or "")

    @property
    def accept(self) -> str | None:
        """The media types a file control takes."""
        accepted = getattr(self.field.options, "accept", ())
        return ",".join(accepted) or None

    @property
    def targets(self) -> tuple[str, ...]:
        """The modules that a lookup points to."""
        return tuple(self.field.type.references(self.field.definition, self.field.options))

    def option_value(self, reference: Reference) -> str:
        """How a reference is sent: its id, with its module where several may be meant."""
        return str(reference.id) if len(self.targets) == 1 else f"{reference.module}/{reference.id}"

    @property
    def sent_value(self) -> str:
        """The lookup's value as it is sent."""
        link = self.links[0] if self.links else None
        return "" if link is None else self.option_value(Reference(link.id, link.module, link.title))

    def _held_keys(self) -> list[str]:
        if self.state.sent and isinstance(self.state.raw, list):
            return [str(one) for one in self.state.raw]
        return list(self.value or ())
