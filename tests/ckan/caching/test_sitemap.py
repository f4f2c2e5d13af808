"""What search engines are told."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from pages.conftest import dataset
from pipeline.support import act

from ckanext.haugiang.views import sitemap

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


@pytest.fixture
def places(see, full):
    """All addresses of all sitemaps, as paths."""

    def read(person=None):
        page = see("/sitemap.xml", person)
        assert page.headers["Content-Type"].startswith("application/xml")
        parts = [place.text for place in ET.fromstring(page.data).findall("s:sitemap/s:loc", NAMES)]
        found = []
        for part in parts:
            tree = ET.fromstring(see(urlsplit(part).path, person).data)
            found += [place.text for place in tree.findall("s:url/s:loc", NAMES)]
        assert len(found) == len(set(found))
        assert all(place.startswith("http://test.ckan.net/") for place in found)
        return {urlsplit(place).path for place in found}

    return read


def test_every_public_page_is_there_in_both_languages(places, see, full):
    """And each answers, and names itself as the one address of what it shows."""
    found = places()
    assert {"/", "/en/", "/dataset/", "/en/dataset/", "/about", f"/dataset/{full.package['name']}"} <= found
    for path in sorted(found):
        page = see(path)
        assert page.status == 200, path
        canonical = page.soup.select_one("link[rel=canonical]")
        if canonical is not None:
            assert urlsplit(canonical["href"]).path.rstrip("/") == path.rstrip("/")


def test_nothing_private_is_there(places, full):
    """Not even for the steward, whose sitemap is the public's."""
    hidden = dataset(full, title="Kín", private=True)
    assert f"/dataset/{hidden['name']}" not in places()
    assert places(full.steward) == places()
    act("package_patch", full.steward, id=full.package["id"], private=True)
    assert f"/dataset/{full.package['name']}" not in places()
    act("package_patch", full.steward, id=full.package["id"], private=False)
    assert f"/dataset/{full.package['name']}" in places()


def test_more_datasets_than_fit_make_more_sitemaps(places, see, full, monkeypatch):
    """Each dataset in exactly one of them."""
    for _ in range(3):
        dataset(full)
    before = places()
    monkeypatch.setattr(sitemap, "SIZE", 2)
    see("/about")
    act("package_patch", full.steward, id=full.package["id"], notes="khác")  # nothing kept is true any more
    assert places() == before
    assert len(re.findall("<sitemap>", see("/sitemap.xml").text)) >= 3
    assert see("/sitemap-999.xml").status == 404


def test_robots_closes_what_is_costly_and_nothing_else(see, full):
    """No filter, no order, no file, no form; every page of the sitemap stays open."""
    text = see("/robots.txt").text
    rules = [line.removeprefix("Disallow: ") for line in text.splitlines() if line.startswith("Disallow: ")]

    def closed(path):
        return any(re.match(re.escape(rule).replace(r"\*", ".*").replace(r"\$", "$"), path) for rule in rules)

    table = full.tables["valid"]
    for path in ("/dataset/?q=lua", "/dataset?sort=name", "/group/agriculture?page=2", f"{table}?f_nam=2024&sort=nam+asc",
                 f"{table}/published.csv", f"{table}/download/lua.csv", f"{table}/upload", "/api/3/action/package_list",
                 f"/dataset/{full.package['name']}.ttl", "/datastore/dump/x", "/user/login", "/my",
                 "/schema/agri_annual_crop_season/1.0.0/template.xlsx"):  # fmt: skip
        assert closed(path), path
        assert closed(f"/en{path}"), path
    for path in ("/", "/dataset/", f"/dataset/{full.package['name']}", table, "/group/agriculture", "/api-guide", "/schema",
                 "/schema/agri_annual_crop_season/1.0.0", "/haugiang/portal.css?v=1", "/sitemap.xml"):  # fmt: skip
        assert not closed(path), path
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    assert parser.site_maps() == ["http://test.ckan.net/sitemap.xml"]
