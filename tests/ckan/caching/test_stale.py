"""A kept page is given out only as long as it is true: what changes, above all what is withdrawn, shows at once."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from pages.conftest import add, dataset
from pipeline.support import act, rice, work

from ckanext.haugiang import helpers
from ckanext.haugiang.adapters import changes
from ckanext.haugiang.views import caching

MARKER = "Dấu vết riêng"


@pytest.fixture
def seen(see, kept, full):
    """A public dataset with a table, looked at on every page that shows it, so that all of these are kept."""
    package = dataset(full, title=MARKER, tags=[{"name": "dau-vet-rieng"}])
    table = add(full, package, "seen", rice(3, 4.5))
    addresses = [
        "/", "/en/", "/dataset/", "/dataset/?tags=dau-vet-rieng", "/dataset/?sector=agriculture",
        f"/organization/{full.org['name']}", f"/dataset/{package['name']}", table,
    ]  # fmt: skip

    def look():
        return {address: MARKER in page.text for address in addresses if (page := see(address)).status == 200}

    shown = look()
    assert all(shown.values())
    assert set(shown) == set(addresses)
    assert len(kept) == len(addresses)
    package["table"] = table
    return package, look


def nowhere(shown):
    return not any(shown.values())


def test_what_became_private_is_gone(seen, full):
    """The next request after the commit does not show it, on no page."""
    package, look = seen
    act("package_patch", full.steward, id=package["id"], private=True)
    assert nowhere(look())


def test_what_was_deleted_is_gone(seen, full):
    """Neither the dataset nor a trace in the lists."""
    package, look = seen
    act("package_delete", full.admin, id=package["id"])
    assert nowhere(look())


def test_what_was_purged_is_gone(seen, full):
    """Purging goes another way through CKAN."""
    package, look = seen
    act("dataset_purge", full.admin, id=package["id"])
    assert nowhere(look())


def test_what_became_a_draft_is_gone(seen, full):
    """A draft is no longer the public's."""
    package, look = seen
    act("package_patch", full.admin, id=package["id"], state="draft")
    shown = look()
    assert not any(shown[address] for address in shown)


def test_a_deleted_resource_is_gone(seen, see, full):
    """The page of the table, and its name on the page of the dataset."""
    package, _ = seen
    act("resource_delete", full.steward, id=package["table"].rsplit("/", 1)[1])
    assert see(package["table"]).status == 410
    assert "Lúa seen" not in see(f"/dataset/{package['name']}").text


def test_an_unpublished_table_is_gone(seen, see, full):
    """Without its publication the rows are not shown."""
    from ckanext.haugiang.adapters import datastore, runs

    package, _ = seen
    resource_id = package["table"].rsplit("/", 1)[1]
    assert "Đơn vị 1" in see(package["table"]).text
    with model.meta.engine.begin() as db:
        runs.unpublish(db, resource_id)
    datastore.drop(resource_id)
    act("haugiang_watch", full.admin)
    assert "Đơn vị 1" not in see(package["table"]).words("tbody")


def test_a_change_by_sql_is_seen(seen, see):
    """No way of writing goes by unseen."""
    package, _ = seen
    with model.meta.engine.begin() as db:
        db.execute(sa.text("UPDATE package SET private = true WHERE id = :id"), {"id": package["id"]})
    assert see(f"/dataset/{package['name']}").status == 404
    assert see(package["table"]).status == 404


def test_nothing_changes_before_the_commit_and_all_after_it(seen, see, kept):
    """A transaction that is open for long is missed neither by who looks meanwhile nor by who looks after it."""
    package, _ = seen
    address = f"/dataset/{package['name']}"
    statement = sa.text("UPDATE package SET private = :private WHERE id = :id")
    with model.meta.engine.connect() as db:
        transaction = db.begin()
        db.execute(statement, {"private": True, "id": package["id"]})
        # Others begin and commit after it.
        with model.meta.engine.begin() as other:
            other.execute(sa.text("UPDATE tag SET name = name"))
        assert see(address).status == 200
        assert see(address).status == 200
        assert len(kept)
        transaction.commit()
    assert see(address).status == 404
    with model.meta.engine.connect() as db:
        transaction = db.begin()
        db.execute(statement, {"private": False, "id": package["id"]})
        transaction.rollback()
    assert see(address).status == 404


def test_a_new_dataset_is_there(see, full, kept):
    """What is published shows at once as well."""
    see("/")
    package = dataset(full, title="Vừa mới đăng")
    assert "Vừa mới đăng" in see("/").text
    assert "Vừa mới đăng" in see("/dataset/").text
    act("package_delete", full.admin, id=package["id"])


def test_a_new_version_of_a_table_is_there(seen, see, full):
    """Rows, counts and state follow the publication."""
    from pipeline.support import upload

    package, _ = seen
    resource_id = package["table"].rsplit("/", 1)[1]
    act("resource_patch", full.steward, id=resource_id, upload=upload(rice(77.25)))
    see(package["table"])
    work()
    page = see(package["table"])
    assert "77,25" in page.text
    assert "4,5" not in page.words("#bang")


