"""Lines of a second file by the text they share with the first, kept on disk: a file may be larger than the memory."""

import json
import sqlite3
import tempfile
from pathlib import Path
from types import TracebackType

from tessera.exchange.sources import SourceRow, read_rows


class LineIndex:
    """The rows of `path` grouped by the column `join`; a context manager, its temporary file goes at the end."""

    def __init__(self, path: Path, sheet: str | None, join: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tessera-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "lines.sqlite")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("CREATE TABLE line (key TEXT, number INTEGER, cells TEXT)")
        rows = ((row.cells[join], row.number, json.dumps(row.cells)) for row in read_rows(path, sheet))
        self._db.executemany("INSERT INTO line VALUES (?, ?, ?)", rows)
        self._db.execute("CREATE INDEX line_key ON line (key)")

    def rows(self, key: str) -> list[SourceRow]:
        """The rows that belong to `key`, in the order of the file."""
        found = self._db.execute("SELECT number, cells FROM line WHERE key = ? ORDER BY number", (key,))
        return [SourceRow(number, json.loads(cells)) for number, cells in found]

    def __enter__(self) -> "LineIndex":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()
        self._folder.cleanup()
