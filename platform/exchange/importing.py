"""The import: rows in batches through the record service. A row is in whole or not at all, and says why not.

Each batch is one transaction, so an import that is stopped or killed leaves whole records; run again with match fields it
finds them and goes on. Records that an import made carry its id as request id in the audit trail, which is what `undo` goes by.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from tessera.exchange.composing import ComposedRow, Composer
from tessera.exchange.line_index import LineIndex
from tessera.exchange.mapping import ImportMapping, LineSource
from tessera.exchange.sources import SourceRow, read_rows
from tessera.kernel.context import Context
from tessera.kernel.errors import Problem, TesseraError, ValidationFailed
from tessera.kernel.ids import uuid7
from tessera.runtime.fields.base import Coercion, Rejected
from tessera.runtime.records.formulas import environment_of
from tessera.runtime.runtime import TenantRuntime
from tessera.runtime.session import Session
from tessera.runtime.values import Query
from tessera.storage.system_tables import import_run

#: Rows of one transaction.
BATCH = 500
#: Row errors that are kept in the result; all of them are counted and handed to `on_error`.
KEPT_ERRORS = 1_000


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row stayed out: its number in the file and what is wrong with it."""

    row: int
    problems: tuple[Problem, ...]

    def text(self) -> str:
        """One line for people."""
        return "; ".join(problem.text() for problem in self.problems)


@dataclass(slots=True)
class ImportResult:
    """What came of it. `id` names the run, for `undo`."""

    id: UUID
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Rows dealt with."""
        return self.created + self.updated + self.unchanged + self.failed


Progress = Callable[[ImportResult], None]


@dataclass(frozen=True, slots=True)
class _Later:
    """Lookups of a saved row that wait for the second pass, as texts by field."""

    record_id: UUID
    row: int
    texts: dict[str, str]


@dataclass(slots=True)
class _Batch:
    """What came of one batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    later: list[_Later] = field(default_factory=list)


class _DryRun(Exception):
    """Raised at the end of a batch that must not stay; carries what it would have done."""

    def __init__(self, batch: "_Batch") -> None:
        self.batch = batch


