"""Rows of a file, one at a time: CSV as text, workbooks through a reader in a process of its own."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tessera.exchange.errors import UnreadableFile
from tessera.exchange.workbook import workbook_rows

#: One cell: longer ones are a mistake of the file, or an attack.
MAX_CELL = 100_000
MAX_COLUMNS = 1_000


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: its number in the file (the header is row 1) and the texts by column."""

    number: int
    cells: dict[str, str]


def read_rows(path: Path, sheet: str | None = None) -> Iterator[SourceRow]:
    """The rows of a CSV file (UTF-8, or UTF-16 with a mark; comma, semicolon or tab) or a workbook, without the header.

    Raises `UnreadableFile`, also half-way when the file turns out to be broken there.
    """
    if not path.is_file():
        raise UnreadableFile(file=path.name, reason="there is no such file.")
    rows = workbook_rows(path, sheet) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv_rows(path)
    yield from _with_header(rows, path)


def columns_of(path: Path, sheet: str | None = None) -> list[str]:
    """The names in the header."""
    if not path.is_file():
        raise UnreadableFile(file=path.name, reason="there is no such file.")
    rows = workbook_rows(path, sheet) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv_rows(path)
    return _header(next(rows, (0, [])), path)


def _with_header(rows: Iterator[tuple[int, list[str]]], path: Path) -> Iterator[SourceRow]:
    names = _header(next(rows, (0, [])), path)
    for number, cells in rows:
        if not any(cells):
            continue
        if len(cells) > len(names) and any(cells[len(names) :]):
            raise UnreadableFile(file=path.name, reason=f"row {number} has more cells than the header.")
        yield SourceRow(number, {name: cells[i] if i < len(cells) else "" for i, name in enumerate(names)})


def _header(first: tuple[int, list[str]], path: Path) -> list[str]:
    names = [name.strip() for name in first[1]]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise UnreadableFile(file=path.name, reason="it has no header row.")
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(file=path.name, reason=f"it has more than {MAX_COLUMNS} columns.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableFile(file=path.name, reason=f"the column {twice[0]!r} stands in it twice.")
    return names


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open("rb") as raw:
        head = raw.read(65_536)
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    csv.field_size_limit(MAX_CELL)
    try:
        with path.open(encoding=encoding, newline="") as text:
            first_line = text.readline()
            text.seek(0)
            reader = csv.reader(text, delimiter=_delimiter(first_line), strict=True)
            for cells in reader:
                if any("\x00" in cell for cell in cells):
                    raise UnreadableFile(file=path.name, reason=f"line {reader.line_num} holds a NUL character.")
                yield reader.line_num, cells
    except UnicodeError as error:
        raise UnreadableFile(file=path.name, reason="it is not UTF-8 text.") from error
    except csv.Error as error:
        raise UnreadableFile(file=path.name, reason=f"{error}.") from error


def _delimiter(first_line: str) -> str:
    """The one of the usual separators that the header uses most."""
    return max(",;\t", key=first_line.count)
