"""Contents in memory: the twin of the folder, for tests and for trying things out."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from tessera.kernel.clock import Clock, SystemClock
from tessera.runtime.files.errors import FileMissing


class MemoryStore:
    """A `BlobStore` that is gone with the process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._contents: dict[UUID, tuple[bytes, datetime]] = {}

    def write(self, blob_id: UUID, content: BinaryIO) -> None:
        self._contents[blob_id] = (content.read(), self._clock.now())

    def open(self, blob_id: UUID) -> BinaryIO:
        if blob_id not in self._contents:
            raise FileMissing()
        return BytesIO(self._contents[blob_id][0])

    def delete(self, blob_id: UUID) -> None:
        self._contents.pop(blob_id, None)

    def older_than(self, moment: datetime) -> Iterator[UUID]:
        yield from [blob_id for blob_id, (_, written) in self._contents.items() if written < moment]
