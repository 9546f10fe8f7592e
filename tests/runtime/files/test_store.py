"""Uploads: taken within limits, kept whole, given back, and swept away when nobody wants them."""

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tessera.kernel.clock import MovableClock, SystemClock
from tessera.kernel.context import Context, Principal
from tessera.kernel.ids import uuid7
from tessera.runtime.files.errors import EmptyFile, FileMissing, FileTooLarge, ImageTooLarge, NotAnImage, UploadRefused
from tessera.runtime.files.store import FileStore, StoredFile
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.files.pictures import bomb, picture

ANN = Principal(uuid7(), "Ann", "member")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def store(root: Path) -> FileStore:
    return FileStore(root, max_bytes=1024 * 1024)


def receive(store: FileStore, database: TenantDatabase, content: bytes, name: str = "a.bin", **given: Any) -> StoredFile:
    context = Context("test", ANN, clock=MovableClock(SystemClock().now()))
    with database.writing() as connection:
        return store.receive(connection, context, BytesIO(content), name, **given)


def contents(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_gives_back_what_it_took(store: FileStore, database: TenantDatabase) -> None:
    taken = receive(store, database, b"hello", "../hello.txt")
    with database.reading() as connection:
        found, content = store.open(connection, taken.id)
    with content:
        assert content.read() == b"hello"
    assert found == taken
    assert (taken.name, taken.size, taken.media_type, taken.created_by) == ("hello.txt", 5, "text/plain", ANN.id)
    assert taken.sha256 == hashlib.sha256(b"hello").hexdigest()


def test_names_on_disk_are_generated_and_stay_inside(store: FileStore, database: TenantDatabase, root: Path) -> None:
    taken = receive(store, database, b"x", "../../../evil.sh")
    assert contents(root) == [root / taken.id.hex[-2:] / taken.id.hex[-4:-2] / str(taken.id)]


@pytest.mark.parametrize(
    ("content", "image", "error"),
    [
        (b"", False, EmptyFile),
        (b"x" * (1024 * 1024 + 1), False, FileTooLarge),
        (b"no picture", True, NotAnImage),
        (picture()[:-30], True, NotAnImage),
        (bomb(), True, ImageTooLarge),
        (bomb(8000), True, ImageTooLarge),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", True, NotAnImage),
    ],
)
def test_refuses_and_leaves_nothing_behind(
    store: FileStore, database: TenantDatabase, root: Path, content: bytes, image: bool, error: type[UploadRefused]
) -> None:
    with pytest.raises(error):
        receive(store, database, content, "picture.png", image=image)
    assert contents(root) == []


def test_a_broken_picture_is_only_bytes(store: FileStore, database: TenantDatabase) -> None:
    assert receive(store, database, picture(), image=True).is_image
    for content in (picture()[:-30], bomb()):
        assert receive(store, database, content).media_type == "application/octet-stream"


def test_missing_files_are_named_so(store: FileStore, database: TenantDatabase) -> None:
    taken = receive(store, database, b"x")
    store.blobs.delete(taken.id)
    store.blobs.delete(taken.id)
    with database.reading() as connection:
        for file_id in (taken.id, uuid7()):
            with pytest.raises(FileMissing):
                store.open(connection, file_id)


def test_sweeping_keeps_what_belongs_to_a_record(store: FileStore, database: TenantDatabase, root: Path) -> None:
    kept, orphan, dropped = (receive(store, database, name.encode()) for name in ("kept", "orphan", "dropped"))
    lost = uuid7()
    store.blobs.write(lost, BytesIO(b"its row was never committed"))
    now = SystemClock().now()
    with database.writing() as connection:
        store.attach(connection, [kept.id, dropped.id], "order", uuid7())
        store.release(connection, [dropped.id], now)
        assert store.sweep(connection, now) == 0
    later = now + timedelta(days=1, hours=1)
    for expected in (1, 2, 0):  # contents without a row; then those whose rows went the time before
        with database.writing() as connection:
            assert store.sweep(connection, later) == expected
    with database.reading() as connection:
        assert set(store.find(connection, [kept.id, orphan.id, dropped.id])) == {kept.id}
    assert [path.name for path in contents(root)] == [str(kept.id)]
