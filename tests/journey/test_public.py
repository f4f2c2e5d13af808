"""An anonymous visitor: every page in both languages, on an office PC and on a telephone, with and without script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import PUBLIC, STATUS, address
from playwright.sync_api import Page, expect

SHOTS = os.environ.get("JOURNEY_SHOTS")  # a folder: every page is drawn there, to be looked at
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}  # 24 px for a thumb, WCAG 2.2
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def visit(page: Page, path: str, status: int = 200) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == status, path


def check(page: Page, name: str, lang: str) -> None:
    """What holds for every page: language, one heading, landmarks, nothing wider than the screen, no barrier."""
    assert page.locator("html").get_attribute("lang") == lang
    expect(page.locator("main")).to_have_count(1)
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate(WIDER) <= 0, f"{name} is wider than the screen"
    if SHOTS:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(SHOTS) / f"{name}-{lang}-{width}.png", full_page=True)
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"


@pytest.mark.parametrize("name", PUBLIC)
def test_every_page(page, tables, name):
    """Answers, fits, is without barrier, in Vietnamese and in English."""
    path = address(name, tables)
    visit(page, path, STATUS.get(name, 200))
    check(page, name, "vi")
    visit(page, "/en" + path, STATUS.get(name, 200))
    check(page, name, "en")


def test_the_language_switch_keeps_the_page(page):
    """The same search in the other language and back."""
    visit(page, "/dataset/?q=lua")
    page.get_by_role("link", name="English", exact=True).click()
    expect(page).to_have_url(re.compile(r"/en/dataset/\?q=lua$"))
    page.get_by_role("link", name="Tiếng Việt", exact=True).click()
    expect(page).to_have_url(re.compile(r"localhost:\d+/dataset/\?q=lua$"))


def test_from_the_home_page_to_a_figure(page):
    """Search without diacritics, open a result, open its table, filter it, sort it."""
    visit(page, "/")
    page.fill("#q", "lua 28 xa")
    page.locator("main form[role=search] button").click()
    page.locator(".hg-dataset h3 a").first.click()
    expect(page.locator("h1")).to_contain_text("Lúa theo vụ ở 28 xã, phường")
    page.locator(".hg-resource .btn-primary").click()
    expect(page.locator("#bang tbody tr")).to_have_count(84)
    page.select_option("select[name=f_vu]", "HT")
    page.get_by_role("button", name="Lọc", exact=True).click()
    expect(page.locator("#bang tbody tr")).to_have_count(28)
    page.locator("#bang thead a", has_text="Diện tích gieo trồng").click()
    first = page.locator("#bang tbody tr").first
    smallest = first.inner_text()
    page.locator("#bang thead a", has_text="Diện tích gieo trồng").click()
    assert first.inner_text() != smallest
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)


def test_filters_apply_at_once_and_keep_the_focus(page, size):
    """With script: the address, the count and the list change, the box keeps the focus."""
    visit(page, "/dataset/")
    if size["width"] < 992:
        page.locator(".hg-facets > summary").click()
    box = page.locator("#f-sector-health")
    box.check()
    expect(page).to_have_url(re.compile("sector=health"))
    expect(page.locator("#h-results")).to_contain_text("3")
    expect(page.locator("#f-sector-health")).to_be_checked()
    if size["width"] >= 992:
        expect(page.locator("#f-sector-health")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/dataset/$"))


def test_without_script(bare, tables):
    """Search, filters, table, sorting, report, menu: links and forms."""
    visit(bare, "/dataset/?q=lua")
    bare.locator("#f-sector-agriculture").check()
    bare.get_by_role("button", name="Áp dụng").click()
    expect(bare).to_have_url(re.compile("sector=agriculture"))
    visit(bare, tables["lua-theo-vu-2025"])
    bare.select_option("select[name=f_vu]", "DX")
    bare.get_by_role("button", name="Lọc", exact=True).click()
    expect(bare.locator("#bang tbody tr")).to_have_count(28)
    visit(bare, tables["rau-mau-theo-vu-2025"] + "/report")
    bare.locator(".hg-tally a").first.click()
    expect(bare).to_have_url(re.compile("kind="))
    expect(bare.locator("[data-copy]:visible")).to_have_count(0)


def test_the_keyboard_alone(page, size):
    """The first Tab leads to the content; the menu opens and closes."""
    visit(page, "/dataset/lua-theo-vu-2025")
    page.keyboard.press("Tab")
    expect(page.locator(".hg-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#noi-dung$"))
    if size["width"] < 992:
        menu = page.locator(".hg-menu-phone > summary")
        menu.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".hg-menu-phone ul")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".hg-menu-phone ul")).to_be_hidden()


def test_twice_the_size(browser, portal, tables):
    """200 % zoom on an office PC: half the room, nothing sideways."""
    context = browser.new_context(base_url=portal.url, viewport={"width": 683, "height": 384}, device_scale_factor=2)
    page = context.new_page()
    for path in (
        "/",
        "/dataset/?q=lua",
        "/dataset/lua-theo-vu-2025",
        tables["lua-theo-vu-2025"],
        "/schema/health_disease_week/1.0.0",
    ):
        page.goto(path)
        assert page.evaluate(WIDER) <= 0, path
    context.close()


def test_at_320_nothing_goes_sideways(browser, portal, tables):
    """The narrowest telephone that the brief names."""
    context = browser.new_context(base_url=portal.url, viewport={"width": 320, "height": 640})
    page = context.new_page()
    for name in ("home", "search", "dataset", "table", "report", "schema", "sign-in", "missing"):
        page.goto(address(name, tables))
        assert page.evaluate(WIDER) <= 0, name
    context.close()


def test_the_python_example_runs(bare, tables, tmp_path):
    """What the page shows can be pasted and works."""
    visit(bare, tables["lua-theo-vu-2025"] + "?f_vu=DX&lang=python")
    code = bare.locator("#example").inner_text()
    script = tmp_path / "example.py"
    script.write_text(code + "\nprint(len(df), df['dt_gieo_trong'].dtype)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["28", "float64"], done.stderr
    script.write_text(bare.locator("#whole").inner_text() + "\nprint(*df.shape)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["84", "13"], done.stderr


def test_the_curl_example_runs(bare, tables):
    """The same for the shell."""
    visit(bare, tables["lua-theo-vu-2025"] + "?f_vu=DX&lang=curl")
    example = bare.locator("#example").inner_text()
    if not shutil.which("curl"):
        example = f'curl() {{ "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"; }}\n{example}'
    done = subprocess.run(["sh", "-c", example], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["result"]["total"] == 28


def test_charts_become_interactive_on_demand(page, tables):
    """By the keyboard alone; the focus stays there, no label is cut off, a mark tells its value."""
    visit(page, tables["lua-theo-vu-2025"])
    buttons = page.locator("[data-interactive]")
    for left in range(buttons.count() - 1, -1, -1):
        buttons.first.focus()
        page.keyboard.press("Enter")
        expect(buttons).to_have_count(left, timeout=20_000)
        expect(page.locator(".hg-plot:focus")).to_have_count(1)
    for plot in page.locator(".hg-plot").all():
        frame = plot.locator("svg").first.bounding_box()
        assert frame
        labels = [text.bounding_box() for text in plot.locator("svg text").all() if text.is_visible()]
        assert min(label["x"] for label in labels if label) >= frame["x"] - 1
    page.locator(".hg-plot path[aria-roledescription=bar], .hg-plot .mark-rect path").first.hover()
    expect(page.locator("#vg-tooltip-element.visible")).to_contain_text(re.compile(r"\d"))
    assert page.evaluate(WIDER) <= 0


def test_print(browser, portal, tables):
    """On paper the bars and buttons are gone and the table runs out in full."""
    context = browser.new_context(base_url=portal.url, viewport={"width": 794, "height": 1123})
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(tables["lua-theo-vu-2025"])
    expect(page.locator(".hg-header")).to_be_hidden()
    expect(page.locator(".hg-footer")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.hg-scroll')).overflow") == "visible"
    context.close()


def test_weight_and_requests(browser, portal, tables):
    """A first visit: at most twelve requests and 250 kB as they come over the line, nothing from elsewhere."""
    for name in ("home", "list", "dataset", "table"):
        context = browser.new_context(base_url=portal.url, viewport={"width": 1366, "height": 768})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []
        urls: list[str] = []
        session.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
        session.on("Network.requestWillBeSent", lambda event, urls=urls: urls.append(event["request"]["url"]))
        page.goto(address(name, tables))
        page.wait_for_load_state("networkidle")
        assert all(url.startswith((portal.url, "data:")) for url in urls), urls
        assert len([url for url in urls if not url.startswith("data:")]) <= 12, urls
        assert sum(sizes) <= 250_000, (name, sum(sizes))
        assert context.cookies() == [], "a visitor gets no cookie"
        context.close()
