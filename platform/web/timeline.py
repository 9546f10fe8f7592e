"""The changes of a record in words: who, when, which field from what to what, as far as the reader may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from babel.dates import format_date, format_time

from tessera.kernel.context import Context
from tessera.kernel.messages import N_
from tessera.runtime.fields.base import Coercion, CompiledField, Rejected
from tessera.runtime.fields.number_input import babel_locale
from tessera.runtime.fields.periods import today, zone_of
from tessera.runtime.model import CompiledModule
from tessera.runtime.records.history import HistoryEntry
from tessera.runtime.session import Session
from tessera.runtime.values import Row
from tessera.web.page import Page
from tessera.web.presenting import Presenter, Shown

_ICONS = {"create": "plus", "update": "edit", "delete": "trash", "restore": "undo"}
_ACTIONS = {
    "create": N_("{who} created this"),
    "delete": N_("{who} moved this to the recycle bin"),
    "restore": N_("{who} restored this"),
}
_MOST_FIELDS = 40


@dataclass(frozen=True, slots=True)
class Change:
    """A field before and after; None for a side that is empty."""

    label: str
    before: Shown | None
    after: Shown | None


@dataclass(slots=True)
class Event:
    """One entry. `text` is a whole sentence."""

    icon: str
    who: str
    text: str
    time: str
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    """The entries of one day, newest first."""

    label: str
    events: list[Event] = field(default_factory=list)


def timeline(page: Page, session: Session, module: CompiledModule, record: UUID) -> list[Day]:
    """What happened to the record, by day of the reader."""
    entries = session.records.history(module.key, record)
    presenter = Presenter(page, session)
    sides = [(_side(module, entry, 0, page.context), _side(module, entry, 1, page.context)) for entry in entries]
    presenter.prepare(module, [row for pair in sides for row in pair])
    days: dict[date, Day] = {}
    for entry, (before, after) in zip(entries, sides, strict=True):
        moment = entry.at.astimezone(zone_of(page.context))
        day = days.setdefault(moment.date(), Day(_day_text(page, moment.date())))
        day.events.append(_event(presenter, module, entry, before, after))
    return list(days.values())


def _event(presenter: Presenter, module: CompiledModule, entry: HistoryEntry, before: Row, after: Row) -> Event:
    page = presenter.page
    moment = entry.at.astimezone(zone_of(page.context))
    clock = format_time(moment.time(), "short", locale=babel_locale(page.context.locale))
    who = entry.principal if entry.principal_id is not None else page.t("The system")
    changes = [
        Change(
            page.t(module.fields[key].label),
            presenter.shown(module.fields[key], before[key], before) if before.get(key) is not None else None,
            presenter.shown(module.fields[key], after[key], after) if after.get(key) is not None else None,
        )
        for key in dict.fromkeys([*after, *before])
        if key in module.fields and not (before.get(key) is None and after.get(key) is None)
    ]
    notes = _line_notes(page, module, entry.changes)
    if entry.action in _ACTIONS:
        text = page.t(_ACTIONS[entry.action], who=who)
        changes = [] if entry.action == "create" else changes
        notes = [] if entry.action == "create" else notes
    elif changes:
        text = page.n("{who} changed one field", "{who} changed {count} fields", len(changes), who=who)
    else:
        text = page.t("{who} changed lines", who=who)
    return Event(_ICONS.get(entry.action, "edit"), who, text, clock, changes[:_MOST_FIELDS], notes)


def _side(module: CompiledModule, entry: HistoryEntry, side: int, context: Context) -> Row:
    """The values of one side of a change; what no longer fits its field is left out."""
    row: Row = {}
    for key, pair in entry.changes.items():
        found: CompiledField | None = module.fields.get(key)
        if found is None or key in module.lines or not isinstance(pair, list) or len(pair) != 2:
            continue
        try:
            row[key] = None if pair[side] is None else found.type.coerce(found, pair[side], Coercion(context))
        except Rejected:
            continue
    return row


def _line_notes(page: Page, module: CompiledModule, changes: Mapping[str, Any]) -> list[str]:
    """How many lines of each table were added, changed and removed."""
    notes = []
    for key in module.lines:
        pairs = [pair for name, pair in changes.items() if name.startswith(f"{key}/")]
        label = page.t(module.fields[key].label)
        added = sum(1 for before, after in pairs if after and not before)
        changed = sum(1 for before, after in pairs if after and before)
        removed = sum(1 for before, after in pairs if before and not after)
        if added:
            notes.append(page.n("{label}: one line added", "{label}: {count} lines added", added, label=label))
        if changed:
            notes.append(page.n("{label}: one line changed", "{label}: {count} lines changed", changed, label=label))
        if removed:
            notes.append(page.n("{label}: one line removed", "{label}: {count} lines removed", removed, label=label))
    return notes


def _day_text(page: Page, day: date) -> str:
    days = (today(page.context) - day).days
    if days == 0:
        return page.t("Today")
    if days == 1:
        return page.t("Yesterday")
    return format_date(day, "long", locale=babel_locale(page.context.locale))
