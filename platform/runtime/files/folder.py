"""Contents in a folder: `ab/cd/<uuid>`, written beside and renamed into place."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO
from uuid import UUID

from tessera.kernel.ids import uuid7
from tessera.runtime.files.errors import FileMissing

_UNFINISHED = ".part"
_CHUNK = 256 * 1024


class FolderStore:
    """A `BlobStore` in `root`. Paths are made of ids alone, so nothing that anybody sends can leave the folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, blob_id: UUID) -> Path:
        """Where the content of `blob_id` lies; the folders go by its random end, which spreads them evenly."""
        name = UUID(int=blob_id.int)
        return self.root / name.hex[-2:] / name.hex[-4:-2] / str(name)

    def write(self, blob_id: UUID, content: BinaryIO) -> None:
        target = self.path(blob_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{uuid7()}{_UNFINISHED}")
        try:
            with unfinished.open("xb") as file:
                copyfileobj(content, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def open(self, blob_id: UUID) -> BinaryIO:
        try:
            return self.path(blob_id).open("rb")
        except FileNotFoundError:
            raise FileMissing() from None

    def delete(self, blob_id: UUID) -> None:
        self.path(blob_id).unlink(missing_ok=True)

    def older_than(self, moment: datetime) -> Iterator[UUID]:
        """Also removes what crashes left half-written before `moment`."""
        for path in self.root.glob("??/??/*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) >= moment:
                continue
            if path.suffix == _UNFINISHED:
                path.unlink(missing_ok=True)
            else:
                yield UUID(path.name)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
