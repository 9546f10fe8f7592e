"""Which tabs, sections and fields of a record's layout are shown for the values it holds, to somebody who only reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tessera.expressions.errors import FormulaError
from tessera.expressions.formula import Formula, check
from tessera.expressions.types import BOOLEAN
from tessera.kernel.ids import uuid7
from tessera.runtime.formula_compile import CatalogScope
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.records.conditions import conditions_of
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner
from tessera.runtime.session import Session
from tessera.runtime.values import Reference, Row


@dataclass(frozen=True, slots=True)
class Visibility:
    """Keys of hidden, required and read-only fields; hidden parts of the layout as `tab` or `tab/section`."""

    hidden: frozenset[str]
    required: frozenset[str]
    read_only: frozenset[str]
    hidden_parts: frozenset[str]


def visibility_of(session: Session, module: CompiledModule, row: Row) -> Visibility:
    """The state of the fields and of the default layout for `row`, as `records.get` or a draft gives it."""
    draft = _draft(module, row)
    runner = FormulaRunner(session)
    hidden, required, read_only = conditions_of(draft, runner)
    parts = {
        part
        for part, formula in _conditions(session.catalog, module).items()
        if formula is not None and not runner.holds(formula, draft, draft)
    }
    return Visibility(hidden, required, read_only, frozenset(parts))


def _conditions(catalog: Catalog, module: CompiledModule) -> Mapping[str, Formula | None]:
    """The conditions of tabs and sections, checked once for a metadata version. A wrong one hides nothing."""
    known: dict[str, dict[str, Formula | None]] = catalog.extras.setdefault("records.layout_conditions", {})
    found = known.get(module.key)
    if found is None:
        scope = CatalogScope({key: table.fields for key, table in {**catalog.modules, **catalog.line_tables}.items()})
        found = {}
        for layout in list(module.definition.layouts.values())[:1]:
            for tab in layout.tabs.values():
                if tab.visible_if:
                    found[tab.key] = _checked(tab.visible_if, scope, module.key)
                for section in tab.sections.values():
                    if section.visible_if:
                        found[f"{tab.key}/{section.key}"] = _checked(section.visible_if, scope, module.key)
        known[module.key] = found
    return found


def _checked(text: str, scope: CatalogScope, module: str) -> Formula | None:
    try:
        return check(text, scope, module, expect=BOOLEAN)
    except FormulaError:
        return None


def _draft(module: CompiledModule, row: Row) -> RecordDraft:
    """The row as formulas want it: bare ids, lines as drafts of their own."""
    record_id = row.get("id")
    values = {key: _bare(value) for key, value in row.items() if key not in module.lines}
    draft = RecordDraft(module, record_id if isinstance(record_id, UUID) else uuid7(), values, dict(values))
    for key, table in module.lines.items():
        draft.lines[key] = []
        for line in row.get(key) or ():
            bare = {name: _bare(value) for name, value in line.items()}
            draft.lines[key].append(RecordDraft(table, line["id"], bare, dict(bare)))
    return draft


def _bare(value: Any) -> Any:
    if isinstance(value, Reference):
        return value.id
    if isinstance(value, tuple | list):
        return tuple(_bare(one) for one in value)
    return value
