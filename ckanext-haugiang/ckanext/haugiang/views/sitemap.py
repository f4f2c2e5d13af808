"""What search engines are told: where the pages are, and which addresses are not worth their visit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response

from ckanext.haugiang.views.common import ask

blueprint = Blueprint("haugiang_sitemap", __name__)
# CKAN gives out a thousand datasets at a time; a sitemap may have fifty thousand addresses.
SIZE = 1000
LANGUAGES = {"vi": "default", "en": "en"}
FIXED = ("home.index", "dataset.search", "group.index", "organization.index", "haugiang_schema.index",
         *(f"haugiang_about.{name}" for name in ("about", "terms", "privacy", "accessibility", "guide", "api")))  # fmt: skip
# Every filter, order and page of a table is an address; so is every file. What is worth finding is in the sitemap.
CLOSED = (
    "/api/", "/catalog", "/dataset?", "/dataset/?", "/dataset/*.jsonld", "/dataset/*.n3", "/dataset/*.rdf", "/dataset/*.ttl",
    "/dataset/*.xml", "/dataset/*/resource/*?", "/dataset/*/resource/*/*", "/dataset/activity/", "/dataset/groups/",
    "/datastore/", "/feeds/", "/group/*?", "/my", "/organization/*?", "/schema/*/template.", "/upload", "/user/",
)  # fmt: skip
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@blueprint.route("/robots.txt")
def robots() -> Response:
    """Costly addresses closed, in both languages."""
    lines = ["User-agent: *"]
    for prefix in ("", "/en"):
        lines += [f"Disallow: {prefix}{path}" for path in CLOSED]
    lines += ["", f"Sitemap: {_address('haugiang_sitemap.index', 'default')}", ""]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


@blueprint.route("/sitemap.xml")
def index() -> Response:
    """The sitemaps: one of the pages that are always there, one of each thousand datasets."""
    parts = range(1 + -(-_found(0, 0)["count"] // SIZE))
    places = (_address("haugiang_sitemap.part", "default", number=number) for number in parts)
    body = "".join(f"<sitemap><loc>{escape(place)}</loc></sitemap>\n" for place in places)
    return _xml(f"{HEAD}<sitemapindex {NAMES}>\n{body}</sitemapindex>\n")


@blueprint.route("/sitemap-<int:number>.xml")
def part(number: int) -> Response:
    """Sitemap 0 has the pages of the portal, the next ones datasets, the oldest first so that they stay where they are."""
    entries = list(_pages() if number == 0 else _datasets(number))
    if not entries:
        tk.abort(404)
    return _xml(f"{HEAD}<urlset {NAMES}>\n{''.join(entries)}</urlset>\n")


def _pages() -> Iterator[str]:
    for endpoint in FIXED:
        yield from _entries(endpoint)
    for kind in ("group", "organization"):
        for name in ask(f"{kind}_list"):
            yield from _entries(f"{kind}.read", id=name)
    for schema in ask("haugiang_schema_list"):
        yield from _entries("haugiang_schema.read", name=schema["name"], version=schema["version"])


def _datasets(number: int) -> Iterator[str]:
    for package in _found((number - 1) * SIZE, SIZE)["results"]:
        yield from _entries("dataset.read", changed=package["metadata_modified"], id=package["name"])


def _found(start: int, rows: int) -> dict[str, Any]:
    """Datasets of the public, whoever asks: without `include_private` CKAN finds no other."""
    sort = "metadata_created asc, name asc"
    query = {"q": "*:*", "start": start, "rows": rows, "sort": sort, "fl": ["name", "metadata_modified"]}
    found: dict[str, Any] = ask("package_search", **query)
    return found


def _entries(endpoint: str, *, changed: str = "", **names: Any) -> Iterator[str]:
    """One address in each language, each with all of them beside it."""
    places = {lang: _address(endpoint, locale, **names) for lang, locale in LANGUAGES.items()}
    others = "".join(_other(lang, place) for lang, place in places.items())
    modified = f"<lastmod>{escape(changed)}</lastmod>" if changed else ""
    for place in places.values():
        yield f"<url><loc>{escape(place)}</loc>{modified}{others}</url>\n"


def _other(lang: str, place: str) -> str:
    return f'<xhtml:link rel="alternate" hreflang="{lang}" href={quoteattr(place)}/>'


def _address(endpoint: str, locale: str, **names: Any) -> str:
    return str(tk.h.url_for(endpoint, locale=locale, qualified=True, **names))


def _xml(body: str) -> Response:
    return Response(body, content_type="application/xml; charset=utf-8")
