"""Which columns a row needs, and how driver rows become rows of values or of JSON.

A selection is laid out so that the first columns are one for each key in order: a row is then `dict(zip(keys, row))`, and only
keys that need a conversion or are made of several columns are touched again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import CompiledField, Display, FieldType
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query.access import Reader
from tessera.runtime.query.paths import MAX_HOPS, Hop, Path, check_visible, is_lookup, resolve, target_of, unknown_field
from tessera.runtime.query.sources import Scope, Sources
from tessera.runtime.values import Reference, Row

#: Rows of values (as in `FieldType`), or of JSON that orjson takes as it is.
Form = Literal["value", "json"]
Driver = Sequence[Any]
Read = Callable[[Driver], Any]
Decode = Callable[[Driver], Any]

MAX_FIELDS = 400


@dataclass(slots=True)
class Wanted:
    """One key of a row: a field, and for a lookup whether its title is wanted, and which fields of its record."""

    key: str
    path: Path
    title: bool = False
    inner: dict[str, "Wanted"] = field(default_factory=dict)


@dataclass(slots=True)
class Wish:
    """What a call wants of a module's rows: keys from the row itself, and lines and links, which are fetched apart."""

    keys: dict[str, Wanted] = field(default_factory=dict)
    apart: dict[str, "Apart"] = field(default_factory=dict)


@dataclass(slots=True)
class Apart:
    """A line table or a multi_lookup of the rows: fetched with one statement for all of them."""

    key: str
    expand: tuple[str, ...] = ()
    titles: bool = False


def wish_for(
    catalog: Catalog,
    reader: Reader,
    module: CompiledModule,
    *,
    fields: Sequence[str] | None,
    expand: Sequence[str],
    titles: bool,
    everything: bool = False,
) -> Wish:
    """Resolve the requested names; raises `BadQuery` for unknown and forbidden ones.

    Without `fields`: every visible field that stands in the row, and with `everything` lines and links too.
    """
    wish = Wish()
    if fields is not None and len(fields) + len(expand) > MAX_FIELDS:
        raise BadQuery("A query names at most {limit} fields.", pointer="/fields", limit=MAX_FIELDS)
    for index, name in enumerate(_all_fields(reader, module, everything) if fields is None else fields):
        _want(catalog, reader, module, wish, name=name, pointer=f"/fields/{index}", titles=titles)
    for index, name in enumerate(expand):
        _expand(catalog, reader, module, wish, name=name, pointer=f"/expand/{index}", titles=titles)
    return wish


def _all_fields(reader: Reader, module: CompiledModule, everything: bool) -> list[str]:
    return [
        key
        for key, f in module.fields.items()
        if (f.columns or (everything and _is_apart(module, key))) and reader.sees(module, key)
    ]


def _is_apart(module: CompiledModule, key: str) -> bool:
    return key in module.lines or key in module.links


def _want(catalog: Catalog, reader: Reader, module: CompiledModule, wish: Wish, *, name: str, pointer: str, titles: bool) -> None:
    path = resolve(catalog, module, name, pointer)
    check_visible(reader, path, pointer)
    if not path.hops and _is_apart(module, name):
        wish.apart.setdefault(name, Apart(name)).titles |= titles
        return
    if path.is_many or not path.field.columns:
        raise BadQuery("{field} has many values for a row; it cannot be a column.", pointer=pointer, field=repr(name))
    wanted = wish.keys.setdefault(name, Wanted(name, path))
    wanted.title |= titles and is_lookup(catalog, path.field)


