"""Every page type, light and dark, on desktop and phone: no violation that axe-core knows, nothing wider than the screen."""

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PASSWORD, Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: "Page") -> list[Any]:
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.fixture(params=[("light", 1440), ("dark", 1440), ("light", 390)], ids=["light", "dark", "phone"])
def reader(request: pytest.FixtureRequest, browser: "Browser", office: Office) -> Any:
    """A browser of that theme and width. axe is put into the page by the test, which the page's own policy forbids."""
    theme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{office.address}/login")
    yield page
    context.close()


def test_no_page_has_a_violation(reader: "Page", office: Office, request: pytest.FixtureRequest) -> None:
    everything = "light" in request.node.name  # the markup is the same in the dark and on the phone: there the looks are tried
    assert violations(reader) == []
    reader.get_by_label("Login").fill("lucia")
    reader.get_by_label("Password", exact=True).fill(PASSWORD)
    reader.get_by_role("button", name="Sign in").click()
    reader.wait_for_url(f"{office.address}/")
    product, customer = office.make("product", name="Axis"), office.make("customer", name="Axe and sons")
    order = office.make("sales_order", customer=customer, lines=[{"product": product, "quantity": "2", "unit_price": "3"}])
    paths = [
        "/", "/m/customer?view=*", f"/m/customer/{customer}", f"/m/sales_order/{order}", f"/m/sales_order/{order}/edit",
    ]  # fmt: skip
    if everything:
        paths += [
            "/search?q=axe", "/bin?module=customer", "/profile", "/m/nothing", "/m/customer?q=nobody", "/m/customer/new",
            f"/m/customer/{customer}/edit", "/m/sales_order?view=all", "/m/sales_order/new",
            f"/m/sales_order/{order}?tab=changes", "/m/sales_order/condition?field=status",
        ]  # fmt: skip
    for path in paths:
        reader.goto(office.address + path)
        reader.wait_for_load_state("networkidle")
        assert violations(reader) == [], path
        assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("reader", [("dark", 1440)], ids=["dark"], indirect=True)
def test_a_refused_form_has_no_violation(reader: "Page", office: Office) -> None:
    reader.get_by_label("Login").fill("lucia")
    reader.get_by_label("Password", exact=True).fill("wrong")
    reader.get_by_role("button", name="Sign in").click()
    reader.get_by_role("alert").wait_for()
    assert violations(reader) == []
    reader.get_by_label("Password", exact=True).fill(PASSWORD)
    reader.get_by_role("button", name="Sign in").click()
    reader.wait_for_url(f"{office.address}/")
    reader.goto(f"{office.address}/m/sales_order/new")
    reader.locator("[data-lines='/lines'] [data-line-act=add]").click()
    reader.keyboard.press("Control+s")
    reader.locator(".issues").wait_for()
    assert violations(reader) == []
