"""What was sent, coerced into a draft: unknown names, values that do not fit and fields one may not write, all noted at once."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from tessera.kernel.context import Context
from tessera.kernel.ids import uuid7
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.texts import CatalogTexts
from tessera.runtime.values import Row
from tessera.security.policy import ModuleAccess


class Submission:
    """Coerces submitted values under one access. `localized` values are in a person's own notation."""

    def __init__(self, context: Context, catalog: Catalog, access: ModuleAccess, *, localized: bool = False) -> None:
        self.access = access
        self._coercion = Coercion(
            context,
            localized=localized,
            currency=catalog.base_currency,
            translator=CatalogTexts(context.locale, catalog.definitions.texts),
        )

    def apply(self, draft: RecordDraft, submitted: Mapping[str, Any]) -> None:
        """Put `submitted` into `draft.values`; what does not fit becomes a problem of the draft."""
        for key, raw in submitted.items():
            if draft.module.is_line_table and key == "id":
                continue
            field = draft.module.fields.get(key)
            if field is None or _access_key(draft.module, key) in self.access.hidden_fields:
                self._unknown(draft, key)
            elif key in draft.module.lines:
                self._lines(draft, draft.module.lines[key], field, raw)
            else:
                self._value(draft, field, raw)

    def _unknown(self, draft: RecordDraft, key: str) -> None:
        visible = [k for k in draft.module.fields if _access_key(draft.module, k) not in self.access.hidden_fields]
        near = get_close_matches(str(key), visible, n=1)
        if near:
            draft.refuse(key, "unknown_field", "There is no field {field}. Did you mean {near}?", field=key, near=near[0])
        else:
            draft.refuse(key, "unknown_field", "There is no field {field}.", field=key)

    def _value(self, draft: RecordDraft, field: CompiledField, raw: Any) -> None:
        stored = draft.stored.get(field.key) if draft.stored is not None else None
        try:
            coercion = self._coercion if stored is None else replace(self._coercion, stored=stored)
            value = field.type.coerce(field, raw, coercion)
        except Rejected as rejected:
            if self._may_write(draft, field):
                draft.problems.append(rejected.problem.under(f"{draft.pointer}/{field.key}"))
            else:
                self._read_only(draft, field)
            return
        if not self._may_write(draft, field):
            # A whole record sent back after reading it is welcome: only a *changed* value is refused.
            if draft.stored is None or stored != value:
                self._read_only(draft, field)
            return
        draft.values[field.key] = value
        draft.submitted.add(field.key)

    def _may_write(self, draft: RecordDraft, field: CompiledField) -> bool:
        if field.key not in draft.module.writable or field.definition.read_only:
            return False
        return _access_key(draft.module, field.key) not in self.access.read_only_fields

    def _read_only(self, draft: RecordDraft, field: CompiledField) -> None:
        draft.refuse(field.key, "read_only", "{label} is set by the system.", label=field.label)

    def _lines(self, draft: RecordDraft, table: CompiledModule, field: CompiledField, raw: Any) -> None:
        if field.key in self.access.read_only_fields or field.definition.read_only:
            self._read_only(draft, field)
            return
        try:
            rows = field.type.coerce(field, raw, self._coercion) or []
        except Rejected as rejected:
            draft.problems.append(rejected.problem.under(f"{draft.pointer}/{field.key}"))
            return
        standing = {line.id: line for line in draft.lines.get(field.key, [])}
        lines: list[RecordDraft] = []
        for position, row in enumerate(rows):
            pointer = f"{draft.pointer}/{field.key}/{position}"
            line = self._line(draft, table, standing, row, pointer)
            line.values["position"] = position
            self.apply(line, row)
            lines.append(line)
        draft.lines[field.key] = lines
        draft.removed[field.key] = list(standing.values())
        draft.submitted.add(field.key)

    def _line(
        self, draft: RecordDraft, table: CompiledModule, standing: dict[UUID, RecordDraft], row: Mapping[str, Any], pointer: str
    ) -> RecordDraft:
        """The draft of one submitted line: the standing one of its id, or a new one."""
        line_id = row.get("id")
        if line_id in (None, ""):
            return RecordDraft(table, uuid7(), None, new_values(table), pointer=pointer)
        try:
            known = standing.pop(UUID(str(line_id)))
        except (KeyError, ValueError):
            line = RecordDraft(table, uuid7(), None, new_values(table), pointer=pointer)
            line.refuse("id", "not_found", "The record has no such line.")
            return line
        known.pointer = pointer
        return known


def new_values(module: CompiledModule) -> Row:
    """The values of a record that nobody has filled yet: every field empty, line tables left out."""
    keys: tuple[str, ...] | None = module.__dict__.get("_new_keys")
    if keys is None:
        keys = module.__dict__["_new_keys"] = tuple(key for key in module.fields if key != "id" and key not in module.lines)
    return dict.fromkeys(keys)


def _access_key(module: CompiledModule, key: str) -> str:
    """How rights name a field: `price`, and in a line table `lines.price`."""
    return f"{module.key.partition('.')[2]}.{key}" if module.is_line_table else key
