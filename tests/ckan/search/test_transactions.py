"""The index commits with its dataset, and every search sees one exact moment of it, whoever writes meanwhile."""

from __future__ import annotations

import os
import random
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import ckan.model as model
import pysolr
import pytest
from ckan.lib import search
from ckan.tests import factories, helpers
from sqlalchemy import event, text

from ckanext.haugiang.adapters.search import database, live, store
from ckanext.haugiang.adapters.search.shipped import schema
from ckanext.haugiang.core.search.document import build


def names(index, q="*:*", **given):
    return sorted(d["name"] for d in index.search(q, rows=1000, fl="name", **given))


def put(db, document):
    return store.put(db, build(document, schema(), datetime.now(UTC)))


@contextmanager
def failing_commits():
    """Every commit of CKAN's session fails at its end, when the index has been written."""

    def fail(_session):
        raise RuntimeError("the disk is full")

    event.listen(model.Session, "before_commit", fail)
    try:
        yield
    finally:
        event.remove(model.Session, "before_commit", fail)
        model.Session.rollback()
        model.Session.remove()


@contextmanager
def changed_session():
    """CKAN's session with a change that is flushed and not committed, as in the middle of an action."""
    model.Session.rollback()
    model.Session.add(model.Tag(name="a-tag"))
    model.Session.flush()
    try:
        yield
    finally:
        model.Session.rollback()


def in_thread(work):
    """Run in another thread, which has a session of its own."""
    result = []
    thread = threading.Thread(target=lambda: (result.append(work()), model.Session.remove()))
    thread.start()
    thread.join()
    return result[0]


def test_a_dataset_that_is_not_committed_is_not_in_the_index(site):
    """With Solr it stays there as a ghost."""
    owner = factories.Organization()["id"]
    with failing_commits(), pytest.raises(RuntimeError):
        helpers.call_action("package_create", name="ma", title="Ma", owner_org=owner)
    assert names(site) == []
    assert model.Package.get("ma") is None


def test_a_change_that_is_not_committed_is_not_in_the_index(site):
    """With Solr the title stays stale."""
    dataset = factories.Dataset(title="cũ", owner_org=factories.Organization()["id"])
    with failing_commits(), pytest.raises(RuntimeError):
        helpers.call_action("package_patch", id=dataset["id"], title="mới")
    assert names(site, "title:cũ") == [dataset["name"]]
    assert names(site, "title:mới") == []
    helpers.call_action("package_patch", id=dataset["id"], title="mới")
    assert names(site, "title:mới") == [dataset["name"]]


def test_a_deletion_that_is_not_committed_is_not_in_the_index(site):
    """The dataset is still found. (CKAN 2.12 purges in the index before it changes anything: that cannot be joined.)"""
    dataset = factories.Dataset(owner_org=factories.Organization()["id"])
    before_commit = hasattr(search, "SynchronousSearchPlugin")  # CKAN 2.11
    for action in ["package_delete", *(["dataset_purge"] if before_commit else [])]:
        with failing_commits(), pytest.raises(RuntimeError):
            helpers.call_action(action, id=dataset["id"])
        assert names(site, "state:active") == [dataset["name"]]
    helpers.call_action("package_delete", id=dataset["id"])
    assert names(site, "state:active") == []


def test_a_failing_index_fails_the_dataset(site, monkeypatch):
    """Data and index never drift apart: a dataset that cannot be indexed is not created."""
    owner = factories.Organization()["id"]
    monkeypatch.setattr(store, "_POSTING", text("SELECT 1/0"))
    with pytest.raises(search.SearchIndexError):
        helpers.call_action("package_create", name="hong", owner_org=owner)
    model.Session.rollback()
    monkeypatch.undo()
    assert model.Package.get("hong") is None
    assert names(site) == []


