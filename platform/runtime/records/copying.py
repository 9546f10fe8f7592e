"""What a lookup brings along: fields filled from the record that was chosen (its `copies` option)."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from tessera.kernel.context import Context
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.model import Catalog
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner


def copy_from_lookups(
    context: Context,
    catalog: Catalog,
    drafts: Sequence[RecordDraft],
    formulas: FormulaRunner,
    *,
    touched: str | None = None,
) -> None:
    """Fill fields of records and their lines from lookups that were newly chosen.

    A value that was submitted stays. `touched` is the pointer of the field a person has just changed in a form
    (`/customer`, `/lines/2/product`): what that one brings replaces what the form held. References have been checked before:
    a record that the principal may not see is a problem of its lookup, and brings nothing along.
    """
    chosen = [(row, field) for draft in drafts for row in draft.every() for field in _newly_chosen(row, touched)]
    formulas.prefetch((_target(field), row.values[field.key]) for row, field in chosen)
    for row, field in chosen:
        source = formulas.load(_target(field), row.values[field.key])
        if source is None:
            continue
        there_fields = catalog.module(_target(field)).fields
        just_now = touched == f"{row.pointer}/{field.key}"
        for here, there in field.options.copies.items():
            if there in there_fields and (just_now or row.values.get(here) is None or here not in row.submitted):
                row.values[here] = _converted(context, there_fields[there], row.module.fields[here], source.get(there))


def _newly_chosen(row: RecordDraft, touched: str | None) -> Iterator[CompiledField]:
    refused = {problem.pointer for problem in row.problems}
    for key in row.submitted:
        field = row.module.fields[key]
        if not getattr(field.options, "copies", None) or not isinstance(row.values.get(key), UUID):
            continue
        pointer = f"{row.pointer}/{key}"
        changed = row.stored is None or row.stored.get(key) != row.values[key]
        if pointer not in refused and (changed or touched == pointer):
            yield field


def _target(field: CompiledField) -> str:
    return field.type.references(field.definition, field.options)[0]


def _converted(context: Context, there: CompiledField, here: CompiledField, value: Any) -> Any:
    """`value` of the field `there` as a value of `here`; None where it does not fit."""
    if value is None:
        return None
    try:
        return here.type.coerce(here, there.type.to_json(there, value), Coercion(context))
    except Rejected:
        return None
