"""The page about field types says what the types are now."""

from pathlib import Path

from tessera.runtime.fields.reference import field_types_page

ROOT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    assert (ROOT / "docs" / "field-types.md").read_text("utf-8") == field_types_page(), "run tools/write_docs"
