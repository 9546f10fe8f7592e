"""From a broken database constraint to the field it guards: the last line behind the checks of the application."""

import re

from sqlalchemy.exc import IntegrityError

from tessera.kernel.errors import Problem
from tessera.runtime.model import CompiledModule
from tessera.runtime.records.draft import RecordDraft

#: The constraint's name stands in the message text: on a cluster the driver's structured fields are empty, and the name of
#: a distributed table's constraint carries a trailing shard number.
_NAME = re.compile(r'constraint "([^"]+?)(?:_\d+)?"')
_SQLITE_COLUMNS = re.compile(r"UNIQUE constraint failed: (.+)$", re.MULTILINE)
_SQLITE_INDEX = re.compile(r"UNIQUE constraint failed: index '([^']+)'")


def problems_of(error: IntegrityError, module: CompiledModule, draft: RecordDraft | None) -> list[Problem] | None:
    """The problems that the broken constraint means, or None when it is not one of the module's own rules."""
    text = str(error.orig)
    column = _unique_column(text, module)
    if column is not None:
        for field in module.fields.values():
            if any(spec.name == column for spec in field.specs):
                pointer = f"{draft.pointer}/{field.key}" if draft is not None else f"/{field.key}"
                return [Problem(pointer, "taken", "{label} is already taken.", {"label": field.label})]
    if "FOREIGN KEY" in text.upper():
        return [Problem("", "not_found", "A record that this one names is not there.")]
    return None


def _unique_column(text: str, module: CompiledModule) -> str | None:
    """The first column of the unique index that `text` names."""
    match = _NAME.search(text) or _SQLITE_INDEX.search(text)
    if match is not None:
        for index in module.spec.indexes:
            if index.unique and index.name == match.group(1):
                return index.columns[0]
    columns = _SQLITE_COLUMNS.search(text)
    if columns is not None:
        return columns.group(1).split(",")[0].strip().rpartition(".")[2]
    return None
