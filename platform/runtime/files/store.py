"""The upload store of a tenant: bytes in a `BlobStore`, and a row of `sys_file` for each."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Protocol
from uuid import UUID

import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.kernel.ids import uuid7
from tessera.runtime.files.errors import EmptyFile, FileMissing, FileTooLarge, NotAnImage, UploadRefused
from tessera.runtime.files.folder import FolderStore
from tessera.runtime.files.images import check_image
from tessera.runtime.files.names import display_name
from tessera.runtime.files.ports import BlobStore
from tessera.runtime.files.sniffing import HEAD, IMAGES, OCTETS, TAIL, sniff
from tessera.storage.system_tables import stored_file

MEGABYTE = 1024 * 1024
#: Larger uploads wait on disk instead of in memory while they are looked at.
_IN_MEMORY = MEGABYTE
_CHUNK = 256 * 1024
#: What nobody has attached to a record, or whose transaction never committed, goes after this time.
ORPHANED_AFTER = timedelta(days=1)


class Readable(Protocol):
    """Anything with bytes to read: an upload, a file, a socket."""

    def read(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as its row tells of it. `module` and `record_id` name the record whose rights guard it; None until it is saved."""

    id: UUID
    name: str
    size: int
    media_type: str
    sha256: str
    module: str | None
    record_id: UUID | None
    created_at: datetime
    created_by: UUID | None

    @property
    def is_image(self) -> bool:
        """Whether browsers may show it as a picture."""
        return self.media_type in IMAGES


class FileStore:
    """Takes, gives and forgets files. Whoever asks has been authorised before."""

    def __init__(self, place: Path | BlobStore, *, max_bytes: int = 25 * MEGABYTE) -> None:
        self.blobs: BlobStore = FolderStore(place) if isinstance(place, Path) else place
        self.max_bytes = max_bytes

    def receive(
        self, connection: sa.Connection, context: Context, content: Readable, name: str | None, *, image: bool = False
    ) -> StoredFile:
        """Take an upload. The row is part of the connection's transaction; `image` refuses what is no image.

        Raises `FileTooLarge`, `EmptyFile`, `NotAnImage` and `ImageTooLarge`.
        """
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
            size, digest = self._copy(content, spooled)
            media_type = _media_type(spooled, size, image=image)
            file = StoredFile(
                id=uuid7(),
                name=display_name(name),
                size=size,
                media_type=media_type,
                sha256=digest,
                module=None,
                record_id=None,
                created_at=context.now(),
                created_by=context.principal.id,
            )
            spooled.seek(0)
            self.blobs.write(file.id, spooled)  # type: ignore[arg-type]
        connection.execute(stored_file.insert(), {name: getattr(file, name) for name in _COLUMNS})
        return file

    def find(self, connection: sa.Connection, ids: Iterable[UUID]) -> dict[UUID, StoredFile]:
        """The rows of `ids`, by id; those that are not there are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[UUID, StoredFile] = {}
        for start in range(0, len(wanted), 500):
            statement = sa.select(*(stored_file.c[name] for name in _COLUMNS))
            for row in connection.execute(statement.where(stored_file.c.id.in_(wanted[start : start + 500]))):
                found[row.id] = StoredFile(*row)
        return found

    def open(self, connection: sa.Connection, file_id: UUID) -> tuple[StoredFile, BinaryIO]:
        """A file's row and its content, to be closed by the caller. Raises `FileMissing`."""
        file = self.find(connection, [file_id]).get(file_id)
        if file is None:
            raise FileMissing()
        return file, self.blobs.open(file_id)

    def attach(self, connection: sa.Connection, ids: Iterable[UUID], module: str, record_id: UUID) -> None:
        """From now on the rights to the record guard these files."""
        self._update(connection, ids, {"module": module, "record_id": record_id})

    def release(self, connection: sa.Connection, ids: Iterable[UUID], now: datetime) -> None:
        """The record no longer has these files: the next sweep after `ORPHANED_AFTER` removes them."""
        self._update(connection, ids, {"module": None, "record_id": None, "created_at": now})

    def sweep(self, connection: sa.Connection, now: datetime) -> int:
        """Remove files that belong to no record, and contents without a row, both older than `ORPHANED_AFTER`.

        Returns how many contents went.

        A file's content goes a sweep later than its row, when the removal of the row is sure to be committed.
        """
        limit = now - ORPHANED_AFTER
        swept = 0
        for batch in _batches(self.blobs.older_than(limit)):
            known = self.find(connection, batch)
            for blob_id in batch:
                if blob_id not in known:
                    self.blobs.delete(blob_id)
                    swept += 1
        orphans = sa.and_(stored_file.c.record_id.is_(None), stored_file.c.created_at < limit)
        connection.execute(stored_file.delete().where(orphans))
        return swept

    def _copy(self, content: Readable, target: Any) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            if size > self.max_bytes:
                raise FileTooLarge(limit=self.max_bytes // MEGABYTE)
            digest.update(chunk)
            target.write(chunk)
        if size == 0:
            raise EmptyFile()
        return size, digest.hexdigest()

    def _update(self, connection: sa.Connection, ids: Iterable[UUID], values: dict[str, Any]) -> None:
        wanted = list(ids)
        if wanted:
            connection.execute(stored_file.update().where(stored_file.c.id.in_(wanted)).values(values))


_COLUMNS = ("id", "name", "size", "media_type", "sha256", "module", "record_id", "created_at", "created_by")


def _media_type(content: Any, size: int, *, image: bool) -> str:
    """The sniffed type. What only pretends to be a picture, or is too large to show, is refused as `image`, else just bytes."""
    content.seek(0)
    head: bytes = content.read(HEAD)
    content.seek(max(0, size - TAIL))
    media_type = sniff(head, content.read(TAIL))
    if media_type in IMAGES:
        try:
            check_image(content)
        except UploadRefused:
            if image:
                raise
            return OCTETS
    elif image:
        raise NotAnImage()
    return media_type


def _batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while batch := list(islice(rest, 500)):
        yield batch
