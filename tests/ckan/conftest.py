"""Fixtures for everything that runs inside CKAN with PostgreSQL and Redis."""

from __future__ import annotations

import pytest

pytest_plugins = ["ckanext.datastore.tests.conftest"]


@pytest.fixture()
def clean_db(reset_db, migrate_db_for):
    """CKAN's tables and ours, empty."""
    reset_db()
    migrate_db_for("haugiang")
    migrate_db_for("activity")


@pytest.fixture(autouse=True)
def storage(ckan_config, monkeypatch, tmp_path):
    """A storage folder of its own for each test."""
    monkeypatch.setitem(ckan_config, "ckan.storage_path", str(tmp_path / "storage"))
    return tmp_path / "storage"
