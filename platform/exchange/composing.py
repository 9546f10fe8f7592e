"""Rows of a file → values for the record service: columns, formulas, translations of texts, and lookups by their natural key."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tessera.exchange.guards import unguarded
from tessera.exchange.mapping import FieldSource
from tessera.exchange.sources import SourceRow
from tessera.expressions.environment import Environment
from tessera.kernel.errors import Problem
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session
from tessera.runtime.values import Query

#: Natural keys asked for in one query.
CHUNK = 400


@dataclass(slots=True)
class ComposedRow:
    """What a row of the file asks for. `later` are lookups for the second pass, still as texts."""

    source: SourceRow
    values: dict[str, Any] = field(default_factory=dict)
    later: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Composer:
    """Composes the rows of one file for one module or line table. Remembers the lookups it has resolved."""

    def __init__(self, module: CompiledModule, sources: Sequence[FieldSource], environment: Environment) -> None:
        self._module = module
        self._sources = sources
        self._environment = environment
        self._known: dict[str, dict[str, UUID]] = defaultdict(dict)

    def compose(self, session: Session, rows: Sequence[SourceRow]) -> list[ComposedRow]:
        """The values of `rows`, lookups resolved together; what cannot be resolved is a problem of its row."""
        composed = [self._row(row) for row in rows]
        for source in self._sources:
            if source.lookup is not None and not source.later:
                self._resolve(session, source, composed)
        return composed

    def resolve_later(self, session: Session, texts: Mapping[str, Sequence[str]]) -> dict[str, dict[str, UUID]]:
        """The ids of lookups of the second pass, by field and text."""
        found: dict[str, dict[str, UUID]] = {}
        for source in self._sources:
            if source.later and source.lookup is not None and source.field in texts:
                self._find(session, source, texts[source.field])
                found[source.field] = self._known[source.field]
        return found

    def _row(self, row: SourceRow) -> ComposedRow:
        composed = ComposedRow(row)
        for source in self._sources:
            raw = self._raw(source, row)
            if isinstance(raw, str):
                raw = raw.strip()
                raw = source.values.get(raw, raw)
            if source.later:
                composed.later[source.field] = raw
            elif raw != "" or source.lookup is None:
                composed.values[source.field] = None if raw == "" else raw
        return composed

    def _raw(self, source: FieldSource, row: SourceRow) -> Any:
        if source.column is not None:
            return unguarded(row.cells[source.column])
        if source.formula is not None:
            cells = {name: text or None for name, text in row.cells.items()}  # to formulas an empty cell is no value
            value = source.formula.evaluate(cells, self._environment)
            return "" if value is None else value
        return source.value

    def _resolve(self, session: Session, source: FieldSource, rows: Sequence[ComposedRow]) -> None:
        wanted = [str(row.values[source.field]) for row in rows if row.values.get(source.field) is not None]
        self._find(session, source, wanted)
        known = self._known[source.field]
        for row in rows:
            text = row.values.get(source.field)
            if text is None:
                continue
            if str(text) in known:
                row.values[source.field] = known[str(text)]
            else:
                label = self._module.fields[source.field].label
                message = "{label}: there is no record {text}."
                row.problems.append(Problem(f"/{source.field}", "not_found", message, {"label": label, "text": str(text)[:80]}))
                del row.values[source.field]

    def _find(self, session: Session, source: FieldSource, texts: Sequence[str]) -> None:
        known = self._known[source.field]
        unknown = sorted({text for text in texts if text and text not in known})
        field_ = self._module.fields[source.field]
        (target,) = field_.type.references(field_.definition, field_.options)
        assert source.lookup is not None
        for start in range(0, len(unknown), CHUNK):
            part = unknown[start : start + CHUNK]
            query = Query(
                filter={"field": source.lookup, "op": "in", "value": part}, fields=("id", source.lookup), limit=len(part)
            )
            for row in session.records.query(target, query).rows:
                known[str(row[source.lookup])] = row["id"]
