"""Where the bytes lie. A folder is one place; an object store is another, behind the same few calls."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID


class BlobStore(Protocol):
    """Contents by id. An id is written once and never changed."""

    def write(self, blob_id: UUID, content: BinaryIO) -> None:
        """Keep `content` (from its current position) under `blob_id`, whole or not at all, safe against power loss."""
        ...

    def open(self, blob_id: UUID) -> BinaryIO:
        """The content, to read. Raises `FileMissing`."""
        ...

    def delete(self, blob_id: UUID) -> None:
        """Remove the content; nothing happens when it is not there."""
        ...

    def older_than(self, moment: datetime) -> Iterator[UUID]:
        """The ids whose content was written before `moment`."""
        ...
