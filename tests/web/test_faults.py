"""What people get when something is not there, not theirs, or broken."""

from typing import Any

import pytest

from tessera.web.views import home
from tests.web.visitor import Shop, Visitor


def break_down(page: Any) -> None:
    raise ZeroDivisionError("the secret cause")


def test_a_fault_is_told_with_a_reference_and_without_its_cause(
    shop: Shop, ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.app.testing = False
    monkeypatch.setattr(home, "navigation_modules", break_down)
    answer = ann.get("/")
    assert answer.status_code == 500
    assert "Something broke on our side." in answer.text
    assert "<code>" in answer.text
    assert "secret cause" not in answer.text


@pytest.mark.parametrize("path", ["/m/nothing", "/m/customer/01900000-0000-7000-8000-000000000000", "/m/asset.lines"])
def test_what_is_not_there_is_said_in_the_frame_of_the_page(ann: Visitor, path: str) -> None:
    answer = ann.get(path)
    assert answer.status_code == 404
    assert "Go to the workbench" in answer.text
    assert 'aria-label="Main"' in answer.text


def test_a_part_of_a_page_fails_as_a_part(ann: Visitor) -> None:
    answer = ann.get("/m/nothing/counts", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.text


def test_an_unknown_company_has_no_pages(shop: Shop) -> None:
    answer = shop.anonymous().get("/t/elsewhere/login", headers={"Accept-Language": "es"})
    assert answer.status_code == 404
    assert "Tessera" not in answer.text
