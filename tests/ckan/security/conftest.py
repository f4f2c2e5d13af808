"""The portal of the pages' tests, for attacks on it."""

from __future__ import annotations

from pages.conftest import Page, full, portal, see, storage  # noqa: F401 - fixtures
