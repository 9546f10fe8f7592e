"""Files of records, given only to those who may see the record and the field they stand in."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response
from werkzeug.wsgi import FileWrapper

from tessera.kernel.errors import Forbidden, NotFound
from tessera.runtime.files.errors import FileMissing
from tessera.runtime.files.store import StoredFile
from tessera.web.page import Page


def download(page: Page, file: UUID) -> Response:
    """GET /files/<file>: pictures are shown, everything else is saved"""
    store = page.tenant.services.files
    with page.tenant.database.reading() as connection:
        found = store.find(connection, [file]).get(file)
    if found is None or not _may_read(page, found):
        raise FileMissing()
    shown = found.is_image and not page.request.args.get("save")
    disposition = "inline" if shown else "attachment"
    response = Response(FileWrapper(store.blobs.open(file)), 200, mimetype=found.media_type, direct_passthrough=True)
    response.headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(found.name, safe='')}"
    response.headers["Content-Length"] = str(found.size)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["ETag"] = f'"{found.sha256}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _may_read(page: Page, file: StoredFile) -> bool:
    """A file of a record: whoever sees it in one of the record's fields. One that is in no record yet: who uploaded it."""
    if file.module is None or file.record_id is None:
        return file.created_by == page.context.principal.id
    if file.module not in page.catalog.modules:
        return False
    try:
        with page.tenant.session(page.context, write=False) as session:
            row = session.records.get(file.module, file.record_id)
    except (NotFound, Forbidden):
        return False
    return _holds(row, file.id)


def _holds(value: Any, file_id: UUID) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner, file_id) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(inner, file_id) for inner in value)
    return bool(value == file_id)
