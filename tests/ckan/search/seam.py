"""A pytest plugin for CKAN's own tests: puts the search seam in, without our CKAN plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from ckan.lib import search
from ckan.tests.helpers import reset_db

from ckanext.haugiang.adapters.search import install

install()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart():
    """Some of CKAN's tests expect tables without asking for them."""
    reset_db()
    search.clear_all()


def pytest_collection_modifyitems(items):
    """Two tests read schema files that CKAN's wheel leaves out; ours stand in for them."""
    for module in {item.module for item in items if hasattr(item.module, "data_dir")}:
        module.data_dir = str(Path(__file__).with_name("data"))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    """CKAN 2.11 leaves the Solr password of one of its tests behind in a global, for all tests after it."""
    settings = getattr(search, "SolrSettings", None)
    if settings is not None and settings._is_initialised:
        settings.init("pgsearch://")
