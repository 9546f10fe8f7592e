"""The record service: each change is a checklist, each step a named function of its own file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from tessera.kernel.errors import Problem, ValidationFailed
from tessera.kernel.ids import uuid7
from tessera.runtime.computed.changes import RecordChange
from tessera.runtime.computed.evaluation import evaluate_record, lock_sources
from tessera.runtime.computed.propagation import propagate
from tessera.runtime.files.attaching import attach_files, check_files
from tessera.runtime.model import CompiledModule
from tessera.runtime.numbering.drawing import draw_numbers
from tessera.runtime.query import aggregate, listing, options, reading
from tessera.runtime.records import locking, removal, writing
from tessera.runtime.records.conditions import conditions_of
from tessera.runtime.records.constraints import problems_of
from tessera.runtime.records.copying import copy_from_lookups
from tessera.runtime.records.defaults import fill_defaults
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.formulas import FormulaRunner
from tessera.runtime.records.history import HistoryEntry, history
from tessera.runtime.records.submission import Submission, new_values
from tessera.runtime.records.validation import check_fields, check_references, check_unique
from tessera.runtime.records.visibility import Visibility, visibility_of
from tessera.runtime.session import Session
from tessera.runtime.values import Aggregate, Draft, Page, Query, Reference, Row


class RecordService:
    """Create, change, remove and read records of every module, under the session's principal. See docs/architecture.md."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._formulas = FormulaRunner(session)

    # -- changes ------------------------------------------------------------------------------------------------

    def create(self, module_key: str, values: Mapping[str, Any], *, localized: bool = False) -> Row:
        """Make a record; raises `ValidationFailed` with every problem at once."""
        return self.create_many(module_key, [values], localized=localized)[0]

    def create_many(self, module_key: str, rows: Sequence[Mapping[str, Any]], *, localized: bool = False) -> list[Row]:
        """Make several records of one module, all or none; pointers of problems then begin with the row's index."""
        session = self._session
        module = session.catalog.module(module_key)
        drafts = [self._new_draft(module, row, localized=localized) for row in rows]
        self._check(drafts, thoroughly=len(drafts) > 1, numbered=len(rows) > 1)
        draw_numbers(session, drafts)
        self._write(module, drafts, writing.insert)
        self._propagate([RecordChange.created(draft) for draft in drafts])
        return [self._shown(draft) for draft in drafts]

    def update(
        self,
        module_key: str,
        record_id: UUID,
        values: Mapping[str, Any],
        *,
        version: int | None = None,
        base: Mapping[str, Any] | None = None,
        if_match: int | None = None,
        localized: bool = False,
    ) -> Row:
        """Change a record.

        `version` or `base` say what the caller had read: fields that others changed since raise `EditConflict`, other fields
        do not matter. `if_match` insists on the very version (`PreconditionFailed`).
        """
        session = self._session
        module = session.catalog.module(module_key)
        access = session.require(module, "update")
        draft = locking.load_for_change(session, module, record_id)
        locking.check_version(draft, if_match)
        Submission(session.context, session.catalog, access, localized=localized).apply(draft, values)
        locking.find_clashes(session, draft, version, base)
        self._check([draft], thoroughly=False, numbered=False)
        draw_numbers(session, [draft])
        self._write(module, [draft], writing.update)
        self._propagate([RecordChange.updated(draft)])
        return self._shown(draft)

    def delete(self, module_key: str, record_id: UUID, *, if_match: int | None = None) -> None:
        """Move a record to the recycle bin."""
        session = self._session
        module = session.catalog.module(module_key)
        session.require(module, "delete")
        draft = locking.load_for_change(session, module, record_id)
        locking.check_version(draft, if_match)
        self._propagate(removal.delete(session, module, [draft]))

    def restore(self, module_key: str, record_id: UUID) -> Row:
        """Bring a record back from the recycle bin."""
        session = self._session
        module = session.catalog.module(module_key)
        session.require(module, "restore")
        draft = locking.load_for_change(session, module, record_id, deleted=True)
        self._propagate(removal.restore(session, module, [draft]))
        return self._shown(draft)

    def purge(self, module_key: str, record_id: UUID) -> None:
        """Remove a record of the recycle bin for good."""
        session = self._session
        module = session.catalog.module(module_key)
        session.require(module, "purge")
        draft = locking.load_for_change(session, module, record_id, deleted=True)
        removal.purge(session, module, [draft])

    def update_many(self, module_key: str, changes: Sequence[tuple[UUID, Mapping[str, Any]]]) -> list[Row]:
        """Change several records of one module, all or none."""
        session = self._session
        module = session.catalog.module(module_key)
        access = session.require(module, "update")
        loaded = locking.load_many(session, module, [record_id for record_id, _ in changes])
        submission = Submission(session.context, session.catalog, access)
        drafts: list[RecordDraft] = []
        for record_id, values in changes:
            draft = loaded[record_id]
            submission.apply(draft, values)
            if draft not in drafts:
                drafts.append(draft)
        self._check(drafts, thoroughly=True, numbered=True)
        self._write(module, drafts, writing.update)
        self._propagate([RecordChange.updated(draft) for draft in drafts])
        return [self._shown(draft) for draft in drafts]

    def delete_many(self, module_key: str, ids: Sequence[UUID]) -> None:
        """Move several records of one module to the recycle bin, all or none."""
        session = self._session
        module = session.catalog.module(module_key)
        session.require(module, "delete")
        drafts = list(locking.load_many(session, module, list(ids)).values())
        if drafts:
            self._propagate(removal.delete(session, module, drafts))

    def hold(self, records: Mapping[str, Iterable[UUID]]) -> None:
        """Call first in a work that changes several records one after another (ids by module): it then waits for others that
        change some of the same, instead of ending in a deadlock with them."""
        locking.hold(self._session, records)

    def validate(
        self,
        module_key: str,
        values: Mapping[str, Any],
        record_id: UUID | None = None,
        *,
        touched: str | None = None,
        localized: bool = False,
    ) -> Draft:
        """What a save would compute and complain about, without saving and without drawing numbers.

        `touched` is the pointer of the field that a person has just changed: a lookup then brings its copies along anew.
        """
        session = self._session
        module = session.catalog.module(module_key)
        if record_id is None:
            draft = self._new_draft(module, values, localized=localized)
        else:
            access = session.require(module, "update")
            draft = locking.load_for_change(session, module, record_id)
            Submission(session.context, session.catalog, access, localized=localized).apply(draft, values)
        check_references(session, [draft])
        check_files(session, [draft])
        copy_from_lookups(session, [draft], self._formulas, touched=touched)
        fill_defaults(session.context, draft, self._formulas)
        evaluate_record(session, draft, self._formulas)
        check_fields(draft, self._formulas)
        check_unique(session, [draft])
        hidden, required, read_only = conditions_of(draft, self._formulas)
        return Draft(self._shown(draft), tuple(draft.all_problems()), hidden, required, read_only)

    # -- reading ------------------------------------------------------------------------------------------------

    def get(
        self,
        module_key: str,
        record_id: UUID,
        *,
        fields: Sequence[str] | None = None,
        expand: Sequence[str] = (),
        titles: bool = False,
        deleted: bool = False,
    ) -> Row:
        """One record with its lines; raises `NotFound` when it is not there for this principal."""
        return reading.get(
            self._session, self._module(module_key), record_id, fields=fields, expand=expand, titles=titles, deleted=deleted
        )

    def query(self, module_key: str, query: Query) -> Page:
        """A page of records."""
        return listing.query(self._session, self._module(module_key), query)

    def aggregate(self, module_key: str, request: Aggregate) -> list[dict[str, Any]]:
        """Figures over records."""
        return aggregate.aggregate(self._session, self._module(module_key), request)

    def options(
        self, module_key: str, field: str, text: str = "", *, record: Mapping[str, Any] | None = None, limit: int = 20
    ) -> list[Reference]:
        """What the lookup `field` may choose, best match first."""
        return options.options(self._session, self._module(module_key), field, text, record=record, limit=limit)

    def history(self, module_key: str, record_id: UUID, *, limit: int = 50) -> list[HistoryEntry]:
        """What happened to a record that the principal may see, newest first."""
        reading.get(self._session, self._module(module_key), record_id, fields=("id",))
        return history(self._session, self._module(module_key), record_id, limit)

    def visibility(self, module_key: str, row: Row) -> Visibility:
        """Which fields and parts of the layout are hidden, required or read-only while a record holds the values of `row`."""
        return visibility_of(self._session, self._module(module_key), row)

    def _module(self, key: str) -> CompiledModule:
        return self._session.catalog.module(key)

    # -- steps --------------------------------------------------------------------------------------------------

    def _new_draft(self, module: CompiledModule, values: Mapping[str, Any], *, localized: bool) -> RecordDraft:
        session = self._session
        access = session.require(module, "create")
        draft = RecordDraft(module, uuid7(), None, new_values(module))
        for key in module.lines:
            draft.lines[key] = []
        Submission(session.context, session.catalog, access, localized=localized).apply(draft, values)
        return draft

    def _check(self, drafts: Sequence[RecordDraft], *, thoroughly: bool, numbered: bool) -> None:
        """Defaults, formulas and every check; raises `ValidationFailed` with all problems of all drafts.

        Whether a value is taken is left to the database's own constraint unless there is something to report anyway, or
        the caller wants it `thoroughly`: it saves a question per save.
        """
        session = self._session
        check_references(session, list(drafts))
        check_files(session, drafts)
        copy_from_lookups(session, drafts, self._formulas)
        if len(drafts) > 1:
            lock_sources(session, drafts, self._formulas)  # all at once instead of draft by draft
        for draft in drafts:
            fill_defaults(session.context, draft, self._formulas)
            evaluate_record(session, draft, self._formulas)
            check_fields(draft, self._formulas)
        if thoroughly or any(draft.all_problems() for draft in drafts):
            check_unique(session, list(drafts))
        problems: list[Problem] = []
        for index, draft in enumerate(drafts):
            found = draft.all_problems()
            problems += [problem.under(f"/{index}") for problem in found] if numbered else found
        if problems:
            raise ValidationFailed(problems)

    def _write(self, module: CompiledModule, drafts: list[RecordDraft], write: Any) -> None:
        """Write drafts; a broken constraint becomes the problem of its field."""
        try:
            write(self._session, drafts)
        except IntegrityError as error:
            problems = problems_of(error, module, drafts[0] if len(drafts) == 1 else None)
            if problems is None:
                raise
            raise ValidationFailed(problems) from error
        attach_files(self._session, drafts)

    def _propagate(self, changes: list[RecordChange]) -> None:
        """Bring roll-ups and formulas of other records up to date."""
        if changes:
            self._formulas.forget()
            propagate(self._session, changes)

    def _shown(self, draft: RecordDraft) -> Row:
        """The saved record as its own reader sees it."""
        hidden = self._session.access(draft.module).hidden_fields
        row: Row = {"id": draft.id}
        for key in draft.module.fields:
            if key in hidden or key == "id":
                continue
            if key in draft.module.lines:
                row[key] = [self._line(key, line, hidden) for line in draft.lines.get(key, ())]
            else:
                row[key] = draft.values.get(key)
        return row

    def _line(self, table: str, line: RecordDraft, hidden: frozenset[str]) -> Row:
        visible = (key for key in line.module.fields if key != "id" and f"{table}.{key}" not in hidden)
        return {"id": line.id, **{key: line.values.get(key) for key in visible}}
