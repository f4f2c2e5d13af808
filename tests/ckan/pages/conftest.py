"""A portal for a whole module of tests: making one anew for each would cost a hundred times the tests themselves.

Tests read what stands there; what they change they make themselves.
"""

from __future__ import annotations

from types import SimpleNamespace

import ckan.plugins as plugins
import pytest
from bs4 import BeautifulSoup
from ckan.common import config
from ckan.lib import app_globals
from ckan.tests import factories, helpers
from ckanext.datastore.tests import helpers as datastore_helpers
from pipeline.support import RICE, act, metadata, rice, upload, work
from sqlalchemy import orm


@pytest.fixture(scope="module", autouse=True)
def storage(tmp_path_factory):
    """One storage folder for the module, in place of one for each test."""
    before, config["ckan.storage_path"] = config["ckan.storage_path"], str(tmp_path_factory.mktemp("storage"))
    yield config["ckan.storage_path"]
    config["ckan.storage_path"] = before


@pytest.fixture(scope="module")
def portal(storage, reset_db, reset_index, reset_queues, migrate_db_for):
    """An empty portal with an organization, its steward, somebody of another one, and an administrator."""
    app_globals._CONFIG_CACHE.clear()
    app = helpers._get_test_app()
    plugins.load_all()
    reset_db()
    migrate_db_for("haugiang")
    migrate_db_for("activity")
    reset_index()
    reset_queues()
    engine = datastore_helpers.db.get_write_engine()
    datastore_helpers.rebuild_all_dbs(orm.scoped_session(orm.sessionmaker(bind=engine)))
    steward, stranger = factories.User(), factories.User()
    org = factories.Organization(users=[{"name": steward["name"], "capacity": "editor"}])
    factories.Organization(users=[{"name": stranger["name"], "capacity": "admin"}])
    found = SimpleNamespace(steward=steward, stranger=stranger, org=org, admin=factories.Sysadmin(), public=None)
    found.app = app
    yield found
    plugins.unload_all()


@pytest.fixture(scope="module")
def full(portal):
    """The portal with a valid table, one with errors, one whose newer version has errors, and a document."""
    package = dataset(portal)
    portal.tables = {}
    add(portal, package, "valid", rice(10, 20.5))
    add(portal, package, "bad", rice("nhiều", -3))
    add(portal, package, "repair", rice(7), rice("x"))
    more = {"name": "Ghi chú", "upload": upload(b"x", "a.pdf")}
    document = act("resource_create", portal.steward, package_id=package["id"], **more)
    portal.tables["document"] = f"/dataset/{package['name']}/resource/{document['id']}"
    portal.package = act("package_show", portal.steward, id=package["id"])
    return portal


def dataset(portal, kind="agriculture", **more):
    """A dataset of the steward's."""
    return act("package_create", portal.steward, **{**metadata(portal.org, kind), **more})


def add(portal, package, key, *contents):
    """A table of a dataset, and its versions one after the other; its address."""
    more = {"name": f"Lúa {key}", "table_schema": RICE, "upload": upload(contents[0])}
    made = act("resource_create", portal.steward, package_id=package["id"], **more)
    work()
    for content in contents[1:]:
        act("resource_patch", portal.steward, id=made["id"], upload=upload(content))
        work()
    address = f"/dataset/{package['name']}/resource/{made['id']}"
    portal.tables[key] = address
    return address


class Page:
    """A page as tests read it."""

    def __init__(self, answer):
        self.status, self.headers, self.data = answer.status_code, answer.headers, answer.data
        self.text = answer.data.decode("utf-8", "replace")
        self.soup = BeautifulSoup(self.text, "lxml")

    def words(self, selector="main"):
        return " ".join(" ".join(found.get_text(" ").split()) for found in self.soup.select(selector))

    def all(self, selector):
        return self.soup.select(selector)


@pytest.fixture(scope="module")
def see(portal):
    """Open an address, as somebody or as the public, each time in a browser without cookies."""
    tokens = {}

    def open_page(address, person=None, **more):
        headers = more.pop("headers", {})
        if person:
            name = person["name"]
            tokens[name] = tokens.get(name) or factories.APIToken(user=name)["token"]
            headers["Authorization"] = tokens[name]
        browser = portal.app.test_client()
        method = browser.post if "data" in more else browser.get
        return Page(method(address, headers=headers, **more))

    return open_page
