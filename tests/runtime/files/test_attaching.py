"""Uploads and the records that name them."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tessera.kernel.context import SYSTEM, Context, Principal
from tessera.kernel.ids import uuid7
from tessera.metadata.definitions import Definitions, FieldDefinition, ModuleDefinition
from tessera.runtime.compile import compile_catalog
from tessera.runtime.files.attaching import attach_files, check_files
from tessera.runtime.files.store import FileStore
from tessera.runtime.model import Catalog
from tessera.runtime.records.draft import RecordDraft
from tessera.runtime.services import RuntimeServices
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.files.pictures import picture

ANN, BEN = (Principal(uuid7(), name, "member") for name in ("Ann", "Ben"))
FIELDS = (
    FieldDefinition(key="name", type="text", label="Name"),
    FieldDefinition(key="photo", type="image", label="Photo"),
    FieldDefinition(
        key="papers", type="file", label="Papers", options={"max": 3, "accept": ["application/pdf"], "max_megabytes": 1}
    ),
    FieldDefinition(
        key="lines", type="lines", label="Lines", fields={"scan": FieldDefinition(key="scan", type="file", label="Scan")}
    ),
)
USER = ModuleDefinition(key="user", label="User", label_plural="Users", fields={"name": FIELDS[0]})
PRODUCT = ModuleDefinition(key="product", label="Product", label_plural="Products", fields={f.key: f for f in FIELDS})


@dataclass
class Desk:
    """What the record service would hand over, for Ann unless told otherwise."""

    database: TenantDatabase
    catalog: Catalog
    services: RuntimeServices
    connection: sa.Connection
    context: Context

    def upload(self, content: bytes, who: Principal = ANN) -> UUID:
        context = Context("test", who)
        return self.services.files.receive(self.connection, context, BytesIO(content), "x").id

    def draft(self, stored: dict[str, Any] | None = None, **values: Any) -> RecordDraft:
        return RecordDraft(self.catalog.module("product"), uuid7(), stored, values)

    def problems(self, draft: RecordDraft) -> list[tuple[str, str]]:
        check_files(self, [draft])
        return [(problem.pointer, problem.code) for problem in draft.all_problems()]

    def owner(self, file_id: UUID) -> Any:
        return self.services.files.find(self.connection, [file_id])[file_id].record_id


@pytest.fixture
def desk(database: TenantDatabase, tmp_path: Path) -> Any:
    catalog = compile_catalog(Definitions(modules={"user": USER, "product": PRODUCT}), 1)
    with database.writing() as connection:
        yield Desk(database, catalog, RuntimeServices(files=FileStore(tmp_path)), connection, Context("test", ANN))


def test_a_fresh_upload_becomes_the_records(desk: Desk) -> None:
    photo, scan = desk.upload(picture()), desk.upload(b"text")
    draft = desk.draft(photo=(photo,))
    line = RecordDraft(desk.catalog.line_tables["product.lines"], uuid7(), None, {"scan": (scan,)}, pointer="/lines/0")
    draft.lines["lines"] = [line]
    assert desk.problems(draft) == []
    attach_files(desk, [draft])
    assert desk.owner(photo) == desk.owner(scan) == draft.id


def test_what_is_taken_out_is_released(desk: Desk) -> None:
    old, new = desk.upload(picture()), desk.upload(picture())
    first = desk.draft(photo=(old,))
    attach_files(desk, [first])
    changed = RecordDraft(first.module, first.id, {"photo": (old,)}, {"photo": (new,)})
    assert desk.problems(changed) == []
    attach_files(desk, [changed])
    assert desk.owner(old) is None
    assert desk.owner(new) == first.id


def test_what_stays_is_left_alone(desk: Desk) -> None:
    gone = (uuid7(),)
    assert desk.problems(desk.draft({"photo": gone}, photo=gone, name="new")) == []


@pytest.mark.parametrize("field", ["photo", "papers"])
def test_files_that_are_not_there_or_not_mine_look_alike(desk: Desk, field: str) -> None:
    other_record = desk.upload(picture())
    desk.services.files.attach(desk.connection, [other_record], "product", uuid7())
    for file_id in (uuid7(), desk.upload(picture(), BEN), other_record):
        assert desk.problems(desk.draft(**{field: (file_id,)})) == [(f"/{field}", "not_found")]


def test_an_administrator_attaches_what_another_uploaded(desk: Desk) -> None:
    desk.context = Context("test", SYSTEM)
    assert desk.problems(desk.draft(photo=(desk.upload(picture(), BEN),))) == []


def test_files_must_fit_their_field(desk: Desk) -> None:
    text, large = desk.upload(b"text"), desk.upload(b"%PDF-" + b"x" * 2_000_000)
    assert desk.problems(desk.draft(photo=(text,))) == [("/photo", "wrong_file_type")]
    assert desk.problems(desk.draft(papers=(text, large))) == [("/papers", "wrong_file_type"), ("/papers", "file_too_large")]
