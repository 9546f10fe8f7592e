"""What somebody does in an office: enter, find, change, take away, by keyboard where it can be."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_customer_and_a_contact_are_entered_and_found(lucia: "Page", office: Office) -> None:
    lucia.goto(f"{office.address}/m/customer")
    lucia.keyboard.press("c")
    lucia.get_by_label("Name").fill("Talleres Ibarra")
    lucia.get_by_label("City").fill("Bilbao")
    lucia.keyboard.press("Control+s")
    expect(lucia.get_by_role("heading", name="Talleres Ibarra")).to_be_visible()
    lucia.get_by_role("link", name="New contact", exact=True).click()
    expect(lucia.locator("[name='/customer~text']")).to_have_value("Talleres Ibarra")
    lucia.get_by_label("Name", exact=False).first.fill("Amaia Ruiz")
    lucia.keyboard.press("Control+Enter")
    expect(lucia.get_by_role("heading", name="Amaia Ruiz")).to_be_visible()
    lucia.get_by_placeholder("Search").first.fill("ibarra")
    lucia.keyboard.press("Enter")
    expect(lucia.get_by_role("link", name="Talleres Ibarra")).to_be_visible()


def test_an_order_is_written_by_keyboard_and_its_totals_follow(lucia: "Page", office: Office) -> None:
    lucia.goto(f"{office.address}/m/sales_order/new")
    customer = lucia.locator("[name='/customer~text']")
    customer.focus()
    lucia.keyboard.type("agu")
    expect(lucia.get_by_role("option", name="Aguas del Levante")).to_be_visible()
    lucia.keyboard.press("Enter")
    expect(customer).to_have_value("Aguas del Levante")
    lucia.get_by_role("button", name="Line", exact=True).first.click()
    for number, (typed, name, quantity) in enumerate((("ball", "Ball valve DN50", "24"), ("gask", "Gasket set DN80", "10"))):
        product = lucia.locator(f"[name='/lines/{number}/product~text']")
        expect(product).to_be_focused()
        lucia.keyboard.type(typed)
        expect(lucia.get_by_role("option", name=name)).to_be_visible()
        lucia.keyboard.press("Enter")
        lucia.locator(f"[name='/lines/{number}/quantity']").fill(quantity)
        if number == 0:
            product.focus()
            lucia.keyboard.press("Enter")
    expect(lucia.locator("[name='/lines/0/unit_price']")).to_have_value("142.00")
    expect(lucia.locator("[data-out='/net_total']")).to_have_text("€3,476.00")
    expect(lucia.locator("[data-out='/grand_total']")).to_have_text("€4,205.96")
    lucia.keyboard.press("Control+s")
    expect(lucia.get_by_role("heading", level=1)).to_contain_text("SO-")
    expect(lucia.get_by_role("cell", name="€3,408.00")).to_be_visible()


def test_an_error_stands_beside_its_field_and_goes_when_it_is_right(lucia: "Page", office: Office) -> None:
    lucia.goto(f"{office.address}/m/customer/new")
    lucia.get_by_label("E-mail").fill("nowhere")
    lucia.keyboard.press("Control+s")
    expect(lucia.get_by_role("alert")).to_be_focused()
    expect(lucia.get_by_role("alert")).to_contain_text("2 things to put right")
    name = lucia.get_by_label("Name")
    expect(name).to_have_attribute("aria-invalid", "true")
    lucia.get_by_role("alert").get_by_role("link").first.click()
    name.fill("Right now")
    lucia.get_by_label("E-mail").fill("someone@example.com")
    lucia.get_by_label("City").focus()
    expect(lucia.locator(".err:visible")).to_have_count(0)


def test_a_record_is_changed_deleted_and_brought_back(lucia: "Page", office: Office) -> None:
    record = office.make("customer", name="Northgate Brewing", city="Leeds")
    lucia.goto(f"{office.address}/m/customer/{record}")
    lucia.keyboard.press("e")
    lucia.get_by_label("City").fill("Sheffield")
    lucia.keyboard.press("Control+s")
    expect(lucia.get_by_text("Saved.")).to_be_visible()
    lucia.get_by_role("tab", name="Changes").click()
    expect(lucia.locator(".diff")).to_contain_text("Sheffield")
    lucia.get_by_role("button", name="Delete").click()
    expect(lucia.get_by_text("was moved to the recycle bin")).to_be_visible()
    lucia.keyboard.press("z")
    expect(lucia.get_by_role("heading", name="Northgate Brewing")).to_be_visible()


def test_a_list_is_searched_filtered_and_walked_through(lucia: "Page", office: Office) -> None:
    for number in range(3):
        office.make("customer", name=f"Weir {number}", city="Dunmore")
    lucia.goto(f"{office.address}/m/customer?view=*")
    lucia.keyboard.press("/")
    lucia.keyboard.type("weir")
    lucia.keyboard.press("Enter")
    expect(lucia.locator("tbody tr[data-href]")).to_have_count(3)
    lucia.keyboard.press("f")
    lucia.get_by_label("Show those where").select_option("name")
    lucia.get_by_label("Name", exact=True).select_option("ends_with")
    lucia.get_by_label("Value").fill("2")
    lucia.get_by_role("button", name="Apply").click()
    expect(lucia.locator("tbody tr[data-href]")).to_have_count(1)
    lucia.keyboard.press("j")
    lucia.keyboard.press("Enter")
    expect(lucia.get_by_role("heading", name="Weir 2")).to_be_visible()
