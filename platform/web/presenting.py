"""Values as pages show them: text in the reader's notation, links with the tile of their module, badges, files.

A `Shown` is what a field's fragment gets. What many rows point to is looked up together (`Presenter.prepare`), so that a page
asks the same number of questions however long it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from markupsafe import Markup

from tessera.kernel.errors import Forbidden
from tessera.runtime.fields.base import CompiledField, FieldType
from tessera.runtime.fields.choices import Choices
from tessera.runtime.fields.file import FILES, FileField
from tessera.runtime.fields.money import Money
from tessera.runtime.fields.rich_text import sanitised
from tessera.runtime.files.store import StoredFile
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session
from tessera.runtime.values import Query, Reference, Row
from tessera.web.page import Page

#: Widgets whose values stand at the right, digits under digits.
NUMERIC = frozenset({"number", "money", "percent", "duration"})
_MOST_TITLES = 500


@dataclass(frozen=True, slots=True)
class Link:
    """A record as it is mentioned: `href` is "" when the reader may not open it."""

    id: UUID
    module: str
    title: str
    href: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A choice as it is shown."""

    key: str
    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """An attached file."""

    id: UUID
    name: str
    href: str
    is_image: bool


def result_of(field: CompiledField) -> tuple[FieldType, Any]:
    """The type that the values of `field` have, and its options: for formulas and roll-ups those of the result."""
    if hasattr(field.options, "result_options"):
        return field.options.result, field.options.result_options
    return field.type, field.options


def is_numeric(field: CompiledField) -> bool:
    """Whether values stand at the right."""
    return result_of(field)[0].widget in NUMERIC


def currency_field(field: CompiledField) -> str | None:
    """The field that names the currency of an amount: of the record, or `parent.<field>` for one of a line."""
    name = getattr(result_of(field)[1], "currency_field", None)
    return str(name) if name else None


