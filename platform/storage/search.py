"""Finding records by any part of any word.

Every table with searchable fields has a column `search_text`: the texts folded to plain small letters without accents. PostgreSQL
indexes it with a trigram index; SQLite in a companion table `<table>__fts`, which the application keeps in the same transaction
(`index_rows`, `unindex_rows`). A trigram needs three letters; two Chinese, Japanese or Korean characters are already a word,
so pairs of them are added to the text as tokens of their own. Anything shorter is found by reading the table.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from tessera.storage.naming import search_table

#: More words than this are not looked at: each one is another condition.
MOST_WORDS = 12

_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}
)
_OPEN, _CLOSE = "‹", "›"
_IDEOGRAPHIC = (
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),  # Hangul
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)


def fold(text: str) -> str:
    """`text` in small letters, without accents, in compatibility form: what two spellings of one word share."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFKC", plain.casefold()).translate(_WITHOUT_DECOMPOSITION)


def folded_search_text(text: str) -> str:
    """What `search_text` holds for a record whose searchable fields read `text`."""
    words = " ".join(fold(text).replace(_OPEN, " ").replace(_CLOSE, " ").split())
    if words.isascii():
        return words
    pairs = dict.fromkeys(a + b for a, b in pairwise(words) if _is_ideograph(a) and _is_ideograph(b))
    return " ".join((words, *(f"{_OPEN}{pair}{_CLOSE}" for pair in pairs))) if pairs else words


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One word to be found. `indexed`: an index can find it; `text` is then what the index looks for."""

    text: str
    indexed: bool

    @property
    def pattern(self) -> str:
        """The LIKE pattern, escaped with a backslash."""
        escaped = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"%{escaped}%"

    @property
    def phrase(self) -> str:
        """The FTS5 phrase."""
        return '"' + self.text.replace('"', '""') + '"'


def search_terms(text: str) -> tuple[SearchTerm, ...]:
    """The words of what a person typed, longest first."""
    words = dict.fromkeys(fold(text).replace(_OPEN, " ").replace(_CLOSE, " ").split())
    longest = sorted(words, key=len, reverse=True)[:MOST_WORDS]
    return tuple(_term(word) for word in longest)


def search_clause(source: sa.FromClause, text: str) -> sa.ColumnElement[bool]:
    """Rows of `source` (a table with `search_text`, or an alias of one) in which every word of `text` occurs."""
    terms = search_terms(text)
    return search_clause_of(source, tuple(term.indexed for term in terms), _literals(terms))


def search_clause_of(
    source: sa.FromClause, shape: Sequence[bool], values: dict[str, sa.BindParameter[str]] | None = None
) -> sa.ColumnElement[bool]:
    """The same for statements that are kept: `shape` is `search_shape(text)`, the words stay parameters (`search_parameters`)."""
    table = source.element if isinstance(source, sa.Alias) else source
    in_index = isinstance(table, sa.Table) and bool(table.info.get("searchable"))
    clauses: list[sa.ColumnElement[bool]] = []
    for number, indexed in enumerate(shape):
        pattern = (values or {}).get(f"search_pattern_{number}", sa.bindparam(f"search_pattern_{number}", type_=sa.Text()))
        phrase = (values or {}).get(f"search_phrase_{number}", sa.bindparam(f"search_phrase_{number}", type_=sa.Text()))
        if indexed and in_index:
            assert isinstance(table, sa.Table)
            clauses.append(_Contains(source, table.name, pattern, phrase))
        else:
            clauses.append(source.c.search_text.like(pattern, escape="\\"))
    return sa.and_(sa.true(), *clauses)


def search_shape(text: str) -> tuple[bool, ...]:
    """Which words of `text` an index can find: the part that the text of a statement depends on."""
    return tuple(term.indexed for term in search_terms(text))


def search_parameters(text: str) -> dict[str, str]:
    """The values for a statement made with `search_clause_of`."""
    values = {}
    for number, term in enumerate(search_terms(text)):
        values[f"search_pattern_{number}"] = term.pattern
        values[f"search_phrase_{number}"] = term.phrase
    return values


def index_rows(connection: sa.Connection, table: sa.Table, ids: Sequence[UUID]) -> None:
    """Bring the index up to date with the `search_text` of these rows. PostgreSQL does that by itself."""
    if connection.dialect.name == "sqlite" and table.info.get("searchable") and ids:
        fts, base = _quoted(connection, search_table(table.name)), _quoted(connection, table.name)
        connection.exec_driver_sql(
            f"INSERT OR REPLACE INTO {fts}(rowid, search_text) SELECT rowid, coalesce(search_text, '') FROM {base}"  # noqa: S608
            " WHERE id IN (SELECT value FROM json_each(?))",
            (_id_list(ids),),
        )


def unindex_rows(connection: sa.Connection, table: sa.Table, ids: Sequence[UUID]) -> None:
    """Take rows out of the index, before they are deleted for good."""
    if connection.dialect.name == "sqlite" and table.info.get("searchable") and ids:
        fts, base = _quoted(connection, search_table(table.name)), _quoted(connection, table.name)
        connection.exec_driver_sql(
            f"DELETE FROM {fts} WHERE rowid IN (SELECT rowid FROM {base} WHERE id IN (SELECT value FROM json_each(?)))",  # noqa: S608
            (_id_list(ids),),
        )


class _Contains(FunctionElement[bool]):
    """`search_text` contains a text that the substring index can find."""

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, source: sa.FromClause, table: str, pattern: sa.BindParameter[str], phrase: sa.BindParameter[str]) -> None:
        row = sa.column("rowid", sa.Integer())
        row.table = source
        super().__init__(source.c.search_text, row, sa.column(search_table(table)), pattern, phrase)


@compiles(_Contains)
def _like(element: _Contains, compiler: Any, **options: Any) -> str:
    column, _, _, pattern, _ = element.clauses
    return str(compiler.process(column.like(pattern, escape="\\"), **options))


@compiles(_Contains, "sqlite")
def _match(element: _Contains, compiler: Any, **options: Any) -> str:
    _, row, index, _, phrase = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{row} IN (SELECT rowid FROM {index} WHERE {index} MATCH {phrase})"  # noqa: S608


def _term(word: str) -> SearchTerm:
    if len(word) == 2 and all(_is_ideograph(c) for c in word):
        return SearchTerm(f"{_OPEN}{word}{_CLOSE}", indexed=True)
    return SearchTerm(word, indexed=len(word) >= 3)


def _literals(terms: Sequence[SearchTerm]) -> dict[str, sa.BindParameter[str]]:
    values = {}
    for number, term in enumerate(terms):
        values[f"search_pattern_{number}"] = sa.literal(term.pattern, sa.Text())
        values[f"search_phrase_{number}"] = sa.literal(term.phrase, sa.Text())
    return values


def _is_ideograph(character: str) -> bool:
    code = ord(character)
    return code >= 0x3040 and any(first <= code <= last for first, last in _IDEOGRAPHIC)


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _id_list(ids: Sequence[UUID]) -> str:
    return orjson.dumps([str(i) for i in ids]).decode()
