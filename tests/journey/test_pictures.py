"""The pictures of docs/images: `JOURNEY_SHOTS=docs/images` draws them anew, without it they are drawn and thrown away."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from pages import address
from playwright.sync_api import Page

LARGEST = 150_000
OFFICE, PHONE = 1366, 390
# Name of the picture → page, width of the screen.
PUBLIC = {
    "home": ("home", OFFICE),
    "list": ("filtered", OFFICE),
    "dataset": ("dataset", OFFICE),
    "table": ("table", OFFICE),
    "schema": ("schema", OFFICE),
    "home-phone": ("home", PHONE),
    "list-phone": ("list", PHONE),
    "table-phone": ("table", PHONE),
}
STEWARD = {
    "report": ("report", OFFICE),
    "report-phone": ("report", PHONE),
    "my": ("my", OFFICE),
    "progress": ("progress", OFFICE),
}


def draw(page: Page, name: str, folder: Path) -> None:
    """What the screen shows, as WebP."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    answer = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 82})
    content = base64.b64decode(answer["data"])
    assert content[:4] == b"RIFF"
    assert len(content) < LARGEST, f"{name} has {len(content)} bytes"
    (folder / f"{name}.webp").write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    """Where the pictures go."""
    path = Path(os.environ.get("JOURNEY_SHOTS", tmp_path))
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_pictures_of_the_public(page, size, tables, folder):
    """Each is sharp, true and light."""
    for name, (where, width) in PUBLIC.items():
        if width == size["width"]:
            page.goto(address(where, tables))
            draw(page, name, folder)


def test_pictures_of_a_steward(signed_in, size, tables, folder):
    """The report, the desk and the progress of a check."""
    for name, (where, width) in STEWARD.items():
        if width == size["width"]:
            signed_in.goto(address(where, tables))
            draw(signed_in, name, folder)
