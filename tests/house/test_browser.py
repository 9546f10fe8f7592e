"""The browser that page tests use."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.serving import served

pytestmark = pytest.mark.browser


def test_a_page_is_served_and_seen(page: Page) -> None:
    app = Flask("test")
    app.add_url_rule("/", view_func=lambda: "<link rel=icon href='data:,'><h1 id=x></h1><script>x.textContent = '你好'</script>")
    with served(app) as address:
        page.goto(address)
        expect(page.get_by_role("heading")).to_have_text("你好")
