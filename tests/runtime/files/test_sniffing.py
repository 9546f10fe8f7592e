"""What files are, told from their bytes."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from tessera.runtime.files.sniffing import OCTETS, TEXT, sniff
from tests.runtime.files.pictures import picture


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
        (b"xxxxxxxxWEBP\x00", OCTETS),
        (b"<html><script>alert(1)</script>", TEXT),
        (b"<svg onload=alert(1)>", TEXT),
        ("Señor,中文".encode(), TEXT),
        ("中".encode() * 1366, TEXT),
        (b"\x00\x01\x02", OCTETS),
        (b"MZ\x90\x00\x03\x00", OCTETS),
    ],
)
def test_tells_types_by_content(content: bytes, media_type: str) -> None:
    assert sniff(content[:4096], content[-4096:]) == media_type


def test_tells_sheets_from_other_archives() -> None:
    sheet, archive = BytesIO(), BytesIO()
    Workbook().save(sheet)
    with ZipFile(archive, "w") as packed:
        packed.writestr("readme.txt", "x")
    assert sniff(sheet.getvalue()[:4096], sheet.getvalue()[-65536:]).endswith("spreadsheetml.sheet")
    assert sniff(archive.getvalue(), archive.getvalue()) == "application/zip"
