"""Values that nobody sent: literal defaults, default formulas, the owner, and numbers from their series."""

from collections.abc import Sequence

from tessera.kernel.context import Context
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.model import CompiledModule, FieldRules
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner


def fill_defaults(context: Context, draft: RecordDraft, formulas: FormulaRunner) -> None:
    """Fill the empty fields of new rows that were not submitted. A default formula may use values given before it."""
    for row in draft.every():
        if row.is_new:
            _fill(context, row, draft, formulas)


def _fill(context: Context, row: RecordDraft, draft: RecordDraft, formulas: FormulaRunner) -> None:
    for field, rules in _with_defaults(row.module):
        if field.key in row.submitted or row.values.get(field.key) is not None:
            continue
        if field.definition.default is not None:
            try:
                row.values[field.key] = field.type.coerce(field, field.definition.default, Coercion(context))
            except Rejected as rejected:
                row.problems.append(rejected.problem.under(f"{row.pointer}/{field.key}"))
        elif rules is not None and rules.default is not None:
            try:
                row.values[field.key] = formulas.into_field(field, formulas.evaluate(rules.default, row, draft))
            except Rejected as rejected:
                row.problems.append(rejected.problem.under(f"{row.pointer}/{field.key}"))
    if not row.module.is_line_table and "owner" not in row.submitted and row.values.get("owner") is None:
        row.values["owner"] = context.principal.id


def _with_defaults(module: CompiledModule) -> Sequence[tuple[CompiledField, FieldRules | None]]:
    """The fields that have a default, in order, with their formulas."""
    found: list[tuple[CompiledField, FieldRules | None]] | None = module.__dict__.get("_with_defaults")
    if found is None:
        found = module.__dict__["_with_defaults"] = []
        for key, field in module.fields.items():
            rules = module.field_rules.get(key)
            if key not in module.lines and (field.definition.default is not None or (rules is not None and rules.default)):
                found.append((field, rules))
    return found