def test_own_rows_are_seen_by_their_transaction_alone(index, document):
    """Search, text, facets, documents and deletion inside the transaction; nobody else sees any of it."""
    index.add([document("cu", title="lúa cũ", tags=["a"]), document("xoa", title="lúa xoá", tags=["a"])])
    facets = {"facet": "true", "facet.field": ["tags", "theme"]}
    with changed_session():
        index.add([document("moi", title="lúa mới", tags=["b"], theme="t"), document("cu", title="ngô", tags=["c"])])
        index.delete(q='+id:"id-xoa"')
        assert names(index) == ["cu", "moi"]
        assert names(index, "title:lúa") == ["moi"]
        assert names(index, "title:ngô", fq="tags:c") == ["cu"]
        assert names(index, "-tags:b") == ["cu"]
        assert names(index, "name:mo*") == ["moi"]
        assert index.search("name:cu").docs[0]["title"] == "ngô"
        counted = index.search("*:*", **facets).facets["facet_fields"]
        assert counted == {"tags": ["b", 1, "c", 1], "theme": ["t", 1]}
        assert in_thread(lambda: names(index)) == ["cu", "xoa"]
        assert in_thread(lambda: names(index, "title:lúa")) == ["cu", "xoa"]
    assert names(index, "title:lúa") == ["cu", "xoa"]
    assert index.search("*:*", **facets).facets["facet_fields"] == {"tags": ["a", 2], "theme": []}


def test_a_savepoint_that_is_rolled_back_takes_its_rows_along(index, document):
    """The rest of the transaction stays."""
    index.add([document("cu", title="một")])
    with changed_session():
        index.add([document("a", title="hai")])
        savepoint = model.Session.begin_nested()
        index.add([document("b", title="hai"), document("cu", title="hai")])
        assert names(index, "title:hai") == ["a", "b", "cu"]
        savepoint.rollback()
        assert names(index, "title:hai") == ["a"]
        assert names(index, "title:một") == ["cu"]
        model.Session.commit()
    assert names(index, "title:hai") == ["a"]


def test_a_session_without_changes_does_not_keep_the_row(index, document):
    """set_datastore_active_flag commits first and then indexes: its row must not wait for another commit."""
    model.Session.rollback()
    model.Session.query(model.Package).count()
    index.add([document("a")])
    assert in_thread(lambda: names(index)) == ["a"]
    model.Session.rollback()
    assert names(index) == ["a"]


def test_a_clean_up_of_the_index_never_waits_for_a_session(index, document):
    """Clearing is no part of a dataset's transaction."""
    index.add([document("a")])
    with changed_session():
        index.delete(q='+site_id:"test"')
    assert names(index) == []


@pytest.mark.parametrize("what", ["new", "changed", "deleted"])
def test_a_transaction_that_commits_late_is_not_missed(index, document, what):
    """It began before, and commits after, another one that the snapshot has already taken in."""
    index.add([document("cu", title="cũ"), document("khac")])
    with database.engine().connect() as late:
        transaction = late.begin()
        if what == "deleted":
            store.delete(late, [put_ord(late, "cu")])
        else:
            put(late, document("cu" if what == "changed" else "muon", title="muộn"))
        for number in range(3):
            index.add([document(f"som-{number}")])
            assert names(index) == sorted(["cu", "khac", *(f"som-{n}" for n in range(number + 1))])
            assert names(index, "title:muộn") == []
        transaction.commit()
    expected = {"new": ["muon"], "changed": ["cu"], "deleted": []}[what]
    assert names(index, "title:muộn") == expected
    assert ("cu" in names(index)) is (what != "deleted")


def put_ord(db, name):
    return db.execute(text("SELECT ord FROM pgsearch.document WHERE index_id = :n"), {"n": name}).scalar_one()


