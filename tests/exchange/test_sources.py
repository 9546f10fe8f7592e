"""Reading files: what is understood, and that what is not is said plainly."""

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tessera.exchange.errors import UnreadableFile
from tessera.exchange.line_index import LineIndex
from tessera.exchange.sources import columns_of, read_rows


def rows(path: Path, sheet: str | None = None) -> list[dict[str, str]]:
    return [row.cells for row in read_rows(path, sheet)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("a;b\n1,5;2\n", [{"a": "1,5", "b": "2"}]),
        ("a\tb\n1\t2\n", [{"a": "1", "b": "2"}]),
        ('a,b\n"x\ny","say ""hi"""\n', [{"a": "x\ny", "b": 'say "hi"'}]),
        ("a,b\n\n1,\n", [{"a": "1", "b": ""}]),
    ],
)
def test_usual_csv_files_are_understood(tmp_path: Path, content: str, expected: list[dict[str, str]]) -> None:
    (tmp_path / "f.csv").write_text(content, encoding="utf-8")
    assert rows(tmp_path / "f.csv") == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_encodings_are_honoured(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "f.csv").write_text("name\n青岛\n", encoding=encoding)
    assert rows(tmp_path / "f.csv") == [{"name": "青岛"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no header"),
        (b"a,a\n1,2\n", "twice"),
        (b"a,b\n1,2,3\n", "row 2"),
        (b"a\n\xff\xfe\xff\n", "UTF-8"),
        (b"a\n1\x002\n", "NUL"),
        (b'a\n"open\n', "unexpected end"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason):
        rows(tmp_path / "f.csv")


def test_workbooks_come_as_plain_texts(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["name", "since", "limit", "on"])
    book.active.append(["Alfreds", date(2024, 2, 29), 1234.5, True])
    book.create_sheet("Other").append(["x"])
    book.save(tmp_path / "f.xlsx")
    assert rows(tmp_path / "f.xlsx") == [{"name": "Alfreds", "since": "2024-02-29", "limit": "1234.5", "on": "true"}]
    assert columns_of(tmp_path / "f.xlsx", "Other") == ["x"]


def test_workbooks_that_are_none_or_explode_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("not a workbook")
    with pytest.raises(UnreadableFile, match="not a workbook"):
        rows(tmp_path / "text.xlsx")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 1_100_000_000)
    with pytest.raises(UnreadableFile, match="too much"):
        rows(tmp_path / "bomb.xlsx")


def test_lines_are_found_by_what_they_share(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("order,item\n2,b\n1,a\n2,c\n", encoding="utf-8")
    with LineIndex(tmp_path / "f.csv", None, "order") as index:
        assert [row.cells["item"] for row in index.rows("2")] == ["b", "c"]
        assert index.rows("9") == []
