"""An empty index and documents to put into it, without CKAN's datasets where none are needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ckan import plugins
from ckan.lib import search
from ckan.lib.search import make_connection
from ckan.plugins import core

sys.path.insert(0, str(Path(__file__).parents[2] / "core" / "search"))  # the search by the book of the pure tests


@pytest.fixture(autouse=True, scope="module")
def loaded():
    """CKAN's own plugins alone. Tests of other folders unload these too, and with them what indexes a saved dataset."""
    plugins.unload_all()
    plugins.load(*getattr(core, "find_system_plugins", list)())  # CKAN 2.12 has none


@pytest.fixture
def index():
    """The connection that CKAN would get, on an empty index."""
    search.clear_all()
    connection = make_connection(decode_dates=False)
    connection.delete(q="*:*")
    yield connection
    connection.delete(q="*:*")


@pytest.fixture
def site(reset_db, index):
    """A CKAN without datasets."""
    reset_db()
    return index


@pytest.fixture
def document():
    """Make a document as CKAN's index makes it."""

    def make(name: str, **values):
        return {
            "index_id": name,
            "id": f"id-{name}",
            "name": name,
            "title": name,
            "site_id": "test",
            "entity_type": "package",
            "dataset_type": "dataset",
            "state": "active",
            "capacity": "public",
            "permission_labels": ["public"],
            "metadata_created": "2024-01-01T00:00:00.123456Z",
            "metadata_modified": "2024-01-01T00:00:00.123456Z",
            "data_dict": "{}",
            "validated_data_dict": "{}",
            **values,
        }

    return make
