"""Evaluates a module's formulas over drafts: defaults, conditions, rules. Related records are loaded once a unit of work."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tessera.expressions.environment import Environment
from tessera.expressions.formula import Formula
from tessera.runtime.codec import codec_of
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.records.view import RecordView
from tessera.runtime.session import Session
from tessera.runtime.values import Row


def environment_of(session: Session) -> Environment:
    """Now, today and the user, as formulas see them."""
    context = session.context
    now = context.now()
    return Environment(
        now=now, today=now.astimezone(ZoneInfo(context.timezone)).date(), timezone=context.timezone, user=context.principal.id
    )


class FormulaRunner:
    """One for a unit of work: remembers the related records it loaded."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._environment = environment_of(session)
        self._loaded: dict[tuple[str, UUID], Row | None] = {}

    @property
    def environment(self) -> Environment:
        return self._environment

    def evaluate(self, formula: Formula, row: RecordDraft, record: RecordDraft) -> Any:
        """The value of `formula` over `row`, which is `record` itself or one of its lines."""
        return formula.evaluate(self.view(row, record), self._environment)

    def holds(self, formula: Formula, row: RecordDraft, record: RecordDraft) -> bool:
        """Whether a condition is true; an empty result is not."""
        return self.evaluate(formula, row, record) is True

    def into_field(self, field: CompiledField, value: Any) -> Any:
        """A formula's result as a value of `field`."""
        if isinstance(value, Mapping):
            value = value["id"]
        return None if value is None else field.type.from_expression(field, value)

    def view(self, row: RecordDraft, record: RecordDraft) -> RecordView:
        """The view of `row` for formulas."""
        catalog = self._session.catalog
        top = RecordView(catalog, record.module, {**record.values, "id": record.id}, self.load, lines=record.lines)
        if row is record:
            return top
        return RecordView(catalog, row.module, {**row.values, "id": row.id}, self.load, parent=top)

    def load(self, module_key: str, record_id: UUID) -> Row | None:
        """The stored values of a live record, once for all."""
        key = (module_key, record_id)
        if key not in self._loaded:
            module = self._session.catalog.modules[module_key]
            table, codec = module.table, codec_of(module)
            statement = sa.select(*codec.columns).where(table.c.id == record_id, table.c.deleted_at.is_(None))
            row = self._session.connection.execute(statement).first()
            self._loaded[key] = None if row is None else codec.decode(row)
        return self._loaded[key]

    def prefetch(self, wanted: Iterable[tuple[str, UUID]]) -> None:
        """Load the records of these modules and ids together, for `load` to find."""
        by_module: dict[str, set[UUID]] = defaultdict(set)
        for key in wanted:
            if key not in self._loaded:
                by_module[key[0]].add(key[1])
        for module_key, ids in by_module.items():
            module = self._session.catalog.modules[module_key]
            table, codec = module.table, codec_of(module)
            some = sorted(ids)
            for start in range(0, len(some), 500):
                part = some[start : start + 500]
                statement = sa.select(table.c.id, *codec.columns).where(table.c.id.in_(part), table.c.deleted_at.is_(None))
                self._loaded.update(dict.fromkeys((module_key, one) for one in part))
                for row in self._session.connection.execute(statement):
                    self._loaded[module_key, row[0]] = codec.decode(row[1:])

    def forget(self) -> None:
        """Drop what was loaded: records have been written since."""
        self._loaded.clear()
