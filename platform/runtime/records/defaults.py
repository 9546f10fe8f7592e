"""Values that nobody sent: literal defaults, default formulas, the owner, and numbers from their series."""

from tessera.kernel.context import Context
from tessera.runtime.fields.base import Coercion, Rejected
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner


def fill_defaults(context: Context, draft: RecordDraft, formulas: FormulaRunner) -> None:
    """Fill the empty fields of new rows that were not submitted. A default formula may use values given before it."""
    for row in draft.every():
        if row.is_new:
            _fill(context, row, draft, formulas)


def _fill(context: Context, row: RecordDraft, draft: RecordDraft, formulas: FormulaRunner) -> None:
    for field in row.module.fields.values():
        if field.key in row.submitted or row.values.get(field.key) is not None or field.key in row.module.lines:
            continue
        rules = row.module.field_rules.get(field.key)
        if field.definition.default is not None:
            try:
                row.values[field.key] = field.type.coerce(field, field.definition.default, Coercion(context))
            except Rejected as rejected:
                row.problems.append(rejected.problem.under(f"{row.pointer}/{field.key}"))
        elif rules is not None and rules.default is not None:
            value = formulas.evaluate(rules.default, row, draft)
            if value is not None:
                row.values[field.key] = formulas.into_field(field, value)
    if not row.module.is_line_table and "owner" not in row.submitted and row.values.get("owner") is None:
        row.values["owner"] = context.principal.id
