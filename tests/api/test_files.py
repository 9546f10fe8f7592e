"""Files: taken, attached, given back to those who may see the record, and never shown on our own pages."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from tessera.runtime.fields.registry import FIELD_TYPES
from tests.api.service import Caller, Service
from tests.api.shop import SHOP, field, module


def send(caller: Caller, content: bytes, name: str = "note.txt", part: str = "file", **headers: str) -> Any:
    return caller.post("/files", data={part: (BytesIO(content), name)}, headers=headers)


def test_a_file_comes_back_as_it_was_to_whoever_sent_it(ann: Caller, mel: Caller) -> None:
    answer = send(ann, b"<script>alert(1)</script>", "../../evil\u202egnp.html")
    file = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/files/{file['id']}"
    assert ".." not in file["name"]
    got = ann.get(f"/files/{file['id']}")
    assert got.get_data() == b"<script>alert(1)</script>"
    assert got.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["Content-Length"] == "25"
    assert ann.get(f"/files/{file['id']}", headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
    assert ann.call("HEAD", f"/files/{file['id']}").get_data() == b""
    assert mel.get(f"/files/{file['id']}").status_code == 404


@pytest.mark.parametrize("path", ["/files/nonsense", "/files/0190a1b2-0000-7000-8000-000000000001"])
def test_a_file_that_is_not_there_is_not_found(ann: Caller, path: str) -> None:
    assert ann.get(path).status_code == 404


def test_an_upload_is_one_file_in_a_form(ann: Caller) -> None:
    assert ann.post("/files", {"file": "text"}).status_code == 415
    assert send(ann, b"x", part="other").status_code == 422
    assert send(ann, b"").status_code == 422
    assert send(ann, b"x", **{"Idempotency-Key": "k"}).status_code == 400


def test_an_upload_has_a_limit(service: Service) -> None:
    small = replace(service, options=replace(service.options, max_upload_bytes=1_000)).caller("ann")
    answer = send(small, b"x" * 200_000)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "body_too_large")


def test_a_body_has_a_limit(service: Service) -> None:
    small = replace(service, options=replace(service.options, max_body_bytes=1_000)).caller("ann")
    answer = small.post("/customer", {"name": "x" * 2_000})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "body_too_large")


@pytest.mark.skipif("file" not in FIELD_TYPES, reason="there is no field type for files")
def test_the_rights_to_the_record_guard_its_file(service: Service, mel: Caller) -> None:
    contract = module("x_contract", field("name", "text", required=True), field("scan", "file"))
    service.republish(replace(SHOP, modules={**SHOP.modules, contract.key: contract}))
    file = send(mel, b"signed").get_json()
    record = mel.made("/x_contract", {"name": "Rent", "scan": file["id"]})
    assert mel.get(f"/files/{file['id']}").get_data() == b"signed"
    assert service.caller("ann").get(f"/files/{file['id']}").get_data() == b"signed"
    assert service.caller("moe").get(f"/files/{file['id']}").status_code == 404
    mel.delete(f"/x_contract/{record['id']}")
    assert mel.get(f"/files/{file['id']}").status_code == 404
