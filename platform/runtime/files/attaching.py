"""Ties uploads to the records that name them, so that the rights to the record guard the file."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.runtime.fields.base import CompiledField
from tessera.runtime.fields.file import FileField, FileOptions
from tessera.runtime.files.store import MEGABYTE, StoredFile
from tessera.runtime.model import Catalog, CompiledModule
from tessera.runtime.services import RuntimeServices


class Work(Protocol):
    """What attaching needs of a session."""

    context: Context
    catalog: Catalog
    connection: sa.Connection
    services: RuntimeServices


def check_files(work: Work, drafts: Sequence[Any]) -> None:
    """Note what may not be attached: an unknown file, one of another record or person, one that does not fit the field."""
    new = [(draft, row, field, file_id) for draft, row, field in _changed(work, drafts) for file_id in _ids(row.values, field)]
    known = work.services.files.find(work.connection, [file_id for *_, file_id in new])
    for draft, row, field, file_id in new:
        file = known.get(file_id)
        if file is None or not _is_free(work, draft, file):
            row.refuse(field.key, "not_found", "{label} names a file that is not there.", label=field.label)
            continue
        options: FileOptions = field.options
        if not options.takes(file.media_type):
            row.refuse(field.key, "wrong_file_type", "{label} does not take a file of this kind.", label=field.label)
        elif options.max_megabytes is not None and file.size > options.max_megabytes * MEGABYTE:
            row.refuse(field.key, "file_too_large", "The file is larger than {limit} MB.", limit=options.max_megabytes)


def attach_files(work: Work, drafts: Sequence[Any]) -> None:
    """After the records are written: their files are theirs, and those they no longer name are left to the sweeper."""
    store = work.services.files
    for draft, row, field in _changed(work, drafts):
        wanted = set(_ids(row.values, field))
        before = set(_ids(row.stored, field)) if row.stored is not None else set()
        store.attach(work.connection, wanted - before, draft.module.key, draft.id)
        store.release(work.connection, before - wanted, work.context.now())


def _changed(work: Work, drafts: Sequence[Any]) -> Iterator[tuple[Any, Any, CompiledField]]:
    """(record, the record or one of its lines, file field) wherever the files of a row change."""
    for draft in drafts:
        for row in draft.every():
            for field in _file_fields(work.catalog, row.module):
                before = row.stored.get(field.key) if row.stored is not None else None
                if row.values.get(field.key) != before:
                    yield draft, row, field


def _ids(values: Any, field: CompiledField) -> tuple[UUID, ...]:
    return tuple(values.get(field.key) or ())


def _is_free(work: Work, draft: Any, file: StoredFile) -> bool:
    """A fresh upload of this person, or a file that the record has already."""
    if file.record_id is not None:
        return bool(file.record_id == draft.id and file.module == draft.module.key)
    principal = work.context.principal
    return principal.is_administrator or (principal.id is not None and file.created_by == principal.id)


def _file_fields(catalog: Catalog, module: CompiledModule) -> tuple[CompiledField, ...]:
    known: dict[str, tuple[CompiledField, ...]] = catalog.extras.setdefault("files.fields", {})
    if module.key not in known:
        known[module.key] = tuple(field for field in module.fields.values() if isinstance(field.type, FileField))
    return known[module.key]
