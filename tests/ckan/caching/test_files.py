"""Styles, scripts, icons and fonts: kept for good under the address of their content, never under another."""

from __future__ import annotations

import gzip
import hashlib
import re

import pytest
from ckan.plugins import toolkit as tk
from werkzeug.test import Client

from ckanext.haugiang.compression import Compressed
from ckanext.haugiang.helpers import PUBLIC

FOREVER = "public, max-age=31536000, immutable"
FILES = sorted(path.relative_to(PUBLIC).as_posix() for path in PUBLIC.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_answered_without_ckan(portal, name, monkeypatch):
    """Compressed for who understands it, and the same for who does not; neither database nor session is asked."""
    with portal.app.flask_app.test_request_context():
        address = tk.h.haugiang_asset(name)
    monkeypatch.setattr(type(portal.app.flask_app), "full_dispatch_request", None)
    client = portal.app.test_client()
    plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert plain.status_code == 200
    assert plain.data == (PUBLIC / name).read_bytes()
    assert plain.headers["Cache-Control"] == FOREVER
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert plain.headers["Vary"] == "Accept-Encoding"
    body = gzip.decompress(packed.data) if packed.headers.get("Content-Encoding") == "gzip" else packed.data
    assert body == plain.data
    assert len(packed.data) <= len(plain.data)
    known = client.get(address, headers={"If-None-Match": plain.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")
    assert client.head(address).headers["Content-Length"] == str(len(plain.data))


def test_types(portal):
    """The same on every machine."""
    client, kinds = portal.app.test_client(), {}
    with portal.app.flask_app.test_request_context():
        addresses = {name: tk.h.haugiang_asset(name) for name in FILES}
    for name, address in addresses.items():
        kinds[name.rpartition(".")[2]] = client.get(address).headers["Content-Type"]
    assert kinds["css"] == "text/css; charset=utf-8"
    assert kinds["js"] == "text/javascript; charset=utf-8"
    assert kinds["svg"] == "image/svg+xml"
    assert kinds["woff2"] == "font/woff2"


@pytest.mark.parametrize("version", ["0123456789", ""])
def test_another_version_is_not_kept(portal, version):
    """While hosts are brought up to date, one may be asked for what another has: its answer must not stay."""
    answer = portal.app.get(f"/haugiang/portal.css?v={version}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_styles_name_files_by_their_content():
    """A font that changes gets another address in the style sheet too."""
    named = [
        (name, version)
        for sheet in PUBLIC.glob("*.css")
        for name, version in re.findall(r"url\(\"?([^\"):]+?)(?:\?v=(\w*))?\"?\)", sheet.read_text("utf-8"))
        if not name.startswith("data")
    ]
    assert named
    for name, version in named:
        assert hashlib.sha256((PUBLIC / name).read_bytes()).hexdigest()[:10] == version, name


def test_files_of_ckan_are_kept_for_a_day(portal):
    """Their address does not tell their content; a browser that has the file is told so, compressed or not."""
    client = Client(Compressed(portal.app.app))
    packed = client.get("/base/vendor/htmx.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Cache-Control"] == "public, max-age=86400"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"].startswith("W/")
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/base/vendor/htmx.js", headers=again).status_code == 304


def test_what_is_not_there_is_not_kept(portal):
    """An address without a file is an error like any other."""
    assert portal.app.get("/haugiang/khong-co.css?v=1").headers["Cache-Control"] == "private, no-cache"
    assert portal.app.get("/haugiang/../plugin.py").status_code == 404
