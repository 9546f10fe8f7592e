"""Catalog → its plan of computed fields: every formula checked, every way traced, every circle refused."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tessera.expressions.errors import FormulaError
from tessera.expressions.formula import Formula, check
from tessera.expressions.rollup import Rollup, check_rollup
from tessera.expressions.scope import Scope
from tessera.expressions.types import Type
from tessera.runtime.computed.errors import ComputedErrors
from tessera.runtime.computed.graph import order_computed, order_locks
from tessera.runtime.computed.plan import ComputedField, ComputedPlan, Group, Read, Reader, Step
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.formula import FormulaField
from tessera.runtime.fields.rollup import RollupField
from tessera.runtime.formula_compile import CatalogScope
from tessera.runtime.model import Catalog, CompiledModule

#: The longest chain of computed fields, each of which needs the one before.
MAX_LEVELS = 16


def analyse(catalog: Catalog) -> Catalog:
    """`catalog` with its `computed` plan. Raises `ComputedErrors`, or `CycleError` where fields need each other."""
    tables = {**catalog.modules, **catalog.line_tables}
    scope = CatalogScope({key: module.fields for key, module in tables.items()})
    problems: list[tuple[str, str]] = []
    found: list[ComputedField] = []
    for module in tables.values():
        for field in module.fields.values():
            if not isinstance(field.type, FormulaField | RollupField):
                continue
            try:
                found.append(_computed(tables, module, field, scope))
            except FormulaError as error:
                problems.append((f"{module.key}.fields.{field.key}", str(error)))
            except ValueError as error:
                problems.append((f"{module.key}.fields.{field.key}", str(error)))
    if problems:
        raise ComputedErrors(problems)
    return replace(catalog, computed=_plan(found, tables)) if found else catalog


def rows_name(source: str, via: str) -> str:
    """How the rows of `source` whose lookup `via` points to a record are called in that record."""
    return f"{source}.{via}"


# -- one field --------------------------------------------------------------------------------------------------------


def _computed(tables: Mapping[str, CompiledModule], module: CompiledModule, field: CompiledField, scope: Scope) -> ComputedField:
    formula = _formula(tables, module, field, scope)
    if "user" in formula.circumstances:
        raise ValueError("a stored value cannot depend on who is looking: user() is for rules and defaults")
    reads = tuple(dict.fromkeys(read for path in sorted(formula.dependencies) for read in _reads(tables, module, path)))
    local = not any(step.kind in ("related", "links") or _is_foreign(step, module) for read in reads for step in read.route)
    outside = isinstance(field.type, RollupField) and field.options.via is not None
    return ComputedField(module.key, field.key, formula, reads, local, outside)


def _is_foreign(step: Step, module: CompiledModule) -> bool:
    """Lines of other records are not in the draft that is being saved."""
    return step.kind == "lines" and step.module != module.key


def _formula(tables: Mapping[str, CompiledModule], module: CompiledModule, field: CompiledField, scope: Scope) -> Formula:
    options = field.options
    expect = field.type.expression_type(field)
    if isinstance(field.type, FormulaField):
        return check(options.formula, scope, module.key, expect=_kind_only(expect))
    if options.via is None:
        name = options.source.rpartition(".")[2]
    else:
        _check_via(tables, module, options.source, options.via)
        name = rows_name(options.source, options.via)
    if options.source not in tables:
        raise ValueError(f"there is no module {options.source!r}")
    rollup = Rollup(options.function, name, options.source, options.field, options.where)
    formula = check_rollup(rollup, scope, module.key)
    if formula.type.kind != expect.kind:
        raise ValueError(f"{options.function} gives a {formula.type.kind}, which is no {field.definition.options.get('result')}")
    return formula


def _kind_only(type_: Type) -> Type:
    return Type(type_.kind, type_.module)


def _check_via(tables: Mapping[str, CompiledModule], module: CompiledModule, source: str, via: str) -> None:
    pointing = tables.get(source)
    if pointing is None:
        raise ValueError(f"there is no module {source!r}")
    lookup = pointing.fields.get(via)
    if lookup is None or len(lookup.columns) != 1 or lookup.type.references(lookup.definition, lookup.options) != (module.key,):
        raise ValueError(f"{via!r} of {source!r} is no lookup that points to {module.key!r}")


def _reads(tables: Mapping[str, CompiledModule], module: CompiledModule, path: tuple[str, ...]) -> Iterator[Read]:
    """Everything that is read on the way along `path`, and at its end."""
    at = module
    route: tuple[Step, ...] = ()
    for position, name in enumerate(path):
        step = _step(tables, at, name)
        if step is None or step.kind == "lookup":
            yield Read(at.key, name, route)
        if step is None:
            return
        if step.kind == "links":
            yield Read(at.key, name, route)
        route = (*route, step)
        if step.kind != "parent" and (step.kind != "lookup" or position < len(path) - 1):
            yield Read(step.target, None, route)
        if step.kind == "related":
            yield Read(step.target, step.name, route)
        at = tables[step.target]


def _step(tables: Mapping[str, CompiledModule], module: CompiledModule, name: str) -> Step | None:
    """The step that `name` takes from a row of `module`; None when it is a plain value."""
    if name == "parent" and module.parent is not None:
        return Step("parent", module.key, name, module.parent)
    if name in module.lines:
        return Step("lines", module.key, name, module.lines[name].key)
    if name not in module.fields:
        source, _, via = name.rpartition(".")
        return Step("related", module.key, via, source)
    field = module.fields[name]
    if name in module.links:
        return Step("links", module.key, name, field.type.references(field.definition, field.options)[0])
    targets = field.type.references(field.definition, field.options)
    return Step("lookup", module.key, name, targets[0]) if len(targets) == 1 and targets[0] in tables else None


# -- all fields -------------------------------------------------------------------------------------------------------


def _plan(fields: list[ComputedField], tables: Mapping[str, CompiledModule]) -> ComputedPlan:
    by_name = {computed.name: computed for computed in fields}
    needs = {
        computed.name: [needed for read in computed.reads if (needed := f"{read.module}.{read.name}") in by_name]
        for computed in fields
    }
    levels = order_computed(needs)
    deepest = max(levels.values())
    if deepest > MAX_LEVELS:
        name = next(name for name, level in levels.items() if level == deepest)
        raise ComputedErrors([(name, f"needs a chain of {deepest} computed fields; {MAX_LEVELS} are allowed")])
    ordered = [by_name[name] for name in levels]
    return ComputedPlan(
        groups=tuple(_groups(ordered, levels)),
        readers=_readers(ordered),
        saving={key: tuple(c for c in ordered if tables[c.module].parent in (None, key) and _belongs(c, key)) for key in tables},
        locking={key: _locking(ordered, key) for key in tables},
        returning={key: _returning(ordered, key) for key in tables},
        lock_order=order_locks(ordered),
    )


def _belongs(computed: ComputedField, key: str) -> bool:
    return computed.module == key or computed.module.startswith(f"{key}.")


def _groups(ordered: Iterable[ComputedField], levels: Mapping[str, int]) -> Iterator[Group]:
    """Fields of one level and module together, level by level."""
    together: dict[tuple[int, str], list[ComputedField]] = defaultdict(list)
    for computed in ordered:
        together[levels[computed.name], computed.module].append(computed)
    for (_, module), fields in together.items():
        yield Group(module, tuple(fields))


def _readers(ordered: Iterable[ComputedField]) -> dict[str, dict[str | None, tuple[Reader, ...]]]:
    found: dict[str, dict[str | None, list[Reader]]] = defaultdict(lambda: defaultdict(list))
    for computed in ordered:
        for read in computed.reads:
            found[read.module][read.name].append(Reader(computed, read))
    return {module: {name: tuple(readers) for name, readers in names.items()} for module, names in found.items()}


def _locking(ordered: Iterable[ComputedField], key: str) -> tuple[tuple[Step, ...], ...]:
    """The ways through lookups that the fields of a module and its lines take, shorter ones first, none twice."""
    ways = {
        read.route[:length]
        for computed in ordered
        if _belongs(computed, key)
        for read in computed.reads
        for length in range(1, len(read.route) + 1)
        if read.route[length - 1].kind == "lookup"
        and all(step.kind in ("lookup", "parent", "lines") for step in read.route[:length])
    }
    return tuple(sorted(ways, key=lambda way: (len(way), [step.name for step in way])))


def _returning(ordered: Iterable[ComputedField], key: str) -> frozenset[str]:
    """The modules with computed fields that look at rows of a module or its lines."""
    return frozenset(
        computed.module
        for computed in ordered
        for read in computed.reads
        if read.module == key or read.module.startswith(f"{key}.")
    )
