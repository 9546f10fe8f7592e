"""Reads workbooks in a process of its own, with limits: a file from outside may be made to eat memory or time.

`python -I -m tessera.exchange.workbook FILE [SHEET]` writes one JSON array of texts a row to its standard output.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tessera.exchange.errors import UnreadableFile

MEMORY_BYTES = 1_000 * 1024 * 1024
CPU_SECONDS = 120
MAX_UNPACKED_BYTES = 1_000_000_000
MAX_ROWS = 1_048_576
MAX_CELLS_IN_ROW = 1_000


def workbook_rows(path: Path, sheet: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """(row number, texts) of each row of the sheet. Raises `UnreadableFile`."""
    command = [sys.executable, "-m", "tessera.exchange.workbook", str(path), *([sheet] if sheet else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        try:
            for number, line in enumerate(reader.stdout, start=1):
                yield number, json.loads(line)
        finally:
            if reader.poll() is None and sys.exc_info()[0] is not None:
                reader.kill()
        reason = reader.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
    if reader.returncode != 0:
        known = reason.removeprefix("unreadable: ") if reason.startswith("unreadable: ") else "it is damaged or far too large."
        raise UnreadableFile(file=path.name, reason=known)


def _text(value: Any) -> str:
    """A cell as text that the field types understand: ISO dates, plain numbers, `true`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    return str(value)


def _limit_process() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _refuse(reason: str) -> None:
    sys.stderr.write(f"unreadable: {reason}\n")
    raise SystemExit(2)


def _main(file: str, sheet: str | None) -> None:
    """Stream the rows of one sheet to standard output."""
    import zipfile

    import openpyxl

    _limit_process()
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                _refuse("it unpacks to too much.")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        _refuse("it is not a workbook.")
    if sheet is not None and sheet not in book.sheetnames:
        _refuse(f"it has no sheet {sheet!r}.")
    for number, cells in enumerate(book[sheet or book.sheetnames[0]].iter_rows(values_only=True)):
        if number >= MAX_ROWS or len(cells) > MAX_CELLS_IN_ROW:
            _refuse("it has too many rows or columns.")
        sys.stdout.write(json.dumps([_text(cell) for cell in cells]) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
