"""Fixtures of the tests that kill things."""

from __future__ import annotations

import pytest
from pipeline.conftest import portal

__all__ = ["impatient", "portal"]


@pytest.fixture(autouse=True)
def impatient(ckan_config, monkeypatch):
    """A heartbeat is stale at once, and nothing waits before it is tried again."""
    for key, value in {"lease_seconds": 0, "retry_seconds": 0, "heartbeat_seconds": 1}.items():
        monkeypatch.setitem(ckan_config, f"ckanext.haugiang.{key}", value)
