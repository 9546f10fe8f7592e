"""Names in a query → compiled fields: `customer.owner.name`, `lines.product`, `contacts.email`.

A path is resolved once for a metadata version, without a policy; whether the reader may walk it is asked on every use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tessera.kernel.errors import BadQuery
from tessera.metadata.definitions import RelatedList
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.query.access import Reader

#: Relations that a path may cross.
MAX_HOPS = 4
_MAX_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One relation of a path: `one` through a lookup, `lines` into a line table, `links` through a multi_lookup, `related` to
    the records whose lookup `back` points here."""

    kind: Literal["one", "lines", "links", "related"]
    name: str
    origin: CompiledModule
    target: CompiledModule
    field: CompiledField | None = None
    back: CompiledField | None = None

    @property
    def is_many(self) -> bool:
        return self.kind != "one"


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A resolved path: the relations to cross, then a field of `module`, or a part of its field `root` (`address.city`)."""

    text: str
    hops: tuple[Hop, ...]
    module: CompiledModule
    field: CompiledField
    root: str

    @property
    def is_many(self) -> bool:
        """Whether the path crosses to several rows."""
        return any(hop.is_many for hop in self.hops)


def resolve(catalog: Catalog, module: CompiledModule, text: str, pointer: str = "") -> Path:
    """The path `text` from `module`; raises `BadQuery` naming it."""
    known: dict[tuple[str, str], Path] = catalog.extras.setdefault("query.paths", {})
    path = known.get((module.key, text))
    if path is None:
        path = _walk(catalog, module, text, pointer)
        if len(known) >= _MAX_REMEMBERED:
            known.clear()
        known[module.key, text] = path
    return path


def check_visible(reader: Reader, path: Path, pointer: str = "") -> None:
    """Raises the answer for an unknown field when the reader may not walk `path`."""
    for hop in path.hops:
        if hop.kind != "related" and not reader.sees(hop.origin, hop.name):
            raise unknown_field(path.text, pointer)
        if not reader.may_read(hop.target) or (hop.back is not None and not reader.sees(hop.target, hop.back.key)):
            raise unknown_field(path.text, pointer)
    if not reader.sees(path.module, path.root):
        raise unknown_field(path.text, pointer)


def unknown_field(name: str, pointer: str) -> BadQuery:
    """The one answer for names that mean nothing and names that are not for this reader."""
    return BadQuery("There is no field {field}.", pointer=pointer, field=repr(name[:100]))


def target_of(catalog: Catalog, field: CompiledField) -> CompiledModule | None:
    """The module that every value of `field` points to; None when it points nowhere or to several."""
    targets = field.type.references(field.definition, field.options)
    return catalog.modules.get(targets[0]) if len(targets) == 1 else None


def is_lookup(catalog: Catalog, field: CompiledField) -> bool:
    """Whether `field` holds the id of one record of one module."""
    return len(field.columns) == 1 and target_of(catalog, field) is not None


def related_lists(module: CompiledModule) -> Mapping[str, RelatedList]:
    """The related lists of a module's layouts by key; of two with one key the first counts."""
    found: dict[str, RelatedList] = {}
    for layout in module.definition.layouts.values():
        for key, related in layout.related.items():
            found.setdefault(key, related)
    return found


def _walk(catalog: Catalog, module: CompiledModule, text: str, pointer: str) -> Path:
    *relations, last = text.split(".")
    if len(relations) > MAX_HOPS:
        raise BadQuery("A path crosses at most {limit} relations.", pointer=pointer, limit=MAX_HOPS)
    hops: list[Hop] = []
    for index, name in enumerate(relations):
        hop = _hop(catalog, module, name)
        if hop is None:
            composed = module.fields.get(name) if index == len(relations) - 1 else None
            part = composed.type.part(composed, last) if composed is not None else None
            if part is None:
                raise unknown_field(text, pointer)
            return Path(text, tuple(hops), module, part, name)
        hops.append(hop)
        module = hop.target
    field = module.fields.get(last)
    if field is None:
        raise unknown_field(text, pointer)
    return Path(text, tuple(hops), module, field, last)


def _hop(catalog: Catalog, module: CompiledModule, name: str) -> Hop | None:
    lines = module.lines.get(name)
    if lines is not None:
        return Hop("lines", name, module, lines, module.fields.get(name))
    field = module.fields.get(name)
    if field is not None:
        target = target_of(catalog, field)
        if target is None:
            return None
        if len(field.columns) == 1:
            return Hop("one", name, module, target, field)
        return Hop("links", name, module, target, field) if name in module.links else None
    return _related(catalog, module, name)


def _related(catalog: Catalog, module: CompiledModule, name: str) -> Hop | None:
    related: Any = related_lists(module).get(name)
    target = catalog.modules.get(related.module) if related is not None else None
    back = target.fields.get(related.field) if target is not None else None
    if target is None or back is None or len(back.columns) != 1:
        return None
    points_to = target_of(catalog, back)
    return Hop("related", name, module, target, back=back) if points_to is not None and points_to.key == module.key else None
