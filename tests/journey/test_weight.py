"""What a first visit costs on the line, and a second one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pages import address
from playwright.sync_api import Browser, BrowserContext

KILOBYTES, REQUESTS = 250, 12
PAGES = ["home", "list", "dataset", "table"]


@pytest.fixture
def context(browser: Browser, portal) -> Iterator[BrowserContext]:
    """A browser that was never here."""
    context = browser.new_context(base_url=portal.url, locale="vi-VN")
    yield context
    context.close()


def visit(context: BrowserContext, path: str) -> dict[str, dict]:
    """Everything that came over the line for a page, by address."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    answers: dict[str, dict] = {}
    kept: set[str] = set()

    def answered(event):
        answers[event["requestId"]] = {"url": event["response"]["url"], "size": 0, **event["response"]}

    devtools.on("Network.responseReceived", answered)
    devtools.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    devtools.on("Network.loadingFinished", lambda event: answers[event["requestId"]].update(size=event["encodedDataLength"]))
    page.goto(path, wait_until="networkidle")
    page.close()
    return {
        answer["url"]: answer
        for number, answer in answers.items()
        if not answer["url"].startswith("data:") and number not in kept and not answer.get("fromDiskCache")
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_first_visit_is_light(context, tables, name):
    """At most 250 kB in 12 requests, the table's page with its chart and its map in it; text is compressed."""
    came = visit(context, address(name, tables))
    size = sum(answer["size"] for answer in came.values())
    print(f"\n{name}: {len(came)} requests, {size / 1000:.0f} kB")
    assert size <= KILOBYTES * 1000
    assert len(came) <= REQUESTS
    for url, answer in came.items():
        headers = {key.lower(): value for key, value in answer["headers"].items()}
        texts = ("text/html", "text/css", "text/javascript", "application/javascript")
        if answer["mimeType"] in texts and answer["size"] > 2000:
            assert headers.get("content-encoding") in ("gzip", "br"), url


@pytest.mark.parametrize("name", PAGES)
def test_a_second_visit_fetches_the_page_alone(context, tables, name):
    """Styles, scripts, icons and fonts stay in the browser; a page that has not changed is not sent again."""
    path = address(name, tables)
    visit(context, path)
    # “5 minutes ago” may become “6 minutes ago” between two visits, but not between three in a row.
    sizes = []
    for _ in range(2):
        came = visit(context, path)
        assert [answer["mimeType"] for answer in came.values()] == ["text/html"]
        sizes += [page["size"] for page in came.values()]
    assert min(sizes) < 2000, "a page that has not changed was sent again"


def test_fonts_begin_with_the_page(context, tables):
    """The page names both files before any style sheet does, by the address that the style sheet uses."""
    came = visit(context, "/")
    fonts = [url for url in came if ".woff2" in url]
    assert len(fonts) == 2
    page = context.new_page()
    page.goto("/")
    named = page.eval_on_selector_all("link[rel=preload][as=font]", "links => links.map(link => link.href)")
    assert sorted(named) == sorted(fonts)
