"""Fixtures of the pipeline's tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ckan.tests import factories


@pytest.fixture
def portal(with_plugins, clean_db, clean_datastore, clean_queues):
    """An empty portal with an organization, its steward, somebody of another one, and an administrator."""
    steward, stranger = factories.User(), factories.User()
    org = factories.Organization(users=[{"name": steward["name"], "capacity": "editor"}])
    factories.Organization(users=[{"name": stranger["name"], "capacity": "admin"}])
    return SimpleNamespace(steward=steward, stranger=stranger, org=org, admin=factories.Sysadmin(), public=None)
