"""Gives new records their numbers: the last step before a record is written, so that a refused save uses none up."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.runtime.fields.base import CompiledField, Display
from tessera.runtime.fields.folding import folded
from tessera.runtime.fields.periods import zone_named
from tessera.runtime.fields.sequence import SequenceField, SequenceOptions
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.numbering.counters import draw, draw_apart
from tessera.storage.tenant_database import TenantDatabase

#: Numbers looked up at once, and how often the counter steps over taken ones before it gives up.
_MOST_ROUNDS = 1000
_SERIES_LENGTH = 150


class Work(Protocol):
    """What drawing needs of a session."""

    context: Context
    catalog: Catalog
    database: TenantDatabase
    connection: sa.Connection


def draw_numbers(work: Work, drafts: Sequence[Any]) -> None:
    """Fill the empty number fields of new records and new lines, in their order; one step of the counter for all of a series."""
    today = numbering_day(work)
    waiting: dict[tuple[str, str], list[tuple[CompiledField, Any]]] = defaultdict(list)
    for draft in drafts:
        for row in draft.every():
            if not row.is_new:
                continue
            for field in _number_fields(work.catalog, row.module):
                if row.values.get(field.key) is None:
                    options: SequenceOptions = field.options
                    waiting[_series(field, row), options.scheme.period(today)].append((field, row))
    for (series, period), entries in sorted(waiting.items(), key=lambda item: item[0]):  # locks in one order, whoever saves
        numbers = _draw_free(work, series, period, entries)
        for (field, row), number in zip(entries, numbers, strict=True):
            row.values[field.key] = number


def numbering_day(work: Work) -> date:
    """The day by the context's clock, in the tenant's own time zone: a month changes for all its people at once."""
    return work.context.now().astimezone(zone_named(work.catalog.timezone)).date()


def _number_fields(catalog: Catalog, module: CompiledModule) -> tuple[CompiledField, ...]:
    known: dict[str, tuple[CompiledField, ...]] = catalog.extras.setdefault("numbering.fields", {})
    if module.key not in known:
        known[module.key] = tuple(f for f in module.fields.values() if isinstance(f.type, SequenceField))
    return known[module.key]


def _draw_free(work: Work, series: str, period: str, entries: Sequence[tuple[CompiledField, Any]]) -> list[str]:
    """As many numbers as entries. Of unique ones none that is taken: typed by hand, or drawn before the scheme was changed."""
    field = entries[0][0]
    options: SequenceOptions = field.options
    today = numbering_day(work)
    texts = [_field_texts(field, row) for _, row in entries]
    written: list[str] = []
    for _ in range(_MOST_ROUNDS):
        missing = texts[len(written) :]
        first = _draw(work, options, series, period, len(missing))
        candidates = [options.scheme.write(first + i, today, values) for i, values in enumerate(missing)]
        taken = _taken(work, field, candidates) if field.definition.unique else frozenset()
        written += [number for number in candidates if number.lower() not in taken]
        if len(written) == len(texts):
            return written
    raise RuntimeError(f"no free number found in {series!r}")


def _draw(work: Work, options: SequenceOptions, series: str, period: str, count: int) -> int:
    if options.gap_free or work.database.dialect == "sqlite":
        return draw(work.connection, series, period, count, options.start)
    return draw_apart(work.database, series, period, count, options.start)


def _taken(work: Work, field: CompiledField, candidates: Sequence[str]) -> frozenset[str]:
    """Those of `candidates` that records have already, in lower case."""
    column = field.column
    found: set[str] = set()
    for start in range(0, len(candidates), 500):
        some = [folded(sa.literal(number, sa.Text())) for number in candidates[start : start + 500]]
        statement = sa.select(column).where(folded(column).in_(some))
        found |= {str(row[0]).lower() for row in work.connection.execute(statement)}
    return frozenset(found)


def _series(field: CompiledField, row: Any) -> str:
    """The counter's key: each combination of the field parts counts for itself."""
    options: SequenceOptions = field.options
    texts = _field_texts(field, row)
    if not texts:
        return options.series
    series = f"{options.series}/{'/'.join(texts.values())}"
    if len(series) > _SERIES_LENGTH:
        digest = hashlib.sha256(series.encode()).hexdigest()[:32]
        series = f"{options.series}/{digest}"
    return series


def _field_texts(field: CompiledField, row: Any) -> dict[str, str]:
    """What the scheme's field parts are replaced by: the key of a choice, the text of anything else."""
    texts: dict[str, str] = {}
    for key in field.options.scheme.field_keys:
        part, value = row.module.fields[key], row.values.get(key)
        shown = None if value is None else part.type.to_json(part, value)
        texts[key] = shown if isinstance(shown, str) else part.type.to_text(part, value, Display())
    return texts