def _expand(
    catalog: Catalog, reader: Reader, module: CompiledModule, wish: Wish, *, name: str, pointer: str, titles: bool
) -> None:
    if name.count(".") > MAX_HOPS:
        raise BadQuery("A path crosses at most {limit} relations.", pointer=pointer, limit=MAX_HOPS)
    head, _, rest = name.partition(".")
    if not reader.sees(module, head) or name.endswith("."):
        raise unknown_field(name, pointer)
    if _is_apart(module, head):
        apart = wish.apart.setdefault(head, Apart(head))
        apart.titles |= titles or head in module.links
        if rest and head in module.links:
            raise BadQuery("{field} has many values for a row; it cannot be a column.", pointer=pointer, field=repr(name))
        if rest:
            apart.expand = (*apart.expand, rest)
        return
    keys, owner = wish.keys, module
    prefix = ""
    while True:
        path = resolve(catalog, owner, head, pointer)
        check_visible(reader, path, pointer)
        target = target_of(catalog, path.field)
        if len(path.field.columns) != 1 or target is None:
            if not prefix or not path.field.columns:
                raise BadQuery("{field} is no lookup; it cannot be expanded.", pointer=pointer, field=repr(name))
            keys.setdefault(head, Wanted(head, path))
            return
        wanted = keys.setdefault(head, Wanted(head, path))
        wanted.title = True
        if not rest:
            return
        if not reader.may_read(target):
            raise unknown_field(name, pointer)
        keys, owner, prefix = wanted.inner, target, f"{prefix}{head}."
        head, _, rest = rest.partition(".")


# -- columns --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """A wanted key with the places of its columns; for a reference those of its title and of inner keys."""

    key: str
    source: CompiledField
    places: tuple[int, ...]
    target: CompiledModule | None = None
    title: CompiledField | None = None
    title_places: tuple[int, ...] = ()
    inner: list["_Item"] = field(default_factory=list)


class Selection:
    """The columns of a statement and the items they make up."""

    def __init__(self, catalog: Catalog, reader: Reader) -> None:
        self.catalog = catalog
        self.reader = reader
        self.columns: list[sa.ColumnElement[Any]] = []
        self._places: dict[sa.ColumnElement[Any], int] = {}
        self._items: list[_Item] = []

    def add(self, column: sa.ColumnElement[Any]) -> int:
        """The place of a column, which is selected once however often it is wanted."""
        place = self._places.get(column)
        if place is None:
            place = self._places[column] = self._append(column)
        return place

    def _append(self, column: sa.ColumnElement[Any]) -> int:
        self.columns.append(column)
        return len(self.columns) - 1

    def labelled(self) -> list[sa.Label[Any]]:
        """The columns under names of their own, so that none is left out for being there already."""
        return [column.label(f"c{place}") for place, column in enumerate(self.columns)]

    def take(self, keys: Mapping[str, Wanted], sources: Sources) -> None:
        """Lay out the columns of `keys`: first one for each key, then what else they need."""
        scopes = [_scope_of(wanted.path, sources) for wanted in keys.values()]
        columns = [scope.columns(wanted.path.field)[0] for scope, wanted in zip(scopes, keys.values(), strict=True)]
        first = [self._append(column) for column in columns]  # each key its own place, in order
        self._places.update(zip(columns, first, strict=True))
        for scope, wanted, place in zip(scopes, keys.values(), first, strict=True):
            rest = [self.add(column) for column in scope.columns(wanted.path.field)[1:]]
            item = _Item(wanted.key, wanted.path.field, (place, *rest))
            self._items.append(item)
            if wanted.title:
                self._refer(item, wanted, scope, sources)

    def _refer(self, item: _Item, wanted: Wanted, scope: Scope, sources: Sources) -> None:
        target = target_of(self.catalog, wanted.path.field)
        assert target is not None
        item.target = target
        if not self.reader.may_read(target):
            return
        behind = sources.to_one(scope, Hop("one", wanted.path.root, scope.module, target, wanted.path.field))
        if self.reader.sees(target, target.title.key) and target.title.columns:
            item.title = target.title
            item.title_places = tuple([self.add(column) for column in behind.columns(target.title)])
        for inner in wanted.inner.values():
            places = tuple([self.add(column) for column in behind.columns(inner.path.field)])
            child = _Item(inner.key, inner.path.field, places)
            item.inner.append(child)
            if inner.title:
                self._refer(child, inner, behind, sources)

    def decoder(self, results: Sequence[Callable[[Any], Any] | None], form: Form, dialect: str, display: Display) -> Decode:
        """What turns a driver row into a row. `results` are the converters of the statement's columns."""
        keys = [item.key for item in self._items]
        fixes: list[tuple[str, int, Callable[[Any], Any]]] = []  # of one column, never called with None
        builds: list[tuple[str, Read]] = []
        for place, item in enumerate(self._items):
            if item.target is not None:
                builds.append((item.key, _reference(item, results, form, dialect, display)))
            elif len(item.places) == 1:
                convert = _converter(item.source, results[place], form, dialect)
                if convert is not None:
                    fixes.append((item.key, place, convert))
            else:
                builds.append((item.key, _composed(item.source, item.places, results, form, dialect)))

        def decode(row: Driver) -> Row:
            values = dict(zip(keys, row, strict=False))
            for key, place, convert in fixes:
                raw = row[place]
                if raw is not None:
                    values[key] = convert(raw)
            for key, build in builds:
                values[key] = build(row)
            return values

        return decode