class Shown:
    """One value of one field. Fragments take from it what they need."""

    def __init__(self, presenter: "Presenter", field: CompiledField, value: Any, currency: str = "") -> None:
        self.presenter = presenter
        self.field = field
        self.value = value
        self.currency = currency

    @property
    def page(self) -> Page:
        return self.presenter.page

    @property
    def is_empty(self) -> bool:
        return self.value is None or (isinstance(self.value, tuple | list) and not self.value)

    @cached_property
    def text(self) -> str:
        """What a person reads."""
        return self.field.type.to_text(self.field, self.value, self.presenter.display(self.currency))

    @cached_property
    def markup(self) -> Markup:
        """Formatted text, made safe once more on its way out."""
        return Markup(sanitised(self.value or ""))  # noqa: S704 - this is what the allow-list is for

    @cached_property
    def lines_of_text(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def links(self) -> list[Link]:
        """The records it points to."""
        return [self.presenter.link(module, record_id, title) for module, record_id, title in self._references()]

    @cached_property
    def marks(self) -> list[Mark]:
        """The choices it holds, in the reader's language; free words have no tone."""
        keys = [self.value] if isinstance(self.value, str) else list(self.value or ())
        options = self.field.options
        if not isinstance(options, Choices):
            return [Mark(key, key, "") for key in keys]
        translator = self.page.translator
        found = [(key, options.values.get(key)) for key in keys]
        return [Mark(key, options.path(key, translator), entry.tone if entry is not None else "") for key, entry in found]

    @cached_property
    def files(self) -> list[FileLink]:
        return [self.presenter.file(one) for one in self.value or ()]

    @cached_property
    def json(self) -> Any:
        """The value as the API shows it."""
        return None if self.value is None else self.field.type.to_json(self.field, self.value)

    def part(self, name: str) -> str:
        """A part of a composed value."""
        return str(getattr(self.value, name, "") or "")

    def _references(self) -> Iterable[tuple[str, UUID, str | None]]:
        for one in self.value if isinstance(self.value, tuple | list) else [self.value]:
            if isinstance(one, Reference):
                yield one.module, one.id, one.title
            elif one is not None:
                for module, record_id in self.field.type.targets(self.field, (one,) if isinstance(self.value, tuple) else one):
                    yield module, record_id, None


class Presenter:
    """Shows the values of one page to one reader."""

    def __init__(self, page: Page, session: Session) -> None:
        self.page = page
        self.session = session
        self._titles: dict[tuple[str, UUID], str | None] = {}
        self._files: dict[UUID, StoredFile] = {}
        self._displays = {"": page.display(title_of=self.title)}

    def display(self, currency: str = "") -> Any:
        """How values are put into words, amounts in `currency` ("": the base currency)."""
        if currency not in self._displays:
            self._displays[currency] = replace(self._displays[""], currency=currency)
        return self._displays[currency]

    def title(self, module: str, record_id: UUID) -> str:
        """The title of a record that was prepared; words for one that the reader may not see."""
        if module == FILES:
            file = self._files.get(record_id)
            return file.name if file is not None else self.page.t("A file that is gone")
        return self._titles.get((module, record_id)) or self.page.t("Not visible to you")

    def link(self, module: str, record_id: UUID, title: str | None) -> Link:
        """A mention of a record."""
        known = title if title is not None else self._titles.get((module, record_id))
        definition = self.page.catalog.module(module).definition
        href = self.page.url(f"/m/{module}/{record_id}") if known is not None else ""
        text = known if known is not None else self.page.t("Not visible to you")
        return Link(record_id, module, text or str(record_id), href, definition.icon, definition.tone)

    def file(self, file_id: UUID) -> FileLink:
        """A mention of a file."""
        found = self._files.get(file_id)
        return FileLink(file_id, self.title(FILES, file_id), self.page.url(f"/files/{file_id}"), bool(found and found.is_image))

    def prepare(self, module: CompiledModule, rows: Sequence[Row]) -> None:
        """Look up what `rows` point to and do not name themselves: one question for each module, one for files."""
        wanted: dict[str, set[UUID]] = defaultdict(set)
        files: set[UUID] = set()
        self._collect(module, rows, wanted, files)
        for key, ids in wanted.items():
            self.look_up(key, [one for one in ids if (key, one) not in self._titles])
        if files:
            self._files.update(self.session.services.files.find(self.session.connection, files))

    def shown(self, field: CompiledField, value: Any, row: Mapping[str, Any], parent: Mapping[str, Any] | None = None) -> Shown:
        """The value of `field` in `row`, a line of `parent` if that is given."""
        return Shown(self, field, value, self._currency(field, row, parent))

    def _currency(self, field: CompiledField, row: Mapping[str, Any], parent: Mapping[str, Any] | None) -> str:
        name = currency_field(field)
        if name is None:
            return ""
        holder = parent if name.startswith("parent.") else row
        value = (holder or {}).get(name.removeprefix("parent."))
        if isinstance(value, Reference):
            return value.title or ""
        if isinstance(value, UUID):
            return next((title or "" for (_, one), title in self._titles.items() if one == value), "")
        return value if isinstance(value, str) else ""

    def _collect(self, module: CompiledModule, rows: Sequence[Row], wanted: dict[str, set[UUID]], files: set[UUID]) -> None:
        for key in {name for row in rows for name in row}:
            field = module.fields.get(key)
            if field is None:
                continue
            values = [row[key] for row in rows if row.get(key) is not None]
            if key in module.lines:
                self._collect(module.lines[key], [line for value in values for line in value], wanted, files)
            elif isinstance(field.type, FileField):
                files.update(one for value in values for one in value)
            elif field.type.references(field.definition, field.options):
                for value in values:
                    bare = tuple(one for one in value if isinstance(one, UUID)) if isinstance(value, tuple | list) else value
                    if bare and not isinstance(bare, Reference | Money):
                        for target, record_id in field.type.targets(field, bare):
                            wanted[target].add(record_id)

    def look_up(self, key: str, ids: list[UUID]) -> None:
        """Learn the titles of records of one module; those that are not visible are remembered as such."""
        module = self.page.catalog.modules.get(key)
        if module is None or not ids:
            return
        for start in range(0, len(ids), _MOST_TITLES):
            part = ids[start : start + _MOST_TITLES]
            self._titles.update(dict.fromkeys((key, one) for one in part))
            condition = {"field": "id", "op": "in", "value": [str(one) for one in part]}
            title = module.title
            try:
                page = self.session.records.query(key, Query(filter=condition, fields=("id", title.key), limit=len(part)))
            except Forbidden:
                continue
            for row in page.rows:
                self._titles[key, row["id"]] = title.type.to_text(title, row[title.key], self._displays[""])