def test_rows_written_by_hand_are_there(see, kept, full):
    """The DataStore is another database: its actions tell of what they wrote."""
    package = dataset(full)
    made = act("resource_create", full.steward, package_id=package["id"], name="Bảng", url="http://example.org/bang")
    rows = [{"ten": "Dòng một"}, {"ten": "Dòng hai"}]
    table = {"resource_id": made["id"], "force": True}
    act("datastore_create", full.steward, **table, fields=[{"id": "ten", "type": "text"}], records=rows)
    address = f"/dataset/{package['name']}/resource/{made['id']}"
    assert "Dòng một Dòng hai" in see(address).words("tbody")
    act("datastore_upsert", full.steward, **table, method="insert", records=[{"ten": "Dòng ba"}])
    assert "Dòng ba" in see(address).words("tbody")
    act("datastore_delete", full.steward, **table, filters={"ten": "Dòng một"})
    words = see(address).words("tbody")
    assert "Dòng một" not in words
    assert "Dòng hai" in words
    assert len(kept) == 1


def test_a_rebuilt_index_shows_at_once(see, kept, full):
    """CKAN shows the public datasets out of the index, which is also written outside the dataset's transaction."""
    from ckan.lib import search

    name = full.package["name"]
    assert full.package["title"] in see("/dataset/").text
    search.clear(full.package["id"])
    assert full.package["title"] not in see("/dataset/").text
    see(f"/dataset/{name}")
    search.rebuild(full.package["id"])
    assert full.package["title"] in see("/dataset/").text
    assert len(kept)


def test_titles_of_departments_and_settings_are_watched(seen, see, full):
    """A name that stands on many pages changes on all of them."""
    see("/organization/")
    act("organization_patch", full.admin, id=full.org["id"], title="Sở Tên Mới")
    assert "Sở Tên Mới" in see("/organization/").text
    assert "Sở Tên Mới" in see(f"/organization/{full.org['name']}").text
    before = changes.generation()
    with model.meta.engine.begin() as db:
        db.execute(sa.text("INSERT INTO system_info (key, value, state) VALUES ('x', 'y', 'active')"))
    assert changes.generation() != before


def test_what_pages_do_not_show_disturbs_nothing(full):
    """Heartbeats and visits leave kept pages alone."""
    person = factories.User()
    before = changes.generation()
    with model.meta.engine.begin() as db:
        db.execute(sa.text("UPDATE haugiang_run SET heartbeat = now(), lease = 'x', stage = 'load'"))
        db.execute(sa.text('UPDATE "user" SET last_active = now() WHERE id = :id'), {"id": person["id"]})
    assert changes.generation() == before


def test_an_etag_is_no_oracle(see, kept, full):
    """Whoever knows the ETag of a page that was withdrawn learns no more than who does not."""
    package = dataset(full, title=MARKER + " khác")
    address = f"/dataset/{package['name']}"
    tag = see(address).headers["ETag"]
    same = see(address, headers={"If-None-Match": tag})
    assert (same.status, same.data) == (304, b"")
    assert same.headers["ETag"] == tag
    assert see(address, headers={"If-None-Match": '"other"'}).status == 200
    act("package_patch", full.steward, id=package["id"], private=True)
    known, unknown = see(address, headers={"If-None-Match": tag}), see(address)
    assert (known.status, unknown.status) == (404, 404)
    assert "ETag" not in known.headers
    assert {k: v for k, v in known.headers.items() if k != "Date"} == {
        k: v for k, v in unknown.headers.items() if k != "Date"
    }


@pytest.mark.parametrize("what", ["words", "setting"])
def test_a_page_ends_with_its_words_or_its_time(see, kept, full, monkeypatch, what):
    """“5 minutes ago” is true for a while only; and nothing stays for longer than the setting says."""
    if what == "words":
        monkeypatch.setattr(helpers, "steady_seconds", lambda *_: 0.2)
    else:
        monkeypatch.setattr(caching.config, "page_cache_seconds", lambda: 0.2)
    see("/")
    (first,) = kept._pages.values()
    see("/")
    time.sleep(0.25)
    see("/")
    (later,) = kept._pages.values()
    assert later is not first


def test_words_that_are_about_to_change_are_not_kept(see, kept, full, monkeypatch):
    """Half a second is no time."""
    monkeypatch.setattr(helpers, "steady_seconds", lambda *_: 0.0)
    see("/")
    assert len(kept) == 0


def test_without_an_answer_of_postgresql_nothing_is_kept(see, kept, full, monkeypatch):
    """Who cannot tell whether a page is true does not give it out."""
    see("/dataset/")
    pages = full.app.flask_app.extensions["haugiang_pages"]
    monkeypatch.setattr(pages, "generation", lambda: None)
    assert see("/dataset/").status == 200
    assert len(kept) == 0
