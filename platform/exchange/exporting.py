"""The export: the records of a list, as the principal may see them, into a CSV file or a workbook, page by page.

Rows come through the record service under its policy; that somebody exported, what and how much, stands in the audit trail. A
CSV file holds values in plain notation (ISO dates, decimal points), fit to be imported again; a workbook holds typed cells.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from openpyxl import Workbook

from tessera.exchange.guards import guarded
from tessera.kernel.errors import BadQuery, BadRequest
from tessera.runtime.audit import AuditEntry
from tessera.runtime.fields.base import CompiledField, Display
from tessera.runtime.model import CompiledModule
from tessera.runtime.session import Session
from tessera.runtime.values import Query, Reference, Row

PAGE = 500


class ExportFormat(BadRequest):
    """Raised when the file's ending names no format that exports are written in."""

    code = "export_format"
    message = "An export is written as .csv or .xlsx, not as {ending!r}."


class Sheet(Protocol):
    """Takes one row after the other."""

    def write(self, cells: Sequence[Any]) -> None:
        """Append a row."""
        ...


def export(
    session: Session,
    module_key: str,
    target: Path,
    query: Query,
    display: Display,
    *,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the records of `query` (its fields as columns; default: all) to `target`; the number of rows.

    The file appears whole or not at all. Raises `Forbidden`, `BadQuery` and `ExportFormat`.
    """
    module = session.catalog.module(module_key)
    access = session.require(module, "export")
    fields = _fields(module, query.fields, access.hidden_fields)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with _open(target, unfinished) as sheet:
            sheet.write([display.translator.gettext(field.label) for field in fields])
            count = 0
            for row in _rows(session, module_key, replace(query, fields=tuple(f.key for f in fields))):
                sheet.write([_cell(field, row.get(field.key), display, plain=target.suffix == ".csv") for field in fields])
                count += 1
                if progress is not None and count % PAGE == 0:
                    progress(count)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    told = {"rows": [None, count], "fields": [None, [field.key for field in fields]], "filter": [None, query.filter]}
    session.record(AuditEntry(module_key, None, "export", changes=told))
    return count


def _fields(module: CompiledModule, wanted: Sequence[str] | None, hidden: frozenset[str]) -> list[CompiledField]:
    if wanted is None:
        return [field for key, field in module.fields.items() if key not in module.lines and key not in hidden]
    fields = []
    for index, key in enumerate(wanted):
        if key not in module.fields or key in module.lines or key in hidden:
            raise BadQuery("There is no field {field} to export.", pointer=f"/fields/{index}", field=repr(key))
        fields.append(module.fields[key])
    return fields


def _rows(session: Session, module_key: str, query: Query) -> Iterator[Row]:
    query = replace(query, limit=PAGE, titles=True)
    while True:
        page = session.records.query(module_key, query)
        yield from page.rows
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)


def _cell(field: CompiledField, value: Any, display: Display, *, plain: bool) -> Any:
    if value is None:
        return None
    if isinstance(value, Reference):
        return guarded(value.title or "")
    if isinstance(value, tuple | list) and value and isinstance(value[0], Reference):
        return guarded(", ".join(one.title or "" for one in value))
    if not plain:
        return field.type.to_cell(field, value, display)
    shown = field.type.to_json(field, value)
    if isinstance(shown, str) and not isinstance(value, str):
        return shown  # numbers and dates: a minus is a minus
    return guarded(shown) if isinstance(shown, str) else field.type.to_text(field, value, display)


def _open(target: Path, unfinished: Path) -> AbstractContextManager[Sheet]:
    if target.suffix == ".csv":
        return _CsvSheet(unfinished)
    if target.suffix == ".xlsx":
        return _WorkbookSheet(unfinished)
    raise ExportFormat(ending=target.suffix)


class _CsvSheet:
    """UTF-8 with a mark, so that spreadsheets read it right."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def write(self, cells: Sequence[Any]) -> None:
        """Append a row."""
        self._writer.writerow(cells)

    def __enter__(self) -> "_CsvSheet":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()


class _WorkbookSheet:
    """Rows go to disk as they come; the workbook is closed at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet()

    def write(self, cells: Sequence[Any]) -> None:
        """Append a row."""
        self._sheet.append(list(cells))

    def __enter__(self) -> "_WorkbookSheet":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._book.save(self._path)
        else:
            self._book.close()
