"""Files: taken one at a time, given back only to those who may see the record they belong to."""

from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from werkzeug.wsgi import FileWrapper

from tessera.api import parameters
from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.api.errors import BadBody, UnsupportedMediaType
from tessera.api.read_session import ReadSession
from tessera.api.resources.records import read_session
from tessera.kernel.errors import Forbidden, NotFound, Problem
from tessera.runtime.files.errors import FileMissing
from tessera.runtime.files.store import StoredFile
from tessera.runtime.query.reading import get_json
from tessera.runtime.session import Session

_FORM_OVERHEAD: Final = 64 * 1024


def upload(call: Call) -> Answer:
    """POST /files: a form with one file; its id is then put into a record's field"""
    call.parameters()
    request = call.request
    call.refuse_key("An upload takes no Idempotency-Key: what is not put into a record goes by itself.")
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType(expected="multipart/form-data")
    request.max_content_length = call.options.max_upload_bytes + _FORM_OVERHEAD
    sent = request.files.getlist("file")
    if len(sent) != 1:
        raise BadBody([Problem("/file", "required", "Send one file as the part named file.")])
    if not any(call.policy.access(call.context.principal, m.key, m.definition.access).actions & _SAVING for m in _modules(call)):
        raise Forbidden("You may not upload files.")

    def work(session: Session) -> Answer:
        sent[0].stream.seek(0)
        stored = session.services.files.receive(session.connection, session.context, sent[0].stream, sent[0].filename)
        return json_answer(_file_json(stored), 201, Location=f"{call.base}/files/{stored.id}")

    return call.write(work)


def download(call: Call, file: str) -> Answer:
    """GET /files/<id>"""
    call.parameters()
    file_id, store = parameters.record_id(file), call.tenant.services.files
    with call.tenant.database.reading() as connection:
        found = store.find(connection, [file_id]).get(file_id)
    if found is None or not _may_read(call, found):
        raise FileMissing()
    tag = f'"{found.sha256}"'
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": tag,
    }
    if tag in call.request.headers.get("If-None-Match", ""):
        return Answer(304, headers={"ETag": tag})
    headers["Content-Length"] = str(found.size)
    if call.request.method == "HEAD":
        return Answer(200, headers=headers, content_type=found.media_type, stream=())
    return Answer(200, headers=headers, content_type=found.media_type, stream=FileWrapper(store.blobs.open(file_id)))


_SAVING: Final = frozenset({"create", "update"})


def _modules(call: Call) -> Any:
    return call.catalog.modules.values()


def _may_read(call: Call, file: StoredFile) -> bool:
    """A file of a record: whoever sees it in one of the record's fields. One that is in no record yet: who uploaded it."""
    if file.module is None or file.record_id is None:
        return file.created_by == call.context.principal.id
    session: ReadSession = read_session(call)
    module = session.catalog.modules.get(file.module)
    if module is None:
        return False
    try:
        row = get_json(session, module, file.record_id)
    except (NotFound, Forbidden):
        return False
    return _holds(row, file.id)


def _holds(value: Any, file_id: UUID) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner, file_id) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(inner, file_id) for inner in value)
    return value in (file_id, str(file_id))


def _file_json(file: StoredFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "sha256": file.sha256,
        "created_at": file.created_at,
    }
