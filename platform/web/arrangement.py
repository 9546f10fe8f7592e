"""How a record is laid out: tabs and sections of its default layout with the fields that the reader may see."""

from dataclasses import dataclass

from tessera.kernel.messages import N_
from tessera.metadata.definitions import Layout, LayoutField, Section, Tab
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import CompiledModule
from tessera.security.policy import ModuleAccess

#: Never laid out by themselves: shown at the foot of a record.
_SYSTEM = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})
_WIDE = frozenset({"long_text", "rich_text", "json", "address"})


@dataclass(frozen=True, slots=True)
class Place:
    """A field in a section; `span` counts columns."""

    field: CompiledField
    span: int


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """`part` names it for conditions. `columns` from 1 to 4."""

    part: str
    label: str
    columns: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class TabPlan:
    """A tab with its sections, none of them empty."""

    key: str
    label: str
    sections: tuple[SectionPlan, ...]


def layout_of(module: CompiledModule) -> Layout:
    """The module's first layout, or one made of all its fields."""
    for layout in module.definition.layouts.values():
        return layout
    return _made_up(module)


def arrangement(module: CompiledModule, access: ModuleAccess) -> list[TabPlan]:
    """The tabs of the module's layout without what is hidden from the reader."""
    layout, placed = layout_of(module), set[str]()
    tabs: list[TabPlan] = []
    for tab in layout.tabs.values():
        sections = [_section(module, access, tab.key, section) for section in tab.sections.values()]
        placed.update(place.field.key for section in sections for place in section.places)
        filled = tuple(section for section in sections if section.places)
        if filled:
            tabs.append(TabPlan(tab.key, tab.label, filled))
    missing = _missing(module, access, placed)
    if missing.places:
        head = tabs[0] if tabs else TabPlan("details", N_("Details"), ())
        tabs[:1] = [TabPlan(head.key, head.label, (*head.sections, missing))]
    return tabs


def _section(module: CompiledModule, access: ModuleAccess, tab: str, section: Section) -> SectionPlan:
    columns = max(1, min(section.columns, 4))
    places = [
        Place(module.fields[key], min(columns, place.span if place.span > 1 else _span(module.fields[key], columns)))
        for key, place in section.fields.items()
        if key in module.fields and key not in access.hidden_fields
    ]
    return SectionPlan(f"{tab}/{section.key}", section.label, columns, tuple(places))


def _span(field: CompiledField, columns: int) -> int:
    return columns if field.type.widget in _WIDE or field.type.key == "lines" else 1


def _missing(module: CompiledModule, access: ModuleAccess, placed: set[str]) -> SectionPlan:
    """Required fields that the layout forgot: without them nothing could be saved."""
    forgotten = [
        Place(field, 1)
        for key, field in module.fields.items()
        if field.definition.required and key not in placed and key not in access.hidden_fields and key in module.writable
    ]
    return SectionPlan("/", "", 2, tuple(forgotten))


def _made_up(module: CompiledModule) -> Layout:
    plain = {key: LayoutField(key=key) for key in module.fields if key not in _SYSTEM and key not in module.lines}
    sections = {"main": Section(key="main", fields=plain)}
    for key in module.lines:
        label = module.fields[key].label
        sections[key] = Section(key=key, label=label, columns=1, fields={key: LayoutField(key=key)})
    return Layout(key="default", tabs={"details": Tab(key="details", label=N_("Details"), sections=sections)})
