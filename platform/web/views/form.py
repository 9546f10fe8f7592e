"""Creating and changing a record: the form, saving it, and the live draft that scripts ask for while somebody types."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response

from tessera.kernel.errors import EditConflict, Forbidden, ValidationFailed
from tessera.runtime.fields.base import Coercion, Rejected
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session
from tessera.runtime.values import Row
from tessera.web.controls import Control
from tessera.web.forms import Form, FormState
from tessera.web.inputs import input_text
from tessera.web.page import Page
from tessera.web.presenting import Presenter
from tessera.web.saving import Submitted, base_of, clashes_of, read_submission, save
from tessera.web.shell import Toast, in_shell
from tessera.web.views.record import title_of


def new(page: Page, module: str) -> Response:
    """GET /m/<module>/new, fields filled from the address"""
    compiled = page.catalog.module(module)
    given = {key: value for key, value in page.request.args.items() if key in compiled.writable and value}
    with page.tenant.session(page.context, write=False) as session:
        draft = session.records.validate(module, given, localized=True)
        form = Form(page, session, compiled, draft.values, record_id=None)
        return _page(page, session, compiled, form)


def edit(page: Page, module: str, record: UUID) -> Response:
    """GET /m/<module>/<record>/edit"""
    compiled = page.catalog.module(module)
    with page.tenant.session(page.context, write=False) as session:
        if "update" not in session.access(compiled).actions:
            raise Forbidden("You may see this record but not change it.")
        row = session.records.get(module, record, titles=True)
        form = Form(page, session, compiled, row, record_id=str(record))
        return _page(page, session, compiled, form, base=_base(compiled, row), version=row.get("version"))


def create(page: Page, module: str) -> Response:
    """POST /m/<module>/new"""
    return _save(page, page.catalog.module(module), None)


def update(page: Page, module: str, record: UUID) -> Response:
    """POST /m/<module>/<record>/edit"""
    return _save(page, page.catalog.module(module), record)


def draft(page: Page, module: str, record: UUID | None = None) -> Response:
    """POST /m/<module>/draft and /m/<module>/<record>/draft: what a save would compute and complain about, as JSON"""
    compiled = page.catalog.module(module)

    def work(session: Session) -> dict[str, Any]:
        submitted = read_submission(page, session, compiled)
        touched = page.request.form.get("~touched") or None
        found = session.records.validate(module, submitted.values, record, touched=touched, localized=True)
        state = FormState(sent=submitted.values, problems=(*submitted.problems, *found.problems))
        form = Form(page, session, compiled, found.values, record_id=str(record) if record else None, state=state)
        return _live(form)

    with page.tenant.session(page.context, write=False) as session:
        answer = work(session)
    return Response(orjson.dumps(answer), mimetype="application/json", headers={"Cache-Control": "no-store"})


def options(page: Page, module: str) -> Response:
    """POST /m/<module>/options: what a lookup may choose for a typed text, as JSON"""
    compiled = page.catalog.module(module)
    path, text = page.request.form.get("~field", ""), page.request.form.get("~text", "")[:200]
    with page.tenant.session(page.context, write=False) as session:
        record = read_submission(page, session, compiled, files=False).values
        found = session.records.options(module, path, text, record=record, limit=12)
        presenter = Presenter(page, session)
        several = len({one.module for one in found}) > 1 or page.request.form.get("~several") == "1"
        links = [presenter.link(one.module, one.id, one.title) for one in found]
        answer = [
            {
                "value": f"{link.module}/{link.id}" if several else str(link.id),
                "text": link.title,
                "icon": link.icon,
                "tone": link.tone,
                "href": link.href,
            }
            for link in links
        ]
    return Response(orjson.dumps(answer), mimetype="application/json", headers={"Cache-Control": "no-store"})


def _save(page: Page, compiled: CompiledModule, record: UUID | None) -> Response:
    kept: list[Submitted] = []

    def work(session: Session) -> Row:
        submitted = read_submission(page, session, compiled)
        kept[:] = [submitted]
        return save(session, compiled, record, submitted)

    try:
        saved = page.tenant.transact(page.context, work)
    except ValidationFailed as failed:
        return _again(page, compiled, record, kept[0], problems=failed.problems)
    except EditConflict as conflict:
        return _again(page, compiled, record, kept[0], conflict=conflict)
    if page.request.form.get("~then") == "new":
        return page.redirect(f"/m/{compiled.key}/new", created=saved["id"])
    told = {"created": 1} if record is None else {"saved": 1}
    return page.redirect(f"/m/{compiled.key}/{saved['id']}", **told)


def _again(
    page: Page,
    compiled: CompiledModule,
    record: UUID | None,
    submitted: Submitted,
    *,
    problems: tuple[Any, ...] = (),
    conflict: EditConflict | None = None,
) -> Response:
    """The form once more, with everything that was typed and what is wrong with it."""
    with page.tenant.session(page.context, write=False) as session:
        found = session.records.validate(compiled.key, submitted.values, record, localized=True)
        theirs = clashes_of(compiled, conflict, Coercion(page.context)) if conflict is not None else {}
        state = FormState(submitted.values, tuple(problems), submitted.candidates, theirs)
        form = Form(page, session, compiled, found.values, record_id=str(record) if record else None, state=state)
        version = conflict.version if conflict is not None else submitted.version
        base = orjson.dumps(submitted.base).decode() if submitted.base is not None else ""
        status = 409 if conflict is not None else 422
        return _page(page, session, compiled, form, base=base, version=version, status=status, conflict=conflict)


def _page(
    page: Page,
    session: Session,
    compiled: CompiledModule,
    form: Form,
    *,
    base: str = "",
    version: int | None = None,
    status: int = 200,
    conflict: EditConflict | None = None,
) -> Response:
    record_id = form.record_id
    title = ""
    if record_id is not None:
        stored = session.records.get(compiled.key, UUID(record_id), fields=(compiled.title.key,), titles=True)
        title = title_of(Presenter(page, session), compiled, stored)
    toasts = [Toast(page.t("Created."))] if page.request.args.get("created") else []
    at = f"/m/{compiled.key}/{record_id}" if record_id else f"/m/{compiled.key}"
    return in_shell(
        page,
        "pages/form.html",
        status=status,
        module=compiled.key,
        toasts=toasts,
        definition=compiled.definition,
        form=form,
        title=title,
        base=base,
        version=version,
        conflict=conflict,
        action=page.url(f"{at}/edit" if record_id else f"{at}/new"),
        draft_url=page.url(f"{at}/draft"),
        options_url=page.url(f"/m/{compiled.key}/options"),
        back=page.url(at),
        line_keys=list(compiled.lines),
    )


def _base(compiled: CompiledModule, row: Row) -> str:
    return base_of(compiled, row, (set(compiled.writable) | set(compiled.lines)) & set(row))


def _live(form: Form) -> dict[str, Any]:
    """What scripts put into the open form: texts of what is computed, values that were brought along, problems, states."""
    outputs: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    states: dict[str, dict[str, bool]] = {}
    coercion = Coercion(form.page.context, localized=True)
    for control in form.every_control():
        if "/" not in control.pointer[1:]:
            states[control.pointer] = {
                "hidden": control.state.hidden,
                "required": control.state.required,
                "locked": control.state.read_only,
            }
        if control.state.read_only:
            outputs[control.pointer] = control.text
        elif _was_brought(control, coercion):
            values[control.pointer] = _as_sent(control)
    parts = {section.part: form.is_section_hidden(section) for tab in form.tabs for section in tab.sections}
    tabs = {tab.key: form.is_hidden(tab.key) for tab in form.tabs}
    return {"outputs": outputs, "values": values, "states": states, "problems": form.problems, "parts": parts, "tabs": tabs}


def _was_brought(control: Control, coercion: Coercion) -> bool:
    """Whether the draft holds something else than was sent: a default, or what a lookup brought along."""
    if not control.state.sent or control.state.problem:
        return not control.state.sent and not control.is_empty
    try:
        sent = control.field.type.coerce(control.field, control.state.raw, coercion)
    except Rejected:
        return False
    return bool(sent != control.value and not (sent is None and control.is_empty))


def _as_sent(control: Control) -> dict[str, str]:
    if control.targets:
        title = control.links[0].title if control.links else ""
        return {"value": control.sent_value, "text": title}
    return {"value": input_text(control.field, control.value, control.page.context), "text": control.text}
