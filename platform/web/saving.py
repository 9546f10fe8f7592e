"""From a sent form to a saved record: typed lookups become ids, uploads become files, what was not touched is left alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from werkzeug.datastructures import FileStorage, MultiDict

from tessera.kernel.errors import EditConflict, Problem, ValidationFailed
from tessera.kernel.messages import N_
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.fields.file import FileField
from tessera.runtime.files.errors import UploadRefused
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session
from tessera.runtime.values import Reference, Row
from tessera.web.form_data import MANY, FormData, place_of, read_form
from tessera.web.page import Page

#: The hidden control with the values the form began with, and the one with the version it read.
BASE, VERSION = "~base", "~version"
#: Radio of a clash: the pointer of a field, whose value "theirs" drops one's own.
CLASH = "~clash"
#: No record is called by more characters than this: nothing is looked for.
_LONGEST_TYPED = 200


@dataclass(slots=True)
class Submitted:
    """A sent form, ready to be saved. `problems` are those found before the record service saw it."""

    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    candidates: dict[str, tuple[Reference, ...]] = field(default_factory=dict)
    base: Mapping[str, Any] | None = None
    version: int | None = None


def read_submission(page: Page, session: Session, module: CompiledModule, *, files: bool = True) -> Submitted:
    """The form of this request. With `files` uploads are kept, so `session` must be one that writes."""
    form = page.request.form
    data = read_form(module, form)
    submitted = Submitted(data.values)
    _resolve_typed(session, module, data, submitted)
    if files:
        _receive(session, module, page.request.files, submitted)
    _take_theirs(form, submitted)
    submitted.base = _base(form)
    version = form.get(VERSION, "")
    submitted.version = int(version) if version.isdigit() else None
    return submitted


def save(session: Session, module: CompiledModule, record_id: UUID | None, submitted: Submitted) -> Row:
    """Create or change the record. Raises `ValidationFailed` with all problems, `EditConflict` for true clashes."""
    if submitted.problems:
        draft = session.records.validate(module.key, submitted.values, record_id, localized=True)
        pointers = {problem.pointer for problem in submitted.problems}
        raise ValidationFailed([*submitted.problems, *(p for p in draft.problems if p.pointer not in pointers)])
    if record_id is None:
        return session.records.create(module.key, submitted.values, localized=True)
    changes = changed_only(session, module, submitted)
    return session.records.update(module.key, record_id, changes, version=submitted.version, localized=True)


def changed_only(session: Session, module: CompiledModule, submitted: Submitted) -> dict[str, Any]:
    """The values that differ from those the form began with: what somebody did not touch, they do not change."""
    if submitted.base is None:
        return submitted.values
    coercion = Coercion(session.context, localized=True)
    return {
        key: raw
        for key, raw in submitted.values.items()
        if key not in submitted.base or not _is_same(module, key, raw, submitted.base[key], coercion)
    }


def base_of(module: CompiledModule, row: Row, keys: set[str]) -> str:
    """The values of `keys` as the form's own memory of where it began."""
    base: dict[str, Any] = {}
    for key in keys:
        if key in module.lines:
            base[key] = [
                {
                    name: _json(module.lines[key].fields[name], value)
                    for name, value in line.items()
                    if name in module.lines[key].fields
                }
                for line in row.get(key) or ()
            ]
        elif key in module.fields:
            base[key] = _json(module.fields[key], row.get(key))
    return orjson.dumps(base).decode()


def clashes_of(module: CompiledModule, conflict: EditConflict, coercion: Coercion) -> dict[str, Any]:
    """The present values of the fields that clash, by pointer, each in a list of one so that None is one too."""
    found: dict[str, Any] = {}
    for clash in conflict.clashes:
        field = module.fields[clash.field]
        if clash.field in module.lines:
            found[f"/{clash.field}"] = [None]
            continue
        found[f"/{clash.field}"] = [None if clash.current is None else field.type.coerce(field, clash.current, coercion)]
    return found


def _json(field: CompiledField, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Reference):
        return str(value.id)
    if isinstance(value, tuple) and value and isinstance(value[0], Reference):
        return [str(one.id) for one in value]
    return field.type.to_json(field, value)


