"""Import mappings: which file, which module, where each field's value comes from. In YAML, checked before a row is read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tessera.exchange.errors import MappingErrors
from tessera.exchange.sources import columns_of
from tessera.expressions.errors import FormulaError
from tessera.expressions.formula import Formula, check
from tessera.expressions.scope import Member
from tessera.expressions.types import TEXT
from tessera.metadata.errors import Mistake, nearest
from tessera.metadata.source import read_file
from tessera.runtime.model import Catalog, CompiledModule

_ROW = "row"


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where one field's value comes from: a column, a formula over the columns, or a fixed value.

    `lookup` says by which field of the record pointed to the text is meant; `later` fills it in a second pass.
    """

    field: str
    column: str | None = None
    formula: Formula | None = None
    value: Any = None
    values: Mapping[str, Any] = dataclass_field(default_factory=dict)
    lookup: str | None = None
    later: bool = False


@dataclass(frozen=True, slots=True)
class LineSource:
    """Lines of a line table, from a file of their own; rows with the same text in `join` belong together."""

    field: str
    path: Path
    sheet: str | None
    join: str
    fields: tuple[FieldSource, ...]


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """One file into one module."""

    module: str
    path: Path
    sheet: str | None
    match: tuple[str, ...]
    update_matches: bool
    fields: tuple[FieldSource, ...]
    lines: tuple[LineSource, ...] = ()


def read_mapping(path: Path, catalog: Catalog, data: Path | None = None) -> ImportMapping:
    """The mapping in the YAML file `path`; its sources are looked for in the folder `data` (default: beside it).

    Raises `MappingErrors` with every mistake: unknown modules, fields, columns, formulas that do not compile.
    """
    document = read_file(path, path.name)
    if isinstance(document, Mistake):
        raise MappingErrors(mistakes=str(document))
    found = [
        f"{'/'.join(str(part) for part in error.absolute_path) or path.name}: {error.message}"
        for error in _validator().iter_errors(document.data)
    ]
    if found:
        raise MappingErrors(mistakes="\n".join(found))
    return mapping_from(document.data, catalog, data or path.parent)


def mapping_from(document: Mapping[str, Any], catalog: Catalog, data: Path) -> ImportMapping:
    """The mapping of a document that fits the schema; raises `MappingErrors`."""
    mistakes: list[str] = []
    module = catalog.modules.get(document["module"])
    if module is None:
        near = nearest(document["module"], list(catalog.modules))
        raise MappingErrors(mistakes=f"There is no module {document['module']!r}." + (f" Did you mean {near!r}?" if near else ""))
    source = data / document["source"]
    columns = columns_of(source, document.get("sheet"))
    fields = _fields(document["fields"], module, columns, catalog, mistakes)
    lines = tuple(
        line
        for key, declared in document.get("lines", {}).items()
        if (line := _line_source(key, declared, module, data, catalog=catalog, mistakes=mistakes)) is not None
    )
    match = tuple(document.get("match", ()))
    mistakes += [
        f"match: the field {key!r} is not filled by this mapping." for key in match if key not in {f.field for f in fields}
    ]
    if mistakes:
        raise MappingErrors(mistakes="\n".join(mistakes))
    return ImportMapping(
        module=module.key,
        path=source,
        sheet=document.get("sheet"),
        match=match,
        update_matches=document.get("on_match", "update") == "update",
        fields=fields,
        lines=lines,
    )


def _line_source(
    key: str, declared: Mapping[str, Any], module: CompiledModule, data: Path, *, catalog: Catalog, mistakes: list[str]
) -> LineSource | None:
    table = module.lines.get(key)
    if table is None:
        mistakes.append(f"lines: {module.key} has no line table {key!r}.")
        return None
    path = data / declared["source"]
    columns = columns_of(path, declared.get("sheet"))
    if declared["join"] not in columns:
        mistakes.append(f"lines/{key}/join: {path.name} has no column {declared['join']!r}.")
    fields = _fields(declared["fields"], table, columns, catalog, mistakes)
    return LineSource(key, path, declared.get("sheet"), declared["join"], fields)


def _fields(
    declared: Mapping[str, Any], module: CompiledModule, columns: list[str], catalog: Catalog, mistakes: list[str]
) -> tuple[FieldSource, ...]:
    sources = []
    for key, given in declared.items():
        options: Mapping[str, Any] = {"column": given} if isinstance(given, str) else given
        place = f"{module.key}/{key}"
        compiled = module.fields.get(key)
        if compiled is None:
            near = nearest(key, list(module.fields))
            mistakes.append(f"{place}: there is no such field." + (f" Did you mean {near!r}?" if near else ""))
            continue
        if len({"column", "formula", "value"} & options.keys()) != 1:
            mistakes.append(f"{place}: give one of column, formula and value.")
            continue
        column = options.get("column")
        if column is not None and column not in columns:
            near = nearest(column, columns)
            mistakes.append(f"{place}: the file has no column {column!r}." + (f" Did you mean {near!r}?" if near else ""))
        lookup = options.get("lookup")
        if lookup is not None:
            targets = compiled.type.references(compiled.definition, compiled.options)
            if len(targets) != 1 or lookup not in catalog.module(targets[0]).fields:
                mistakes.append(f"{place}: {lookup!r} is not a field of the record it points to.")
        sources.append(
            FieldSource(
                field=key,
                column=column,
                formula=_formula(options.get("formula"), columns, place, mistakes),
                value=options.get("value"),
                values=options.get("values", {}),
                lookup=lookup,
                later=options.get("later", False),
            )
        )
    return tuple(sources)


def _formula(text: str | None, columns: list[str], place: str, mistakes: list[str]) -> Formula | None:
    if text is None:
        return None
    try:
        return check(text, _ColumnScope(columns), _ROW, expect=TEXT)
    except FormulaError as error:
        mistakes.append(f"{place}: {error}")
        return None


class _ColumnScope:
    """The columns of a file as names of a formula: all of them texts."""

    def __init__(self, columns: list[str]) -> None:
        self._columns = columns

    def member(self, module: str, name: str) -> Member | None:
        return Member(name, TEXT) if name in self._columns else None

    def names(self, module: str) -> Iterable[str]:
        return self._columns


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads((files("tessera.exchange") / "schemas" / "import.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)
