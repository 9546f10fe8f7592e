"""Which indexes a module's table needs, worked out from its fields, its list views and who may see what.

A list asks for the rows of one owner (for members, where a module is private), with some fields equal to constants, in some
order. An index over just that (owner, equal fields, sort fields, id) lets the database read a page in order and stop. Pure: it
knows definitions and column specs, no database.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tessera.metadata.definitions import FieldDefinition, ListView, ModuleDefinition
from tessera.runtime.fields.base import FieldType
from tessera.storage.columns import ColumnSpec, IndexSpec
from tessera.storage.naming import index_name

#: A field's type and columns, by field key.
TypedFields = Mapping[str, tuple[FieldType, Sequence[ColumnSpec]]]

#: Every index slows writing down: what the views of one module may cost at most.
MAX_VIEW_INDEXES = 10
_EQUALITIES = frozenset({"eq", "is_me", "is_true", "is_false"})
_NEVER_NULL = frozenset({"id", "version", "created_at", "updated_at"})
_SYSTEM_COLUMNS = _NEVER_NULL | {"created_by", "updated_by", "owner"}


def indexes_of(
    definition: ModuleDefinition,
    table: str,
    fields: Mapping[str, FieldDefinition],
    typed: TypedFields,
    *,
    is_line_table: bool = False,
) -> tuple[IndexSpec, ...]:
    """All indexes of a module's table, or of a line table; none twice, none that is the beginning of another."""
    found = [*_field_indexes(table, fields, typed, live_only=not is_line_table)]
    if is_line_table:
        found.append(_index(table, ("parent_id", "position"), live_only=False))
    else:
        found += _list_indexes(definition, table, fields, typed)
        if any(field.searchable for field in fields.values()):
            found.append(IndexSpec(index_name(table, ("search_text",)), ("search_text",), method="trigram"))
    return _without_prefixes(found)


def _field_indexes(
    table: str, fields: Mapping[str, FieldDefinition], typed: TypedFields, *, live_only: bool
) -> Iterator[IndexSpec]:
    for key, field in fields.items():
        if key not in typed:
            continue
        kind, specs = typed[key]
        if not specs:
            continue
        folded = (specs[0].name,) if _is_folded(field, kind) else ()
        if field.unique:
            columns = (specs[0].name,)
            yield IndexSpec(index_name(table, columns, unique=True), columns, unique=True, live_only=live_only, folded=folded)
        elif field.index:
            yield _index(table, (specs[0].name,), live_only=False, folded=folded)
        # whoever purges a record is asked for everything that points to it, deleted rows too
        for spec in specs:
            if spec.references is not None:
                yield _index(table, (spec.name,), live_only=False)


def _list_indexes(
    definition: ModuleDefinition, table: str, fields: Mapping[str, FieldDefinition], typed: TypedFields
) -> list[IndexSpec]:
    """The plain list, the picker that goes through titles, and each view: for everybody, and for a member's own rows."""
    columns = _ListColumns(fields, typed)
    wanted: list[tuple[str, ...]] = [("owner", "id")]
    title = columns.sorted_by(definition.title_field)
    if title is not None:
        wanted.append((title, "id"))
    for view in definition.views.values():
        wanted += _view_indexes(definition, view, columns)
    found: list[IndexSpec] = []
    for names in dict.fromkeys(wanted):
        folded = tuple(name for name in names if name.lstrip("-") in columns.folded)
        found.append(_index(table, names, live_only=True, folded=tuple(name.lstrip("-") for name in folded)))
    return found[: MAX_VIEW_INDEXES + 2]


def _view_indexes(definition: ModuleDefinition, view: ListView, columns: "_ListColumns") -> list[tuple[str, ...]]:
    equal = [name for name in _equalities(view.filter) if name in columns.comparable]
    order: list[str] = []
    for key in view.sort:
        name = columns.sorted_by(key)
        if name is None:
            break  # what follows a key that no index holds is not in order either
        if name.lstrip("-") not in equal:
            order.append(name)
    if not equal and not order:
        return []
    last = "-id" if order and order[-1].startswith("-") else "id"
    tail = (*equal, *order, *([] if "id" in order or "-id" in order else [last]))
    if all(name.startswith("-") for name in tail[len(equal) :]) and all(n[1:] in _NEVER_NULL for n in tail[len(equal) :]):
        tail = (*equal, *[name[1:] for name in tail[len(equal) :]])  # read backwards
    if definition.access != "private" or "owner" in equal:
        return [tail]
    return [tail, ("owner", *tail)]


def _equalities(node: Any) -> Iterator[str]:
    """Fields that a filter holds to one value whatever else it says."""
    if not isinstance(node, Mapping):
        return
    if isinstance(node.get("and"), list | tuple):
        for child in node["and"]:
            yield from _equalities(child)
    elif node.get("op") in _EQUALITIES and isinstance(node.get("field"), str):
        yield node["field"]
    elif node.get("op") == "in" and isinstance(node.get("value"), list | tuple) and len(node["value"]) == 1:
        yield str(node.get("field"))


class _ListColumns:
    """The columns that filters and sorts of a module's own fields meet."""

    def __init__(self, fields: Mapping[str, FieldDefinition], typed: TypedFields) -> None:
        self.comparable = {key for key, (_, specs) in typed.items() if specs} | _SYSTEM_COLUMNS
        self.folded = {key for key, (kind, specs) in typed.items() if specs and kind.case_folded}
        self._sortable = {key for key, (kind, specs) in typed.items() if specs and _sorts_by_column(kind)} | _SYSTEM_COLUMNS

    def sorted_by(self, key: str) -> str | None:
        """The index column that puts rows in the order of the sort key ("-" kept); None where no column does."""
        name = key.lstrip("-")
        return key if name in self._sortable else None


def _sorts_by_column(kind: FieldType) -> bool:
    return kind.sortable and (kind.case_folded or type(kind).order_by is FieldType.order_by)


def _is_folded(field: FieldDefinition, kind: FieldType) -> bool:
    return kind.case_folded and not (field.unique and field.case_sensitive)


def _index(table: str, columns: tuple[str, ...], *, live_only: bool, folded: tuple[str, ...] = ()) -> IndexSpec:
    return IndexSpec(index_name(table, columns), columns, live_only=live_only, folded=folded)


def _without_prefixes(indexes: Sequence[IndexSpec]) -> tuple[IndexSpec, ...]:
    """Leave out what a longer index of the same kind serves as well."""
    kept: list[IndexSpec] = []
    for index in indexes:
        if any(index.name == other.name for other in kept):
            continue
        if not index.unique and index.method == "btree" and any(_serves(other, index) for other in indexes if other is not index):
            continue
        kept.append(index)
    return tuple(kept)


def _serves(longer: IndexSpec, index: IndexSpec) -> bool:
    width = len(index.columns)
    return (
        longer.method == "btree"
        and len(longer.columns) > width
        and longer.columns[:width] == index.columns
        and set(longer.folded) & set(index.columns) == set(index.folded)
        and (not longer.live_only or index.live_only)
    )