class Importer:
    """Imports one mapping into one tenant under `context`."""

    def __init__(self, tenant: TenantRuntime, context: Context, mapping: ImportMapping, *, dry_run: bool = False) -> None:
        self._tenant = tenant
        self._mapping = mapping
        self._dry_run = dry_run
        self.result = ImportResult(uuid7())
        self._context = replace(context, face="import", request_id=str(self.result.id))
        self._coercion = Coercion(self._context, localized=True)
        self._later: list[_Later] = []
        self._on_error: Callable[[RowError], None] | None = None

    def run(self, *, progress: Progress | None = None, on_error: Callable[[RowError], None] | None = None) -> ImportResult:
        """Import everything; `progress` is called after each batch and may raise to stop."""
        self._on_error = on_error
        module = self._tenant.catalog.module(self._mapping.module)
        with self._tenant.session(self._context, write=False) as session:
            environment = environment_of(session)
        with ExitStack() as stack:
            lines = [
                (
                    source,
                    stack.enter_context(LineIndex(source.path, source.sheet, source.join)),
                    Composer(module.lines[source.field], source.fields, environment),
                )
                for source in self._mapping.lines
            ]
            composer = Composer(module, self._mapping.fields, environment)
            self._note_run("running")
            for rows in _batches(read_rows(self._mapping.path, self._mapping.sheet)):
                self._batch(rows, composer, lines)
                if progress is not None:
                    progress(self.result)
            self._second_pass(composer)
            self._note_run("done")
        return self.result

    # -- one batch ----------------------------------------------------------------------------------------------

    def _batch(self, rows: list[SourceRow], composer: Composer, lines: Sequence[tuple[LineSource, LineIndex, Composer]]) -> None:
        def work(session: Session) -> _Batch:
            composed = composer.compose(session, rows)
            for source, index, line_composer in lines:
                self._add_lines(session, composed, source, index, line_composer)
            batch = self._save(session, composed)
            if self._dry_run:
                raise _DryRun(batch)
            return batch

        try:
            batch = self._tenant.transact(self._context, work)
        except _DryRun as told:
            batch = told.batch
        self.result.created += batch.created
        self.result.updated += batch.updated
        self.result.unchanged += batch.unchanged
        self.result.failed += len(batch.errors)
        self._later += batch.later
        for error in sorted(batch.errors, key=lambda e: e.row):
            self._keep(error)

    def _add_lines(
        self, session: Session, rows: list[ComposedRow], source: LineSource, index: LineIndex, composer: Composer
    ) -> None:
        for row in rows:
            composed = composer.compose(session, index.rows(row.source.cells[source.join]))
            row.values[source.field] = [line.values for line in composed]
            for position, line in enumerate(composed):
                row.problems += [problem.under(f"/{source.field}/{position}") for problem in line.problems]

    def _save(self, session: Session, rows: list[ComposedRow]) -> _Batch:
        batch = _Batch(errors=[RowError(row.source.number, tuple(row.problems)) for row in rows if row.problems])
        good = [row for row in rows if not row.problems]
        new = self._update_matches(session, good, batch) if self._mapping.match else good
        for record_id, row in self._create(session, new, batch.errors):
            batch.created += 1
            if row.later:
                batch.later.append(_Later(record_id, row.source.number, row.later))
        return batch

    def _update_matches(self, session: Session, rows: list[ComposedRow], batch: _Batch) -> list[ComposedRow]:
        """Deal with the rows whose record is already there; the others, without repeated ones."""
        matched = self._matches(session, rows)
        seen: set[tuple[str, ...]] = set()
        new: list[ComposedRow] = []
        for row in rows:
            key = self._key(row.values)
            if key in seen:
                message = "An earlier row of the file has the same {fields}."
                problem = Problem("", "duplicate_row", message, {"fields": ", ".join(self._mapping.match)})
                batch.errors.append(RowError(row.source.number, (problem,)))
            elif key not in matched:
                new.append(row)
            elif not self._mapping.update_matches:
                batch.unchanged += 1
            else:
                self._update(session, matched[key], row, batch)
            seen.add(key)
        return new

    def _create(self, session: Session, rows: list[ComposedRow], errors: list[RowError]) -> list[tuple[UUID, ComposedRow]]:
        """Make records of `rows`; those that do not fit are taken out, and the others tried again."""
        while rows:
            try:
                with session.savepoint():
                    made = session.records.create_many(self._mapping.module, [row.values for row in rows], localized=True)
                return [(record["id"], row) for record, row in zip(made, rows, strict=True)]
            except ValidationFailed as failed:
                wrong = _by_index(failed.problems, len(rows))
                errors += [RowError(rows[index].source.number, tuple(problems)) for index, problems in wrong.items()]
                rows = [row for index, row in enumerate(rows) if index not in wrong]
        return []

    def _update(self, session: Session, match: tuple[UUID, int], row: ComposedRow, batch: _Batch) -> None:
        """Bring a record up to its row; one that refuses stays as it was."""
        record_id, version = match
        values = dict(row.values)
        for source in self._mapping.lines:
            values[source.field] = self._line_values(session, record_id, source.field, values[source.field])
        try:
            with session.savepoint():
                after = session.records.update(self._mapping.module, record_id, values, localized=True)
        except ValidationFailed as failed:
            batch.errors.append(RowError(row.source.number, failed.problems))
            return
        except TesseraError as error:
            batch.errors.append(RowError(row.source.number, (Problem("", error.code, error.template, error.params),)))
            return
        if after["version"] == version:
            batch.unchanged += 1
        else:
            batch.updated += 1
        if row.later:
            batch.later.append(_Later(record_id, row.source.number, row.later))

    def _line_values(
        self, session: Session, record_id: UUID, field_key: str, lines: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The lines of the file, each with the id of the standing line at its position, so that a second run changes nothing."""
        standing = session.records.get(self._mapping.module, record_id)[field_key]
        return [
            {**line, "id": str(standing[position]["id"])} if position < len(standing) else line
            for position, line in enumerate(lines)
        ]

    # -- matching -----------------------------------------------------------------------------------------------

    def _matches(self, session: Session, rows: list[ComposedRow]) -> dict[tuple[str, ...], tuple[UUID, int]]:
        """The records that are already there, by the texts of their match fields: id and version."""
        first, *rest = self._mapping.match
        module = self._tenant.catalog.module(self._mapping.module)
        texts = sorted({self._key(row.values)[0] for row in rows if row.values.get(first) is not None})
        found: dict[tuple[str, ...], tuple[UUID, int]] = {}
        for start in range(0, len(texts), 400):
            query = Query(
                filter={"field": first, "op": "in", "value": texts[start : start + 400]},
                fields=("id", "version", first, *rest),
                limit=500,
            )
            while True:
                page = session.records.query(module.key, query)
                for record in page.rows:
                    found[self._key(record)] = (record["id"], record["version"])
                if page.next_cursor is None:
                    break
                query = replace(query, cursor=page.next_cursor)
        return found

    def _key(self, values: Any) -> tuple[str, ...]:
        """The match values as records hold them: "912 345 678" in the file is the phone +34912345678."""
        return tuple(self._as_held(key, values.get(key)) for key in self._mapping.match)

    def _as_held(self, key: str, raw: Any) -> str:
        field = self._tenant.catalog.module(self._mapping.module).fields[key]
        try:
            value = field.type.coerce(field, raw, self._coercion)
        except Rejected:
            value = None  # saving will say what is wrong with it
        return str(raw if value is None else field.type.to_json(field, value))

    # -- afterwards ---------------------------------------------------------------------------------------------

    def _second_pass(self, composer: Composer) -> None:
        """Fill the lookups between rows of the same file."""
        if self._dry_run:
            return
        for start in range(0, len(self._later), BATCH):
            part = self._later[start : start + BATCH]
            for error in self._tenant.transact(self._context, partial(self._fill_later, composer, part)):
                self._keep(error)

    def _fill_later(self, composer: Composer, part: Sequence[_Later], session: Session) -> list[RowError]:
        texts: dict[str, list[str]] = {}
        for later in part:
            for key, text in later.texts.items():
                texts.setdefault(key, []).append(text)
        known = composer.resolve_later(session, texts)
        errors = []
        for later in part:
            missing = [key for key, text in later.texts.items() if text and text not in known[key]]
            values = {key: known[key].get(text) for key, text in later.texts.items() if key not in missing}
            session.records.update(self._mapping.module, later.record_id, values)
            if missing:
                problems = tuple(Problem(f"/{key}", "not_found", "There is no such record.") for key in missing)
                errors.append(RowError(later.row, problems))
        return errors

    def _keep(self, error: RowError) -> None:
        if len(self.result.errors) < KEPT_ERRORS:
            self.result.errors.append(error)
        if self._on_error is not None:
            self._on_error(error)

    def _note_run(self, state: str) -> None:
        if self._dry_run:
            return
        counts = {name: getattr(self.result, name) for name in ("created", "updated", "unchanged", "failed")}
        with self._tenant.database.writing() as connection:
            if state == "running":
                connection.execute(
                    import_run.insert(),
                    {
                        "id": self.result.id,
                        "module": self._mapping.module,
                        "source": self._mapping.path.name[:255],
                        "state": state,
                        "counts": counts,
                        "created_at": self._context.now(),
                        "created_by": self._context.principal.id,
                    },
                )
            else:
                connection.execute(
                    import_run.update().where(import_run.c.id == self.result.id).values(state=state, counts=counts)
                )


def _batches(rows: Iterator[SourceRow]) -> Iterator[list[SourceRow]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _by_index(problems: Sequence[Problem], count: int) -> dict[int, list[Problem]]:
    """Problems by the index that their pointer begins with (without one: all of them are the only row's)."""
    wrong: dict[int, list[Problem]] = {}
    for problem in problems:
        first, _, rest = problem.pointer.removeprefix("/").partition("/")
        if count > 1 or first.isdigit():
            index, pointer = int(first), f"/{rest}" if rest else ""
        else:
            index, pointer = 0, problem.pointer
        wrong.setdefault(index, []).append(Problem(pointer, problem.code, problem.message, problem.params))
    return wrong
