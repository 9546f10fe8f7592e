"""Which fields a form shows, demands and locks for the values it holds now."""

from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner


def conditions_of(draft: RecordDraft, formulas: FormulaRunner) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The hidden, the required and the read-only fields of the record (not of its lines)."""
    hidden, required, read_only = set(), set(), set()
    for key, field in draft.module.fields.items():
        rules = draft.module.field_rules.get(key)
        if rules is not None and rules.visible_if is not None and not formulas.holds(rules.visible_if, draft, draft):
            hidden.add(key)
        elif field.definition.required or (
            rules is not None and rules.required_if is not None and formulas.holds(rules.required_if, draft, draft)
        ):
            required.add(key)
        if (
            key not in draft.module.writable
            or field.definition.read_only
            or (rules is not None and rules.read_only_if is not None and formulas.holds(rules.read_only_if, draft, draft))
        ):
            read_only.add(key)
    return frozenset(hidden), frozenset(required), frozenset(read_only)
