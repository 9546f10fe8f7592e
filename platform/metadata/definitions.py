"""Typed, frozen definitions: what a module *is*, after loading, validating and layering. No raw dicts past this point.

Every collection is keyed (insertion order is the order of display). Texts are English; `Catalogue` texts are looked up
by the English text itself, so nothing here knows about languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Empty: Mapping[str, Any] = MappingProxyType({})
DefaultAccess = Literal["private", "read", "read_write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """A formula that must be true, and what to say when it is not. `key` addresses it in overlays."""

    key: str
    formula: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """One attribute of a module. `options` holds what only this field type knows (checked by its own schema)."""

    key: str
    type: str
    label: str
    help: str = ""
    required: bool = False
    unique: bool = False
    read_only: bool = False
    index: bool = False
    history: bool = True
    searchable: bool = False
    hidden: bool = False  # removed by a layer: kept in storage, shown nowhere
    default: Any = None  # a literal in the field's JSON form
    default_formula: str | None = None
    visible_if: str | None = None
    required_if: str | None = None
    read_only_if: str | None = None
    validations: tuple[ValidationRule, ...] = ()
    case_sensitive: bool = False  # for uniqueness and equality of texts
    options: Mapping[str, Any] = field(default_factory=lambda: Empty)
    fields: Mapping[str, "FieldDefinition"] = field(default_factory=dict)  # of a line table only


@dataclass(frozen=True, slots=True, kw_only=True)
class PicklistValue:
    """One choice. A tree names `parent`; `when` limits it to values of the controlling field; retired ones only stay shown."""

    key: str
    label: str
    tone: str = ""  # one of the design's eleven tones
    parent: str | None = None
    retired: bool = False
    when: tuple[str, ...] = ()  # values of the controlling field that allow this one; empty: always


@dataclass(frozen=True, slots=True, kw_only=True)
class PicklistDefinition:
    """A shared dictionary of choices, flat or a tree."""

    key: str
    label: str
    tree: bool = False
    values: Mapping[str, PicklistValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutField:
    """A field's place in a section. `span` counts columns."""

    key: str
    span: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled group of fields in 1 to 4 columns."""

    key: str
    label: str = ""
    columns: int = 2
    visible_if: str | None = None
    fields: Mapping[str, LayoutField] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab of the record page and form."""

    key: str
    label: str
    visible_if: str | None = None
    sections: Mapping[str, Section] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedList:
    """Records of `module` whose lookup `field` points here, with the columns to show."""

    key: str
    module: str
    field: str
    label: str = ""
    columns: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()  # "-field" for descending


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a record page and its form are arranged."""

    key: str
    highlights: tuple[str, ...] = ()
    tabs: Mapping[str, Tab] = field(default_factory=dict)
    related: Mapping[str, RelatedList] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A named list: columns in order, a JSON filter tree (see `runtime.query`), sort keys ("-field" descending)."""

    key: str
    label: str
    columns: tuple[str, ...] = ()
    filter: Mapping[str, Any] | None = None
    sort: tuple[str, ...] = ()
    default: bool = False
    kind: str = "list"
    options: Mapping[str, Any] = field(default_factory=lambda: Empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleDefinition:
    """A business object: fields, line tables (fields of type `lines`), layouts, views and behaviours."""

    key: str
    label: str
    label_plural: str
    help: str = ""
    icon: str = "layers"
    tone: str = "slate"
    title_field: str = "name"  # what a record is called in links, pickers and breadcrumbs
    subtitle_fields: tuple[str, ...] = ()
    access: DefaultAccess = "private"  # what members see of records that are not theirs
    fields: Mapping[str, FieldDefinition] = field(default_factory=dict)
    validations: tuple[ValidationRule, ...] = ()  # across fields
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    views: Mapping[str, ListView] = field(default_factory=dict)
    card: tuple[str, ...] = ()  # fields of the quick-view card
    behaviours: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # checked by each behaviour's schema
    hidden: bool = False
    app: str = ""  # the app that brought it; "" for the tenant's own


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """An entry of the navigation: a module's list, or one of its views."""

    key: str
    module: str
    view: str | None = None
    label: str = ""  # default: the module's plural


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuGroup:
    """A titled group of the navigation."""

    key: str
    label: str
    items: Mapping[str, MenuItem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Everything that holds in one tenant at one metadata version, layered and ready to compile.

    `texts` maps a language to {English text: translation}. `provenance` maps a path of stable keys such as
    `("modules", "customer", "fields", "name", "label")` to the layer (app name, or "overlay") it came from.
    """

    modules: Mapping[str, ModuleDefinition] = field(default_factory=dict)
    picklists: Mapping[str, PicklistDefinition] = field(default_factory=dict)
    menus: Mapping[str, MenuGroup] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=lambda: Empty)  # tenant settings declared by apps, effective values
    provenance: Mapping[tuple[str, ...], str] = field(default_factory=dict)
