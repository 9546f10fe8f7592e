"""What a lookup brings along: fields filled from the record that was chosen (its `copies` option)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tessera.kernel.context import Context
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner

if TYPE_CHECKING:
    from tessera.runtime.session import Session


def copy_from_lookups(
    session: "Session", drafts: Sequence[RecordDraft], formulas: FormulaRunner, *, touched: str | None = None
) -> None:
    """Fill fields of records and their lines from lookups that were newly chosen.

    A value that was submitted stays. `touched` is the pointer of the field a person has just changed in a form
    (`/customer`, `/lines/2/product`): what that one brings replaces what the form held. References have been checked before:
    a record that the principal may not see is a problem of its lookup, and brings nothing along. Nor does a field that is
    hidden from the principal, unless what it fills is hidden as well: a cost that only others see goes into their margin.
    """
    chosen = [(row, field) for draft in drafts for row in draft.every() for field in _newly_chosen(row, touched)]
    formulas.prefetch((_target(field), row.values[field.key]) for row, field in chosen)
    for row, field in chosen:
        source = formulas.load(_target(field), row.values[field.key])
        if source is None:
            continue
        there_module = session.catalog.module(_target(field))
        hidden_there = session.access(there_module).hidden_fields
        just_now = touched == f"{row.pointer}/{field.key}"
        for here, there in field.options.copies.items():
            if there not in there_module.fields or (there in hidden_there and not _is_hidden(session, row, here)):
                continue
            if just_now or row.values.get(here) is None or here not in row.submitted:
                value = source.get(there)
                row.values[here] = _converted(session.context, there_module.fields[there], row.module.fields[here], value)
                if row.values[here] is None:
                    row.submitted.discard(here)  # nothing came along: the field's own default may fill it


def _is_hidden(session: "Session", row: RecordDraft, key: str) -> bool:
    """Whether the principal does not see the field `key` of a record or line."""
    hidden = session.access(row.module).hidden_fields
    line_table = row.module.key.partition(".")[2]
    return key in hidden if not line_table else line_table in hidden or f"{line_table}.{key}" in hidden


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
