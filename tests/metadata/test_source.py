"""Reading YAML: what is plain data, where it stands, and what is refused."""

import time

import pytest

from tessera.metadata.errors import Mistake
from tessera.metadata.source import MAX_BYTES, Source, read_text


def read(text: str) -> object:
    source = read_text(text.encode(), "file.yaml")
    assert isinstance(source, Source), source
    return source.data


def refused(content: bytes) -> Mistake:
    mistake = read_text(content, "file.yaml")
    assert isinstance(mistake, Mistake)
    return mistake


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-12", -12),
        ("0123", "0123"),
        ("1_000", "1_000"),
        ("0x1f", "0x1f"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("0.10", "0.10"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("'5'", "5"),
        ('"true"', "true"),
        ("2024-02-29", "2024-02-29"),
        ("12:30:45", "12:30:45"),
        ("=", "="),
        ("", None),
    ],
)
def test_only_a_few_plain_words_are_more_than_text(text: str, value: object) -> None:
    assert read(f"key: {text}") == {"key": value}
    assert type(read(f"key: {text}")["key"]) is type(value)  # type: ignore[index]


def test_keys_are_always_text() -> None:
    assert read("no: a\n1: b\ntrue: c\n2024-01-01: d") == {"no": "a", "1": "b", "true": "c", "2024-01-01": "d"}


def test_lines_are_kept_for_keys_and_for_entries_by_their_text() -> None:
    source = read_text(b"# comment\nfields:\n  name:\n    label: Name\ncolumns:\n  - code\n  - city\n", "file.yaml")
    assert isinstance(source, Source)
    assert source.line(("fields", "name", "label")) == 4
    assert source.line(("columns", "city")) == 7
    assert source.line(("fields", "name", "missing", "deeper")) == 3


def test_an_empty_file_holds_nothing() -> None:
    assert read("") is None


BILLION_LAUGHS = b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 122))
MERGE_BOMB = b"base: {a: 1}\nmore:\n" + b"".join(b"  k%d: {<<: {a: 1}}\n" % n for n in range(3))


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a: !!python/object/apply:os.system ['id']", 1, "Tags"),
        (b"a: 1\nb: !!str 5", 2, "Tags"),
        (b"!custom {a: 1}", 1, "Tags"),
        (BILLION_LAUGHS, 1, "Anchors"),
        (b"a: [1]\nb: *a", 2, "alias"),
        (b"a: &anchor 1", 1, "Anchors"),
        (MERGE_BOMB, 3, "Merge keys"),
        (b"a: 1\nb: 2\na: 3", 3, "twice"),
        (b"fields: {x: 1, x: 2}", 1, "twice"),
        (b"? [a, b]\n: c", 1, "plain word"),
        (b"a: 1\n---\nb: 2", 2, "one document"),
        (b"a: [1, 2\nb: 3", 2, "not YAML"),
        (b"a: \tb: c", 1, "not YAML"),
        (b"ok: 1\nname: \xff\xfe", 2, "UTF-8"),
        ("a: b".encode("utf-16"), 1, "UTF-8"),
        (b"a: \x07", 0, "not YAML"),
        (b"[" * 500, 1, "nested deeper"),
        (b"- " * 300 + b"x", 1, "nested deeper"),
        (b"a: [" + b"1," * 60_000 + b"1]", 1, "more than 50,000"),
        (b"a: " + b"x" * MAX_BYTES, 0, "larger than"),
    ],
)
def test_hostile_files_are_refused_at_their_line(content: bytes, line: int, words: str) -> None:
    mistake = refused(content)
    assert words in mistake.message
    assert mistake.line == line


@pytest.mark.parametrize("content", [b"[" * 900_000, b"{a: " * 200_000, b"? " * 400_000, b"'" * 900_001, b"&a " * 300_000])
def test_a_megabyte_of_rubbish_is_refused_at_once(content: bytes) -> None:
    started = time.monotonic()
    refused(content)
    assert time.monotonic() - started < 5
