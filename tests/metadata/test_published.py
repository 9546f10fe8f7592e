"""What is made from the schemas and committed must be what the code would make now."""

from pathlib import Path

import pytest

from tessera.metadata.published import base_schema
from tessera.metadata.reference import reference_pages
from tessera.runtime.fields.registry import field_type_schemas
from tools.build_reference import FOLDER as REFERENCE
from tools.build_schemas import FOLDER as SCHEMAS
from tools.build_schemas import schema_files

ROOT = Path(__file__).parents[2]


def test_the_published_schemas_are_current() -> None:
    assert {path.name: path.read_text("utf-8") for path in SCHEMAS.iterdir()} == schema_files(), "run tools/build_schemas.py"


def test_the_reference_is_current() -> None:
    pages = {path.name: path.read_text("utf-8") for path in REFERENCE.iterdir()}
    assert pages == reference_pages(field_type_schemas()), "run tools/build_reference.py"


def test_the_reference_has_no_broken_links() -> None:
    pages = reference_pages(field_type_schemas())
    headings = {name: [line for line in text.splitlines() if line.startswith("#")] for name, text in pages.items()}
    anchors = {name: {line.lstrip("# ").lower() for line in lines} for name, lines in headings.items()}
    for name, text in pages.items():
        for link in text.split("](")[1:]:
            page, _, anchor = link.partition(")")[0].partition("#")
            target = page or name
            assert target in pages, (name, link)
            assert not anchor or anchor in anchors[target], (name, link[:40])


def test_the_icons_that_may_be_named_are_those_of_the_icon_set() -> None:
    drawn = (ROOT / "platform/web/icons/icons.txt").read_text("utf-8").splitlines()
    names = [line.partition("|")[0].strip() for line in drawn if "|" in line and not line.startswith("#")]
    assert base_schema("common")["$defs"]["icon"]["enum"] == names


@pytest.mark.parametrize("path", sorted((ROOT / "apps").rglob("*.yaml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_bundled_file_names_its_schema_for_editors(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).is_file()
