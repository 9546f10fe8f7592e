"""What every place for contents must do."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tessera.kernel.clock import SystemClock
from tessera.kernel.ids import uuid7
from tessera.runtime.files.errors import FileMissing
from tessera.runtime.files.folder import FolderStore
from tessera.runtime.files.memory import MemoryStore
from tessera.runtime.files.ports import BlobStore


class Broken(BytesIO):
    """A sender that goes away half-way."""

    def read(self, *_: Any) -> bytes:
        raise OSError("gone")


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return FolderStore(tmp_path / "files") if request.param == "folder" else MemoryStore()


def test_gives_back_what_was_written(blobs: BlobStore) -> None:
    blob_id = uuid7()
    source = BytesIO(b"--content")
    source.seek(2)
    blobs.write(blob_id, source)
    with blobs.open(blob_id) as content:
        assert content.read() == b"content"


def test_what_was_never_written_is_missing(blobs: BlobStore) -> None:
    blobs.delete(uuid7())
    with pytest.raises(FileMissing):
        blobs.open(uuid7())


def test_a_broken_write_leaves_nothing(blobs: BlobStore) -> None:
    blob_id = uuid7()
    with pytest.raises(OSError, match="gone"):
        blobs.write(blob_id, Broken())
    with pytest.raises(FileMissing):
        blobs.open(blob_id)
    assert list(blobs.older_than(SystemClock().now() + timedelta(days=1))) == []


def test_tells_what_is_old(blobs: BlobStore) -> None:
    blob_id = uuid7()
    blobs.write(blob_id, BytesIO(b"x"))
    now = SystemClock().now()
    assert list(blobs.older_than(now - timedelta(minutes=1))) == []
    assert list(blobs.older_than(now + timedelta(minutes=1))) == [blob_id]
    blobs.delete(blob_id)
    assert list(blobs.older_than(now + timedelta(minutes=1))) == []
