"""A form of one record: its controls in their sections, its line tables, and what is wrong so far."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tessera.kernel.errors import Forbidden, Problem
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.model import CompiledModule
from tessera.runtime.records.visibility import Visibility
from tessera.runtime.session import Session
from tessera.runtime.values import Reference, Row
from tessera.security.policy import ModuleAccess
from tessera.web.arrangement import SectionPlan, TabPlan, arrangement
from tessera.web.columns import line_columns
from tessera.web.controls import Control, ControlState
from tessera.web.page import Page
from tessera.web.presenting import Presenter

#: Empty lines that a form without scripts offers.
SPARE_LINES = 3
#: Stands for the number of a line in the template that scripts copy.
ANY = "__n__"


@dataclass(slots=True)
class LineRow:
    """One line: its cells by column, its id (None: new), its own problem."""

    number: str
    id: str
    cells: list[Control]
    problem: str = ""
    spare: bool = False


@dataclass(slots=True)
class LineTable:
    """A line table of the form. `template` is the line that scripts copy; `spare` those of a form without scripts."""

    field: CompiledField
    pointer: str
    label: str
    columns: list[CompiledField]
    rows: list[LineRow]
    template: LineRow
    spare: list[LineRow]
    read_only: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An entry of the summary: where to go, and what is wrong there."""

    anchor: str
    label: str
    text: str


@dataclass(slots=True)
class FormState:
    """What a form holds besides values: what was sent, what is wrong, what typed texts may mean, what others wrote."""

    sent: dict[str, Any] | None = None
    problems: tuple[Problem, ...] = ()
    candidates: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)


