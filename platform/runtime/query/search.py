"""Full text: one substring index over all searchable fields, or field by field for readers who may not see them all."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.folding import ESCAPE, folded, like_pattern
from tessera.runtime.model import CompiledModule
from tessera.runtime.query.access import Reader
from tessera.runtime.query.tree import check_values
from tessera.storage.search import search_clause_of, search_parameters, search_shape

MAX_SEARCH = 200
MAX_WORDS = 12


@dataclass(slots=True)
class BoundSearch:
    """A search ready to run. `shape` is what the SQL text depends on; `columns` None means the common index."""

    words: tuple[bool, ...] = ()
    columns: tuple[str, ...] | None = None
    values: dict[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> Hashable:
        return (self.words, self.columns) if self.words else None

    def clause(self, source: sa.FromClause) -> sa.ColumnElement[bool] | None:
        """The predicate over `source`; None without a search."""
        if not self.words:
            return None
        if self.columns is None:
            return search_clause_of(source, self.words)
        texts = [source.c[name] for name in self.columns]
        return sa.and_(sa.true(), *[_in_any(texts, number) for number in range(len(self.words))])


def bind_search(reader: Reader, module: CompiledModule, text: str | None) -> BoundSearch:
    """Take the searched text; blank means no search. Raises `BadQuery` for what no database takes.

    `search_text` mixes all searchable fields: who may not see one of them must not find by it, and is served from the
    fields themselves.
    """
    searched = " ".join((text or "").split())
    if not searched:
        return BoundSearch()
    check_values(searched, "/search")
    if len(searched) > MAX_SEARCH:
        raise BadQuery("A search has at most {limit} characters.", pointer="/search", limit=MAX_SEARCH)
    visible = [key for key in module.search_fields if reader.sees(module, key)]
    if len(visible) == len(module.search_fields):
        return BoundSearch(search_shape(searched), None, search_parameters(searched))
    words = searched.lower().split()[:MAX_WORDS]
    values = {f"search_word_{n}": like_pattern(word, before="%", after="%") for n, word in enumerate(words)}
    return BoundSearch((True,) * len(words), _text_columns(module, visible), values)


def _text_columns(module: CompiledModule, keys: list[str]) -> tuple[str, ...]:
    return tuple(spec.name for key in keys for spec in module.fields[key].specs if spec.kind == "text")


def _in_any(texts: Sequence[sa.ColumnElement[Any]], number: int) -> sa.ColumnElement[bool]:
    pattern = sa.bindparam(f"search_word_{number}", type_=sa.Text())
    return sa.or_(sa.false(), *[folded(text).like(pattern, escape=ESCAPE) for text in texts])
