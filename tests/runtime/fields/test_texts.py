"""Plain and formatted text: cleaning, limits, comparison, safety."""

from typing import Any

import pytest

from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.fields.building import coerce, compiled, refusal, text
from tests.runtime.fields.test_conformance_in_databases import Rows


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  Ana  ", "Ana"),
        ("Ana\tMaria\r\nLópez", "Ana Maria López"),
        ("e\u0301", "é"),
        ("\u3000中文\u3000", "中文"),
        ("a  b", "a  b"),
    ],
)
def test_one_line_is_trimmed_and_composed(raw: str, kept: str) -> None:
    assert coerce(compiled("text"), raw) == kept


def test_lines_keep_their_breaks() -> None:
    assert coerce(compiled("long_text"), " a\r\nb\rc\u2028d\n\n e ") == "a\nb\nc\nd\n\n e"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("x" * 10, ""),
        ("x" * 11, "too_long"),
        ("a\x00", "control_character"),
        ("a\x1b", "control_character"),
        ("\ud83d", "bad_character"),
        (5, "not_text"),
        (["a"], "not_text"),
        (b"a", "not_text"),
    ],
)
def test_refuses_what_is_no_text(raw: Any, code: str) -> None:
    assert refusal(compiled("text", max_length=10), raw) == code


@pytest.mark.parametrize(("raw", "kept"), [(28001, "28001"), (28001.0, "28001"), (1.5, "1.5")])
def test_a_number_in_a_sheet_is_text_too(raw: Any, kept: str) -> None:
    assert coerce(compiled("text"), raw, locale="en") == kept


@pytest.mark.parametrize(("case_sensitive", "found"), [(False, {0, 1}), (True, {0})])
def test_case_matters_only_where_the_definition_says_so(place: TenantDatabase, case_sensitive: bool, found: set[int]) -> None:
    field = compiled("text", table=f"sample_case_{int(case_sensitive)}", case_sensitive=case_sensitive)
    table = Rows(place, field)
    table.fill(["Ñandú", "ÑANDÚ", "nandu", None])
    assert table.where("eq", "Ñandú") == found
    assert table.where("in", ["Ñandú", "x"]) == found
    assert table.where("ne", "Ñandú") == {0, 1, 2, 3} - found
    assert table.where("not_in", ["Ñandú"]) == {0, 1, 2, 3} - found
    assert table.where("contains", "ñAN") == {0, 1}


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
        ("<script>alert(1)</script><p>x</p>", "<p>x</p>"),
        ('<p onclick="x()" style="color:red" class="c" id="i">x</p>', "<p>x</p>"),
        ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
        ('<a href="https://example.com">x</a>', '<a href="https://example.com" rel="noopener noreferrer nofollow">x</a>'),
        ('<img src="x" onerror="alert(1)">text', "text"),
        ("<iframe src='//evil'></iframe>a", "a"),
        ("a < b", "a &lt; b"),
        ("<p></p><p> </p>", None),
        ("<!-- x -->", None),
    ],
)
def test_formatting_is_cut_down_to_what_is_safe(markup: str, kept: str | None) -> None:
    assert coerce(compiled("rich_text"), markup) == kept


@pytest.mark.parametrize(
    "markup",
    [
        "<svg><style><img src=x onerror=alert(1)></style></svg>y",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<a href='jav&#x09;ascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<form action=/x><input name=a><button>b</button></form>",
    ],
)
def test_no_trick_gets_through(markup: str) -> None:
    kept = coerce(compiled("rich_text"), markup) or ""
    assert not any(
        sign in kept.lower() for sign in ("<img", "<svg", "<script", "<style", "<form", "<input", "javascript:", "data:")
    )


def test_formatted_text_is_shown_as_words_and_found_by_them(place: TenantDatabase) -> None:
    field = compiled("rich_text", table="sample_rich")
    value = coerce(field, "<h2>Terms</h2><ul><li>one &amp; two</li><li>strong</li></ul><p>a<br>b</p>")
    assert text(field, value) == "Terms\none & two\nstrong\na\nb"
    assert field.type.to_search(field, value) == text(field, value)
    table = Rows(place, field)
    table.fill([value, coerce(field, "<b>bold</b>"), None])
    assert table.where("contains", "one & two") == {0}
    assert table.where("contains", "li") == set()
    assert table.where("not_contains", "bold") == {0, 2}