class Form:
    """Built for one request; templates walk through it."""

    def __init__(
        self,
        page: Page,
        session: Session,
        module: CompiledModule,
        row: Row,
        *,
        record_id: str | None,
        state: FormState | None = None,
    ) -> None:
        self.page, self.session, self.module, self.row = page, session, module, row
        self.record_id = record_id
        self.state = state or FormState()
        self.access: ModuleAccess = session.access(module)
        self.presenter = Presenter(page, session)
        self.visibility: Visibility = session.records.visibility(module.key, row)
        self.templates = self._line_templates()
        self.presenter.prepare(module, [row, {key: [line] for key, line in self.templates.items()}])
        self.tabs: list[TabPlan] = arrangement(module, self.access)
        #: What is wrong by pointer, in the reader's words; the first problem of a place.
        self.problems: dict[str, str] = {}
        for problem in self.state.problems:
            self.problems.setdefault(problem.pointer, page.problem(problem))

    # -- state ------------------------------------------------------------------------------------------------

    def is_hidden(self, part: str) -> bool:
        """Whether a tab (`tab`) or section (`tab/section`) is hidden for the present values."""
        return part in self.visibility.hidden_parts

    def is_section_hidden(self, section: SectionPlan) -> bool:
        """Whether the section or all that is in it is hidden."""
        return self.is_hidden(section.part) or all(place.field.key in self.visibility.hidden for place in section.places)

    def is_read_only(self, field: CompiledField) -> bool:
        """Whether nobody could change the field here."""
        return (
            field.key not in self.module.fields
            or not field.type.accepts_input(field)
            or field.definition.read_only
            or field.key in self.access.read_only_fields
        )

    def issues(self) -> list[Issue]:
        """Everything that is wrong, in the order of the problems, each with the place to go to."""
        found = []
        for pointer, text in self.problems.items():
            label = self._label_at(pointer)
            anchor = f"#c{pointer.replace('/', '-')}" if pointer else "#form"
            found.append(Issue(anchor, "" if text.startswith(label) else label, text))
        return found

    # -- controls -----------------------------------------------------------------------------------------------

    def control(self, field: CompiledField) -> Control:
        """The control of a field of the record."""
        key, pointer = field.key, f"/{field.key}"
        return self._control(
            field,
            self.row,
            self.state.sent,
            pointer,
            required=key in self.visibility.required,
            read_only=key in self.visibility.read_only or self.is_read_only(field),
            hidden=key in self.visibility.hidden,
        )

    def line_table(self, field: CompiledField) -> LineTable:
        """The line table of `field`."""
        key = field.key
        columns = self.line_columns(key)
        sent = (self.state.sent or {}).get(key)
        rows = [
            self._line(key, columns, line, str(index), sent[index] if sent is not None and index < len(sent) else None)
            for index, line in enumerate(self.row.get(key) or ())
        ]
        template = self._line(key, columns, self.templates.get(key, {}), ANY, None)
        spare = [self._line(key, columns, {}, str(len(rows) + number), None, spare=True) for number in range(SPARE_LINES)]
        return LineTable(
            field=field,
            pointer=f"/{key}",
            label=self.page.t(field.label),
            columns=columns,
            rows=rows,
            template=template,
            spare=spare,
            read_only=key in self.visibility.read_only or key in self.access.read_only_fields,
            problem=self.problems.get(f"/{key}", ""),
        )

    def line_columns(self, key: str) -> list[CompiledField]:
        """The fields of a line table that its grid shows and the reader may see, in order."""
        return line_columns(self.module, key, self.access.hidden_fields)

    def every_control(self) -> Iterator[Control]:
        """All controls of the form, lines included."""
        for tab in self.tabs:
            for section in tab.sections:
                for place in section.places:
                    if place.field.key in self.module.lines:
                        for row in self.line_table(place.field).rows:
                            yield from row.cells
                    else:
                        yield self.control(place.field)

    def _control(
        self,
        field: CompiledField,
        row: Mapping[str, Any],
        sent: Mapping[str, Any] | None,
        pointer: str,
        *,
        required: bool,
        read_only: bool,
        hidden: bool = False,
        parent: Row | None = None,
    ) -> Control:
        key = field.key
        shown = self.presenter.shown(field, row.get(key), row, parent)
        theirs = self.state.theirs.get(pointer)
        state = ControlState(
            raw=sent.get(key) if sent is not None else None,
            sent=sent is not None and key in sent,
            problem=self.problems.get(pointer, ""),
            required=required,
            read_only=read_only,
            hidden=hidden,
            candidates=self.state.candidates.get(pointer, ()),
            theirs=self.presenter.shown(field, theirs[0], row, parent) if theirs is not None else None,
        )
        return Control(self.presenter, field, shown.value, shown.currency, pointer=pointer, state=state)

    def _line(
        self,
        key: str,
        columns: list[CompiledField],
        line: Mapping[str, Any],
        number: str,
        sent: Mapping[str, Any] | None,
        *,
        spare: bool = False,
    ) -> LineRow:
        pointer = f"/{key}/{number}"
        writable, locked = self.module.lines[key].writable, self.access.read_only_fields
        cells = [
            self._control(
                field,
                line,
                sent,
                f"{pointer}/{field.key}",
                required=field.definition.required,
                read_only=field.key not in writable or field.definition.read_only or f"{key}.{field.key}" in locked,
                parent=self.row,
            )
            for field in columns
        ]
        given = (sent or {}).get("id") if sent is not None else (line.get("id") if self._is_stored(line) else None)
        return LineRow(number, str(given or ""), cells, self.problems.get(pointer, ""), spare)

    def _is_stored(self, line: Mapping[str, Any]) -> bool:
        """Whether the line came from the database: drafts of new lines have an id too."""
        return self.record_id is not None and self.state.sent is None and line.get("id") is not None and bool(line)

    def _line_templates(self) -> dict[str, Row]:
        """An empty line of each line table with its defaults."""
        if not self.module.lines:
            return {}
        try:
            draft = self.session.records.validate(self.module.key, {key: [{}] for key in self.module.lines})
        except Forbidden:
            return {key: {} for key in self.module.lines}
        return {key: {**draft.values[key][0], "id": None} for key in self.module.lines if draft.values.get(key)}

    def _label_at(self, pointer: str) -> str:
        steps = pointer.split("/")[1:]
        field = self.module.fields.get(steps[0]) if steps else None
        if field is None:
            return ""
        if len(steps) >= 2 and steps[1].isdigit() and steps[0] in self.module.lines:
            inner = self.module.lines[steps[0]].fields.get(steps[2]) if len(steps) > 2 else None
            line = self.page.t("Line {number}", number=int(steps[1]) + 1)
            return f"{line}, {self.page.t(inner.label)}" if inner is not None else line
        return self.page.t(field.label)
