"""A portal with tables, and eyes for what its process keeps."""

from __future__ import annotations

import pytest
from pages.conftest import full, portal, see, storage  # noqa: F401 - fixtures

from ckanext.haugiang import helpers


@pytest.fixture
def kept(portal, monkeypatch):  # noqa: F811 - the fixture
    """What this process keeps of pages, empty at first; “5 minutes ago” does not end while a test looks."""
    monkeypatch.setattr(helpers, "steady_seconds", lambda *_: float("inf"))
    pages = portal.app.flask_app.extensions["haugiang_pages"]
    for key in list(pages.store._pages):
        pages.store.drop(key)
    return pages.store


@pytest.fixture
def again(see, kept):  # noqa: F811 - the fixture
    """Open an address twice and say whether the second answer came out of the memory."""

    def twice(address, **more):
        see(address, **more)
        before = len(kept)
        pages = list(kept._pages.values())
        answer = see(address, **more)
        return bool(before) and len(kept) == before and list(kept._pages.values())[-1] is pages[-1], answer

    return twice
