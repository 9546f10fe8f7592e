"""A real browser for tests of pages: Debian's Chromium, driven by Playwright, without windows or network of its own.

`browser` is one for the whole run, `page` a fresh profile for each test, 1440 × 900. Errors in a page's console fail its test.
"""

import os
import re
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # Playwright takes a moment to import, and most runs need no browser
    from playwright.sync_api import Browser, ConsoleMessage, Error, Page

ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


#: A form that is refused comes back with these; Chromium notes it as a failed load, though nothing is wrong with the page.
REFUSED = re.compile(r"status of (409|422)\b")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The browser of this run."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is not installed: apt-get install chromium")
    # Chromium's own sandbox does not work for root
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """An empty page in a profile of its own; errors in its console fail the test."""
    complaints: list[str] = []

    def note(message: "ConsoleMessage") -> None:
        if message.type == "error" and not REFUSED.search(message.text):
            complaints.append(message.text)

    def note_error(error: "Error") -> None:
        complaints.append(str(error))

    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US", timezone_id="UTC")
    made = context.new_page()
    made.on("console", note)
    made.on("pageerror", note_error)
    yield made
    context.close()
    assert complaints == []