def test_every_search_sees_one_moment(index, document):
    """Two documents always change together; text, counts and documents of one search agree, whoever writes."""
    stop, wrong, seen = threading.Event(), [], set()

    def both(version):
        return [document(n, title=f"chung v{version}", tags=[f"v{version}"], notes=f"v{version}") for n in "ab"]

    def write():
        for version in range(1, 60):
            index.add(both(version))
        stop.set()

    def read():
        while not stop.is_set():
            result = index.search("title:chung", **{"facet": "true", "facet.field": ["tags"]})
            counts = result.facets["facet_fields"]["tags"]
            versions = {d["notes"] for d in result.docs}
            seen.update(versions)
            if len(versions) != 1 or counts != [versions.pop(), 2]:
                wrong.append((counts, result.docs))
        model.Session.remove()

    index.add(both(0))
    threads = [threading.Thread(target=work) for work in (write, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(seen) > 3


def test_processes_agree_after_any_history(index, document):
    """What one process followed step by step equals what another reads at once; some of the eighty steps are undone."""
    chance = random.Random(3)
    present: dict[str, str] = {}
    for step in range(80):
        name, word = f"d{chance.randrange(12)}", chance.choice(["lúa", "ngô"])
        undone = chance.random() < 0.3
        with database.engine().connect() as db:
            transaction = db.begin()
            if chance.random() < 0.3 and name in present:
                store.delete(db, [put_ord(db, name)])
                after = {n: w for n, w in present.items() if n != name}
            else:
                put(db, document(name, title=word, tags=[word]))
                after = {**present, name: word}
            if undone:
                transaction.rollback()
            else:
                transaction.commit()
                present = after
        if step % 3 == 0:
            assert names(index) == sorted(present)
            assert names(index, "tags:lúa") == names(index, "title:lúa") == sorted(n for n in present if present[n] == "lúa")
    with database.reading() as db:
        fresh = live.Live().snapshot(db)
    with database.reading() as db:
        followed = live.live(str(search.common.config["sqlalchemy.url"])).snapshot(db)
    for view in (fresh, followed):
        assert len(view.ords[view.alive]) == len(present)
    assert set(fresh.ords[fresh.alive]) == set(followed.ords[followed.alive])


def test_a_cleared_index_is_read_anew_by_every_process(index, document):
    """Clearing takes the tombstones away, so nobody could follow step by step."""
    index.add([document("a")])
    other = live.Live()
    with database.reading() as db:
        assert other.snapshot(db).alive.sum() == 1
    index.delete(q="*:*")
    index.add([document("b"), document("c")])
    with database.reading() as db:
        view = other.snapshot(db)
    assert view.alive.sum() == 2
    with database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM pgsearch.document")).scalar() == 2


def test_a_document_keeps_its_ordinal(index, document):
    """Changes do not use numbers up."""
    index.add([document("a"), document("b")])
    with database.reading() as db:
        first = put_ord(db, "a")
    for _ in range(5):
        index.add([document("a", title="x")])
    index.delete(id="a")
    index.add([document("a"), document("c")])
    with database.reading() as db:
        assert put_ord(db, "a") == first
        assert put_ord(db, "c") == first + 2


def test_the_schema_makes_itself(index, document):
    """A database that was dropped and made anew under a running process is no error."""
    index.add([document("a")])
    with database.engine().begin() as db:
        db.execute(text("DROP SCHEMA pgsearch CASCADE"))
    assert names(index) == []
    with database.engine().begin() as db:
        db.execute(text("DROP SCHEMA pgsearch CASCADE"))
    index.add([document("a", title="lúa")])
    assert names(index, "title:lú*") == ["a"]


def test_an_index_of_another_version_is_made_anew(index, document):
    """By whichever process comes first, under a lock."""
    index.add([document("a")])
    with database.engine().begin() as db:
        db.execute(text("UPDATE pgsearch.meta SET version = 0"))
    database.dispose()
    threads = [threading.Thread(target=database.ensure_schema) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(index) == []


def test_an_index_restored_from_another_server_is_renumbered(index, document):
    """Its transaction numbers may lie in the future here, where they would be met again."""
    index.add([document("a")])
    with database.engine().begin() as db:
        db.execute(text("UPDATE pgsearch.document SET written = '9000000000000'"))
    database.dispose()
    assert names(index) == ["a"]
    with database.reading() as db:
        assert not db.execute(text("SELECT count(*) FROM pgsearch.document WHERE written > '8000000000000'")).scalar()


def test_a_forked_process_searches_too(index, document):
    """RQ forks a child for every job."""
    index.add([document("a")])
    assert names(index) == ["a"]
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if names(index) == ["a"] else 1)
        except BaseException:  # noqa: BLE001 - the child must not go on with pytest
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert names(index) == ["a"]


def test_a_search_that_takes_too_long_is_cut_off(index, document, monkeypatch):
    """And CKAN hears of it as of a Solr that does not answer in time."""
    index.add([document("a")])
    slow = {key: text("SELECT 1, ''::bytea FROM pg_sleep(5), unnest(CAST(:queries AS text[]))") for key in store._MATCH}
    monkeypatch.setattr(store, "_MATCH", slow)
    monkeypatch.setattr(live, "SEARCH_MS", 200)
    with pytest.raises(pysolr.SolrError, match="timed out"):
        index.search("title:x")
