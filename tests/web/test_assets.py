"""Style sheets, scripts and icons as they are served."""

import brotli
import pytest

from tessera.runtime.fields.registry import FIELD_TYPES
from tessera.web.assets import Assets, sprite
from tests.web.visitor import Shop


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets()


def test_a_name_changes_with_its_content_and_is_kept_for_a_year(shop: Shop, assets: Assets) -> None:
    answer = shop.anonymous().get(assets.url("app.css"), headers={"Accept-Encoding": "br"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data).startswith(b"/* Order of the cascade")


def test_what_is_not_ours_is_not_there(shop: Shop) -> None:
    for path in ("/static/app.css", "/static/../site.py", "/static/%2e%2e/site.py", "/static/css/base.css"):
        assert shop.anonymous().get(path).status_code == 404


def test_the_style_sheet_names_fonts_by_their_served_name(assets: Assets) -> None:
    asset = assets.get(assets.url("app.css").rpartition("/")[2])
    assert asset is not None
    assert b"/static/fonts/inter-latin-wght-normal.woff2" not in asset.content
    assert b"/static/fonts/inter-latin-wght-normal." in asset.content


def test_everything_a_first_page_needs_is_small(assets: Assets) -> None:
    weight = 0
    for key in ("app.css", "app.js", "theme.js", "icons.svg"):
        asset = assets.get(assets.url(key).rpartition("/")[2])
        assert asset is not None
        weight += len(asset.encoded("br")[0])
    assert weight < 80_000


def test_a_sprite_is_made_of_the_lines_of_a_list() -> None:
    assert sprite("# note\nx|<path d='M0'/>\n") == (
        b'<svg xmlns="http://www.w3.org/2000/svg"><symbol id="i-x" viewBox="0 0 16 16"><path d=\'M0\'/></symbol></svg>'
    )


def test_there_is_a_field_type_for_each_folder_of_fragments() -> None:
    """A folder that no field type asks for is a typing error."""
    from importlib.resources import files

    known = {kind.key for kind in FIELD_TYPES} | {f"_{kind.widget}" for kind in FIELD_TYPES} | {"_any"}
    folders = {entry.name for entry in (files("tessera.web") / "templates" / "fields").iterdir()}
    assert folders <= known