def _scope_of(path: Path, sources: Sources) -> Scope:
    scope = sources.base
    for hop in path.hops:
        scope = sources.to_one(scope, hop)
    return scope


def _converter(
    target: CompiledField, result: Callable[[Any], Any] | None, form: Form, dialect: str
) -> Callable[[Any], Any] | None:
    """For a field of one column: driver value → value or JSON; None when they are the same."""
    if form == "json":
        return target.type.json_from_driver(target, dialect)
    if type(target.type).from_columns is FieldType.from_columns:
        return result
    from_columns = target.type.from_columns
    if result is None:
        return lambda raw: from_columns(target, (raw,))
    return lambda raw: from_columns(target, (result(raw),))


def _composed(
    target: CompiledField, places: Sequence[int], results: Sequence[Callable[[Any], Any] | None], form: Form, dialect: str
) -> Read:
    if form == "json":
        convert = target.type.json_from_driver(target, dialect)
        if convert is None:
            raise AssertionError(f"{target.type.key} has several columns and must say how they become JSON")
        return lambda row: convert(*[row[place] for place in places])
    from_columns = target.type.from_columns
    steps = [(place, results[place]) for place in places]

    def read(row: Driver) -> Any:
        return from_columns(
            target, [row[place] if step is None or row[place] is None else step(row[place]) for place, step in steps]
        )

    return read


def field_reader(
    target: CompiledField, places: Sequence[int], results: Sequence[Callable[[Any], Any] | None], form: Form, dialect: str
) -> Read:
    """What reads the value (or JSON) of `target` from the columns at `places` of a driver row."""
    if len(places) > 1:
        return _composed(target, places, results, form, dialect)
    place = places[0]
    convert = _converter(target, results[place], form, dialect)
    if convert is None:
        return lambda row: row[place]
    return lambda row: None if row[place] is None else convert(row[place])


def _reference(item: _Item, results: Sequence[Callable[[Any], Any] | None], form: Form, dialect: str, display: Display) -> Read:
    assert item.target is not None
    module = item.target.key
    read_id = field_reader(item.source, item.places, results, form, dialect)
    read_title = title_reader(item.title, item.title_places, results, dialect, display)
    inner: list[tuple[str, Read]] = []
    for child in item.inner:
        if child.target is not None:
            inner.append((child.key, _reference(child, results, form, dialect, display)))
        else:
            inner.append((child.key, field_reader(child.source, child.places, results, form, dialect)))

    def read(row: Driver) -> Any:
        record_id = read_id(row)
        if record_id is None:
            return None
        title = read_title(row)
        fields = {key: build(row) for key, build in inner} if inner else None
        if form == "value":
            return Reference(record_id, module, title, fields)
        made = {"id": record_id, "module": module, "title": title}
        if fields is not None:
            made["fields"] = fields
        return made

    return read


def title_reader(
    title: CompiledField | None,
    places: Sequence[int],
    results: Sequence[Callable[[Any], Any] | None],
    dialect: str,
    display: Display,
) -> Read:
    """Reads what a record is called; None where the reader may not know."""
    if title is None:
        return lambda row: None
    read = field_reader(title, places, results, "value", dialect)
    to_text = title.type.to_text

    def text(row: Driver) -> str | None:
        value = read(row)
        return None if value is None else to_text(title, value, display)

    if len(places) == 1 and type(title.type).to_text is FieldType.to_text and title.type.json_ready:
        place = places[0]
        return lambda row: row[place]
    return text
