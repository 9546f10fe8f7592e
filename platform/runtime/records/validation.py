"""What must hold before a record is written: required fields, rules, references. Every breach is noted, none stops the next."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tessera.runtime.fields.base import CompiledField, FieldType, Rejected
from tessera.runtime.fields.folding import folded
from tessera.runtime.model import SYSTEM_FIELDS, CompiledModule, FieldRules
from tessera.runtime.query.access import visible_clause
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner
from tessera.runtime.session import Session

_NO_RULES = FieldRules()


@dataclass(frozen=True, slots=True)
class _FieldCheck:
    """What has to be asked of one field: whether it may be required, has a check of its own, or may be locked."""

    field: CompiledField
    rules: FieldRules
    may_be_required: bool
    has_check: bool


def _field_checks(module: CompiledModule) -> Sequence[_FieldCheck]:
    """The fields of which anything has to be asked, worked out once."""
    checks: list[_FieldCheck] | None = module.__dict__.get("_field_checks")
    if checks is None:
        checks = module.__dict__["_field_checks"] = []
        for key, field in module.fields.items():
            rules = module.field_rules.get(key, _NO_RULES)
            required = key in module.writable and (field.definition.required or rules.required_if is not None)
            has_check = key not in module.lines and type(field.type).check is not FieldType.check
            if key not in SYSTEM_FIELDS and (required or has_check or rules.read_only_if is not None):
                checks.append(_FieldCheck(field, rules, required, has_check))
    return checks


def check_fields(draft: RecordDraft, formulas: FormulaRunner) -> None:
    """Required and conditionally read-only fields, and the rules of fields and record, for the record and its lines."""
    for row in draft.every():
        failed = {problem.pointer for problem in row.problems}
        for check in _field_checks(row.module):
            field, rules, key = check.field, check.rules, check.field.key
            empty = not draft.lines.get(key) if key in row.module.lines else row.values.get(key) is None
            pointer = f"{row.pointer}/{key}"
            if empty and check.may_be_required and pointer not in failed and _is_required(row, key, rules, draft, formulas):
                row.refuse(key, "required", "{label} is required.", label=field.label)
            if not empty and check.has_check and pointer not in failed:
                try:
                    field.type.check(field, row.values[key], row.values, row.stored)
                except Rejected as rejected:
                    row.problems.append(rejected.problem.under(pointer))
            if rules.read_only_if is not None and key in row.submitted and row.stored is not None:
                changed = row.stored.get(key) != row.values.get(key)
                if changed and formulas.holds(rules.read_only_if, row, draft):
                    row.refuse(key, "read_only", "{label} cannot be changed now.", label=field.label)
        _check_rules(row, draft, formulas, failed)


def _is_required(row: RecordDraft, key: str, rules: FieldRules, draft: RecordDraft, formulas: FormulaRunner) -> bool:
    definition = row.module.fields[key].definition
    if rules.visible_if is not None and not formulas.holds(rules.visible_if, row, draft):
        return False
    if definition.required:
        return True
    return rules.required_if is not None and formulas.holds(rules.required_if, row, draft)


def _check_rules(row: RecordDraft, draft: RecordDraft, formulas: FormulaRunner, failed: set[str]) -> None:
    for rule in row.module.rules:
        key = rule.field or ""
        if any(row.values.get(name) is None or f"{row.pointer}/{name}" in failed for name in rule.needs):
            continue  # an empty field is a matter of `required`; one that does not fit has its problem already
        if not formulas.holds(rule.formula, row, draft):
            row.refuse(key, "rule", rule.message)


def check_references(session: Session, drafts: list[RecordDraft]) -> None:
    """Every record newly pointed to must exist, be live and be visible to the principal: one statement a target module."""
    wanted: dict[str, dict[UUID, list[tuple[RecordDraft, str]]]] = defaultdict(lambda: defaultdict(list))
    for draft in drafts:
        for row in draft.every():
            for key in row.submitted:
                field = row.module.fields[key]
                value = row.values.get(key)
                if value is None or (row.stored is not None and row.stored.get(key) == value):
                    continue
                for module_key, target in field.type.targets(field, value):
                    wanted[module_key][target].append((row, key))
    own = session.context.principal.id
    if own is not None and own in wanted.get("user", {}):
        del wanted["user"][own]
    for module_key, targets in wanted.items():
        if not targets:
            continue
        module = session.catalog.modules.get(module_key)
        found = _visible_ids(session, module, list(targets)) if module is not None else set()
        for target, places in targets.items():
            if target not in found:
                for row, key in places:
                    label = row.module.fields[key].label
                    row.refuse(key, "not_found", "{label} names a record that is not there.", label=label)


def _visible_ids(session: Session, module: CompiledModule, ids: list[UUID]) -> set[UUID]:
    table = module.table
    found: set[UUID] = set()
    for start in range(0, len(ids), 500):
        statement = sa.select(table.c.id).where(table.c.id.in_(ids[start : start + 500]), table.c.deleted_at.is_(None))
        visible = visible_clause(session, module, table)
        if visible is not None:
            statement = statement.where(visible)
        found.update(row[0] for row in session.connection.execute(statement))
    return found


def check_unique(session: Session, drafts: list[RecordDraft]) -> None:
    """Note the values that another live record, or another draft of the same batch, has already taken."""
    by_module: dict[str, list[RecordDraft]] = defaultdict(list)
    for draft in drafts:
        by_module[draft.module.key].append(draft)
    for group in by_module.values():
        module = group[0].module
        for field in module.fields.values():
            if field.definition.unique and field.columns:
                _check_unique_field(session, module, field.key, group)


def _check_unique_field(session: Session, module: CompiledModule, key: str, drafts: list[RecordDraft]) -> None:
    field = module.fields[key]
    wanted: dict[object, list[RecordDraft]] = defaultdict(list)
    for draft in drafts:
        value = draft.values.get(key)
        if value is not None and (draft.stored is None or draft.stored.get(key) != value):
            wanted[_folded(field.definition.case_sensitive, value)].append(draft)
    if not wanted:
        return
    column = field.column
    folds = not field.definition.case_sensitive and isinstance(next(iter(wanted)), str)
    compared: sa.ColumnElement[Any] = folded(column) if folds else column
    keys = list(wanted)
    for start in range(0, len(keys), 500):
        statement = sa.select(module.table.c.id, column).where(
            compared.in_(keys[start : start + 500]), module.table.c.deleted_at.is_(None)
        )
        for record_id, value in session.connection.execute(statement):
            for draft in wanted[_folded(field.definition.case_sensitive, value)]:
                if draft.id != record_id:
                    refuse_taken(draft, key)
    for rivals in wanted.values():
        for draft in rivals[1:]:
            refuse_taken(draft, key)


def _folded(case_sensitive: bool, value: object) -> object:
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def refuse_taken(draft: RecordDraft, key: str) -> None:
    """Note that the value of `key` belongs to another record, without saying to which."""
    pointer = f"{draft.pointer}/{key}"
    if not any(p.pointer == pointer and p.code == "taken" for p in draft.problems):
        draft.refuse(key, "taken", "{label} is already taken.", label=draft.module.fields[key].label)
