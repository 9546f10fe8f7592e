"""Definitions → Catalog: every name, type, formula, rule and place resolved once, for a tenant and a metadata version.

Wrong definitions raise `CompileErrors` with all problems at once; a catalog is never half made. The order: options and columns of
all fields, tables, then the formulas (which may speak of any module), then the plan of computed fields.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from tessera.kernel.errors import DefinitionError
from tessera.metadata.definitions import Definitions, FieldDefinition, ModuleDefinition
from tessera.runtime.computed.analysis import analyse
from tessera.runtime.computed.errors import ComputedErrors
from tessera.runtime.fields.base import CompiledField, FieldEnvironment
from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.runtime.formula_compile import FormulaCompiler, FormulaProblem
from tessera.runtime.model import Catalog, CompiledModule, Incoming
from tessera.runtime.query.indexes import indexes_of
from tessera.runtime.system_fields import LINE_COLUMNS, RECORD_COLUMNS, line_fields, record_fields
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.tables import build_table


@dataclass(frozen=True, slots=True)
class CompileProblem:
    """One thing wrong: where (`customer.fields.total.formula`) and what."""

    place: str
    message: str


class CompileErrors(DefinitionError):
    """Raised when definitions do not compile; carries every problem."""

    code = "compile_errors"
    message = "The definitions do not fit together."

    def __init__(self, problems: list[CompileProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.place}: {p.message}" for p in problems).replace("{", "{{").replace("}", "}}"))


@dataclass(slots=True)
class _Part:
    """A module or line table on its way to being compiled."""

    key: str
    definition: ModuleDefinition
    field_definitions: Mapping[str, FieldDefinition]
    parent: str | None
    options: dict[str, object] = field(default_factory=dict)
    specs: dict[str, tuple[ColumnSpec, ...]] = field(default_factory=dict)
    spec: TableSpec | None = None
    link_specs: dict[str, TableSpec] = field(default_factory=dict)
    fields: dict[str, CompiledField] = field(default_factory=dict)

    @property
    def table_name(self) -> str:
        return self.key.replace(".", "__")


def compile_catalog(definitions: Definitions, version: int) -> Catalog:
    """The catalog of `definitions`; raises `CompileErrors`."""
    problems: list[CompileProblem] = []
    parts = _parts(definitions)
    for part in parts:
        _parse_fields(part, definitions, parts, problems)
    if problems:
        raise CompileErrors(problems)
    for part in parts:
        part.spec = _table_spec(part)
    tables = _build_tables(parts)
    for part in parts:
        _compile_fields(part, tables[part.table_name])
    incoming = _incoming(parts)
    modules, line_tables = _assemble(parts, tables, incoming, definitions, problems)
    catalog = Catalog(version, definitions, modules, line_tables)
    if problems:
        raise CompileErrors(problems)
    try:
        return analyse(catalog)
    except ComputedErrors as error:
        raise CompileErrors([CompileProblem(place, message) for place, message in error.problems]) from error


def _parts(definitions: Definitions) -> list[_Part]:
    """Every module that is not hidden, then its line tables."""
    parts: list[_Part] = []
    for module in definitions.modules.values():
        if module.hidden:
            continue
        visible = {key: f for key, f in module.fields.items() if not f.hidden}
        parts.append(_Part(module.key, module, visible, None))
        for key, definition in visible.items():
            if definition.type == "lines":
                lines = {k: f for k, f in definition.fields.items() if not f.hidden}
                parts.append(_Part(f"{module.key}.{key}", module, lines, module.key))
    return parts


def _parse_fields(part: _Part, definitions: Definitions, parts: list[_Part], problems: list[CompileProblem]) -> None:
    environment = FieldEnvironment(
        picklists=definitions.picklists,
        module_keys=frozenset(p.key for p in parts if p.parent is None),
        module_key=part.key,
        siblings=part.field_definitions,
    )
    for key, definition in part.field_definitions.items():
        place = f"{part.key}.fields.{key}"
        if definition.type not in FIELD_TYPES:
            problems.append(CompileProblem(place, f"there is no field type {definition.type!r}"))
            continue
        kind = FIELD_TYPES.get(definition.type)
        try:
            options = kind.parse_options(definition, environment)
            part.specs[key] = tuple(kind.column_specs(definition, options))
            part.options[key] = options
            for spec in kind.extra_tables(definition, options, part.table_name):
                part.link_specs[key] = spec
        except ValueError as error:
            problems.append(CompileProblem(place, str(error)))
            continue
        for target in kind.references(definition, options):
            if target not in environment.module_keys:
                problems.append(CompileProblem(place, f"there is no module {target!r}"))
        if definition.unique and not kind.may_be_unique:
            problems.append(CompileProblem(place, f"a field of type {definition.type} cannot be unique"))
        if definition.index and not kind.may_be_indexed:
            problems.append(CompileProblem(place, f"a field of type {definition.type} cannot have an index"))


def _table_spec(part: _Part) -> TableSpec:
    own = tuple(spec for specs in part.specs.values() for spec in specs)
    if part.parent is not None:
        parent = ColumnSpec("parent_id", "uuid", nullable=False, references=part.parent, on_delete="cascade")
        columns = (LINE_COLUMNS[0], parent, *LINE_COLUMNS[1:], *own)
    else:
        columns = (*RECORD_COLUMNS, *own)
    return TableSpec(part.table_name, columns, _indexes(part))


def _indexes(part: _Part) -> tuple[IndexSpec, ...]:
    return indexes_of(
        part.definition,
        part.table_name,
        part.field_definitions,
        {key: (FIELD_TYPES.get(part.field_definitions[key].type), specs) for key, specs in part.specs.items()},
        is_line_table=part.parent is not None,
    )


def _build_tables(parts: list[_Part]) -> dict[str, sa.Table]:
    metadata = sa.MetaData()
    tables: dict[str, sa.Table] = {}
    for part in parts:
        assert part.spec is not None
        tables[part.spec.name] = build_table(part.spec, metadata)
        for link in part.link_specs.values():
            tables[link.name] = build_table(link, metadata)
    return tables


def _compile_fields(part: _Part, table: sa.Table) -> None:
    part.fields.update(line_fields(table) if part.parent is not None else record_fields(table))
    for key, definition in part.field_definitions.items():
        specs = part.specs[key]
        columns = tuple(table.c[spec.name] for spec in specs)
        part.fields[key] = CompiledField(key, definition, FIELD_TYPES.get(definition.type), part.options[key], specs, columns)


def _incoming(parts: list[_Part]) -> dict[str, list[Incoming]]:
    incoming: dict[str, list[Incoming]] = defaultdict(list)
    for part in parts:
        for key, definition in part.field_definitions.items():
            for target in FIELD_TYPES.get(definition.type).references(definition, part.options[key]):
                incoming[target].append(Incoming(part.key, key))
    return incoming


def _assemble(
    parts: list[_Part],
    tables: Mapping[str, sa.Table],
    incoming: Mapping[str, list[Incoming]],
    definitions: Definitions,
    problems: list[CompileProblem],
) -> tuple[dict[str, CompiledModule], dict[str, CompiledModule]]:
    compiler = FormulaCompiler({part.key: part.fields for part in parts})
    modules: dict[str, CompiledModule] = {}
    line_tables: dict[str, CompiledModule] = {}
    for part in sorted(parts, key=lambda p: p.parent is None):  # line tables first: their modules hold them
        try:
            rules, field_rules = compiler.rules(part.key, part.definition, part.field_definitions, part.parent is None)
        except FormulaProblem as error:
            problems += [CompileProblem(place, message) for place, message in error.problems]
            continue
        assert part.spec is not None
        compiled = CompiledModule(
            key=part.key,
            definition=part.definition,
            table=tables[part.table_name],
            spec=part.spec,
            fields=part.fields,
            lines={key: line_tables[f"{part.key}.{key}"] for key in part.fields if f"{part.key}.{key}" in line_tables},
            parent=part.parent,
            rules=rules,
            field_rules=field_rules,
            incoming=tuple(incoming.get(part.key, ())),
            search_fields=tuple(k for k, f in part.field_definitions.items() if f.searchable) if part.parent is None else (),
            links={key: tables[spec.name] for key, spec in part.link_specs.items()},
            link_specs=tuple(part.link_specs.values()),
        )
        (line_tables if part.parent is not None else modules)[part.key] = compiled
    order = [part.key for part in parts if part.parent is None and part.key in modules]
    return {key: modules[key] for key in order}, line_tables