def _is_same(module: CompiledModule, key: str, raw: Any, began: Any, coercion: Coercion) -> bool:
    if key in module.lines:
        return _are_same_lines(module.lines[key], raw, began, coercion)
    found = module.fields.get(key)
    if found is None:
        return False
    try:
        now = found.type.coerce(found, raw, coercion)
        then = None if began is None else found.type.coerce(found, began, Coercion(coercion.context))
    except Rejected:
        return False
    return now == then or (now is False and then is None) or (not now and not then and now != 0 and now is not False)


def _are_same_lines(table: CompiledModule, raw: Any, began: Any, coercion: Coercion) -> bool:
    if not isinstance(raw, list) or not isinstance(began, list) or len(raw) != len(began):
        return False
    return all(
        line.get("id") == before.get("id")
        and all(_is_same(table, key, value, before.get(key), coercion) for key, value in line.items() if key != "id")
        for line, before in zip(raw, began, strict=True)
    )


def _base(form: MultiDict[str, str]) -> Mapping[str, Any] | None:
    try:
        base = orjson.loads(form.get(BASE, "") or "null")
    except orjson.JSONDecodeError:
        return None
    return base if isinstance(base, dict) else None


def _take_theirs(form: MultiDict[str, str], submitted: Submitted) -> None:
    """Where the person prefers what the other one wrote, their own value is not sent at all."""
    for name in form:
        pointer = name.removeprefix(CLASH)
        if name.startswith(CLASH) and form[name] == "theirs":
            submitted.values.pop(pointer.strip("/"), None)


def _resolve_typed(session: Session, module: CompiledModule, data: FormData, submitted: Submitted) -> None:
    """Texts typed into lookups become ids where only one record can be meant; else a problem with the candidates."""
    for pointer, text in data.typed.items():
        place = place_of(data.values, pointer)
        found = _field_at(module, pointer)
        if place is None or found is None:
            continue
        row, key = place
        field, path = found
        many = isinstance(row.get(key), list)
        if not text:
            if not many:
                row[key] = ""
            continue
        options = session.records.options(module.key, path, text, record=data.values) if len(text) <= _LONGEST_TYPED else []
        exact = [one for one in options if (one.title or "").casefold() == text.casefold()]
        if not many and any(_sent(field, one) == row.get(key) for one in exact):
            continue
        meant = exact or options
        if len(meant) == 1:
            row[key] = [*row[key], _sent(field, meant[0])] if many else _sent(field, meant[0])
            continue
        message = N_("Several fit “{text}”. Choose one.") if options else N_("Nothing fits “{text}”.")
        submitted.problems.append(Problem(pointer, "ambiguous" if options else "not_found", message, {"text": text}))
        submitted.candidates[pointer] = tuple(options)
        if not many:
            row[key] = ""


def _sent(field: CompiledField, reference: Reference) -> str:
    several = len(field.type.references(field.definition, field.options)) > 1
    return f"{reference.module}/{reference.id}" if several else str(reference.id)


def _field_at(module: CompiledModule, pointer: str) -> tuple[CompiledField, str] | None:
    """The field of a pointer, and its path in a query."""
    steps = pointer.split("/")[1:]
    if len(steps) == 1 and steps[0] in module.fields:
        return module.fields[steps[0]], steps[0]
    if len(steps) == 3 and steps[0] in module.lines and steps[2] in module.lines[steps[0]].fields:
        return module.lines[steps[0]].fields[steps[2]], f"{steps[0]}.{steps[2]}"
    return None


def _receive(session: Session, module: CompiledModule, files: MultiDict[str, FileStorage], submitted: Submitted) -> None:
    """Take uploads; each becomes an id among the field's values."""
    for name, sent in files.lists():
        pointer = name.removesuffix(MANY)
        found, place = _field_at(module, pointer), place_of(submitted.values, pointer)
        if found is None or place is None or not isinstance(found[0].type, FileField):
            continue
        row, key = place
        for upload in sent:
            if not upload.filename:
                continue
            try:
                image = found[0].type.widget == "image"
                stored = session.services.files.receive(
                    session.connection, session.context, upload.stream, upload.filename, image=image
                )
            except UploadRefused as refused:
                submitted.problems.append(Problem(pointer, refused.code, refused.template, refused.params))
                continue
            held = [str(stored.id)] if found[0].options.most == 1 else [*(row.get(key) or []), str(stored.id)]
            row[key] = held
