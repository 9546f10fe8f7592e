"""Related lists: which records that point here are shown on a record's page.

A layout names them. A lookup that somebody else made (another app, the tenant) puts its list there by itself, because whoever
arranged the page could not know of it; so does every lookup to a module that nobody has arranged.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from tessera.metadata.definitions import Layout, RelatedList
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.lookup import LookupField
from tessera.runtime.fields.multi_lookup import MultiLookupField
from tessera.runtime.fields.user import UserField
from tessera.runtime.model import Catalog, CompiledModule


def related_lists(catalog: Catalog, module: CompiledModule, layout: Layout | None) -> Mapping[str, RelatedList]:
    """The lists of a page under `layout` (None: a made-up one) by key: the layout's own, then those that came by themselves.

    What the reader may not see is for the caller to leave out.
    """
    named = dict(layout.related) if layout is not None else {}
    shown = {(entry.module, entry.field) for entry in named.values()}
    for entry in _by_themselves(catalog, module, arranged=layout is not None):
        if (entry.module, entry.field) not in shown:
            named[entry.key] = entry
    return named


def pointing_here(field: CompiledField, record_id: UUID) -> dict[str, Any]:
    """The filter that finds the records whose lookup `field` points to a record."""
    if isinstance(field.type, MultiLookupField):
        return {"field": field.key, "op": "has_any", "value": [str(record_id)]}
    return {"field": field.key, "op": "eq", "value": str(record_id)}


def _by_themselves(catalog: Catalog, module: CompiledModule, *, arranged: bool) -> Iterator[RelatedList]:
    for incoming in module.incoming:
        source = catalog.modules.get(incoming.module)
        if source is None or source.definition.hidden:
            continue
        field = source.fields[incoming.field]
        if field.definition.hidden or not _makes_a_list(field):
            continue
        if arranged and _layer(catalog, source.key, "fields", field.key) == _layer(catalog, module.key):
            continue
        yield RelatedList(key=f"{source.key}_{field.key}", module=source.key, field=field.key, columns=_columns(source, field))


def _makes_a_list(field: CompiledField) -> bool:
    """Lookups do. Those to users say who works on something, which is what views by person are for."""
    return isinstance(field.type, LookupField | MultiLookupField) and not isinstance(field.type, UserField)


def _layer(catalog: Catalog, module: str, *inside: str) -> str:
    return catalog.definitions.provenance.get(("modules", module, *inside), "")


def _columns(source: CompiledModule, field: CompiledField) -> tuple[str, ...]:
    """What the source's own list shows, without the lookup itself: that is the record the list stands on."""
    views = list(source.definition.views.values())
    chosen = next((view for view in views if view.default), views[0] if views else None)
    if chosen is not None:
        return tuple(key for key in chosen.columns if key != field.key)
    fields = [source.title.key, *source.definition.subtitle_fields, *source.definition.card, *source.definition.fields]
    visible = (key for key in dict.fromkeys(fields) if key in source.fields and source.fields[key].columns and key != field.key)
    return tuple(visible)[:5]
