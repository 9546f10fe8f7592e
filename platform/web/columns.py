"""The columns of a list: fields by path, with their label and the place they take on a narrow screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query.paths import resolve
from tessera.runtime.session import Session
from tessera.web.page import Page
from tessera.web.presenting import currency_field, is_numeric, result_of

_CHOICES = frozenset({"choice", "boolean"})
_META = frozenset({"user", "date", "datetime", "text", "sequence", "email", "phone"})
#: What can be shown in a cell of a list.
_TOO_LARGE = frozenset({"lines", "rich_text", "json", "signature"})


@dataclass(slots=True)
class Column:
    """`place` is where a phone shows it: `main`, `amount`, `state`, `meta`, or nowhere ("")."""

    path: str
    field: CompiledField
    label: str
    numeric: bool
    sortable: bool
    is_title: bool
    place: str = ""

    @property
    def currency_path(self) -> str | None:
        """The path of the field that names the currency of its amounts."""
        name = currency_field(self.field)
        return f"{self.path.rpartition('.')[0]}.{name}".lstrip(".") if name else None


def columns_of(page: Page, session: Session, module: CompiledModule, paths: Sequence[str]) -> list[Column]:
    """The columns that this reader may see; a path that leads nowhere (a field that was removed) is left out."""
    found: list[Column] = []
    for path in paths or default_paths(module):
        column = _column(page, session, module, path)
        if column is not None:
            found.append(column)
    if not any(column.is_title for column in found):
        title = _column(page, session, module, module.title.key)
        found[:0] = [title] if title is not None else []
    _give_places(found, module.definition.subtitle_fields)
    return found


def default_paths(module: CompiledModule) -> list[str]:
    """What a list shows where no view says so: the title and the first fields that fit."""
    keys = [module.title.key, *module.definition.subtitle_fields]
    keys += [key for key in module.definition.fields if key in module.fields and fits_cell(module.fields[key])]
    return list(dict.fromkeys(keys))[:8]


def fits_cell(field: CompiledField) -> bool:
    """Whether a value fits the cell of a list."""
    return bool(field.columns) and result_of(field)[0].widget not in _TOO_LARGE


def needed_fields(columns: Iterable[Column]) -> tuple[str, ...]:
    """The paths to query for these columns: themselves, and the currencies of their amounts."""
    paths = ["id"]
    for column in columns:
        paths += [column.path, *([column.currency_path] if column.currency_path else [])]
    return tuple(dict.fromkeys(paths))


def label_of(page: Page, catalog: Catalog, module: CompiledModule, path: str) -> str:
    """The label of a path: "Customer › Country"."""
    names, at = [], module
    *relations, last = path.split(".")
    for name in relations:
        field = at.fields.get(name)
        if field is None:
            return path
        names.append(page.t(field.label))
        targets = field.type.references(field.definition, field.options)
        if name in at.lines:
            at = at.lines[name]
        elif targets:
            at = catalog.module(targets[0])
        else:
            part = field.type.part(field, last)
            return " › ".join([*names, page.t(part.label)]) if part is not None else path
    field = at.fields.get(last)
    return " › ".join([*names, page.t(field.label)]) if field is not None else path


def _column(page: Page, session: Session, module: CompiledModule, path: str) -> Column | None:
    try:
        found = resolve(session.catalog, module, path)
    except BadQuery:
        return None
    if found.is_many or not found.field.columns:
        return None
    owner = module
    for name, hop in zip(path.split("."), found.hops, strict=False):
        if name in session.access(owner).hidden_fields or "read" not in session.access(hop.target).actions:
            return None
        owner = hop.target
    if found.root in session.access(owner).hidden_fields:
        return None
    return Column(
        path,
        found.field,
        label_of(page, session.catalog, module, path),
        is_numeric(found.field),
        found.field.type.sortable,
        not found.hops and found.field is module.title,
    )


def _give_places(columns: list[Column], worth_knowing: Sequence[str]) -> None:
    """A row on a phone: the title, an amount, a state, and one more thing worth knowing."""
    for place, fits in (
        ("main", lambda column: column.is_title),
        ("amount", lambda column: result_of(column.field)[0].widget == "money"),
        ("state", lambda column: result_of(column.field)[0].widget in _CHOICES),
        ("meta", lambda column: column.path in worth_knowing),
        ("meta", lambda column: result_of(column.field)[0].widget == "lookup"),
        ("meta", lambda column: result_of(column.field)[0].widget in _META),
    ):
        if any(column.place == place for column in columns):
            continue
        for column in columns:
            if not column.place and fits(column):
                column.place = place
                break


def line_columns(module: CompiledModule, key: str, hidden: frozenset[str]) -> list[CompiledField]:
    """The fields of the line table `key` that its grid shows: those its definition names, or all, without `hidden` ones."""
    fields = module.lines[key].fields
    names = module.fields[key].options.columns or [name for name in fields if name != "id"]
    return [fields[name] for name in names if name in fields and f"{key}.{name}" not in hidden and fields[name].columns]
