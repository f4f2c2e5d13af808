"""Several at once: uploads to one resource, resources of one dataset, one run twice, a table that readers do not let go."""

from __future__ import annotations

import os
import resource as limits
import threading

import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckanext.datastore.backend.postgres import get_write_engine
from support import RICE, act, dataset, queued, rice, runs, upload, work
from workers import areas, assert_at_rest, forked, recover

from ckanext.haugiang.adapters import datastore
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.logic import watchdog


@pytest.fixture
def package(portal):
    return dataset(portal.steward, portal.org)


def add(portal, package, *values):
    more = {"package_id": package["id"], "table_schema": RICE, "name": "Lúa"}
    return act("resource_create", portal.steward, upload=upload(rice(*values)), **more)


def at_once(*tasks):
    """Run all in threads; what they raised."""
    failed = []

    def guarded(task):
        try:
            task()
        except Exception as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            model.Session.remove()

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failed


def test_uploads_race_on_one_resource(portal, package):
    found = add(portal, package, 0)
    for number in range(1, 9):
        tasks = [
            lambda value=value: act("resource_patch", portal.steward, id=found["id"], upload=upload(rice(value)))
            for value in (number, number + 100)
        ]
        assert at_once(*tasks) == []
        model.Session.remove()
        states = [run["state"] for run in runs(found["id"])]
        assert states.count("queued") == 1
        assert states[0] == "queued"
    work()
    last = runs(found["id"])[0]
    shown = act("resource_show", portal.steward, id=found["id"])
    assert shown["hash"] == f"sha256:{last['file_sha256']}"
    assert areas(found["id"]) in ([8], [108])
    assert_at_rest(found["id"])


def test_many_resources_at_once_in_one_dataset(portal, package):
    assert at_once(*(lambda value=value: add(portal, package, value) for value in range(8))) == []
    work()
    shown = act("package_show", None, id=package["id"])
    assert len(shown["resources"]) == 8
    assert all(resource["datastore_active"] for resource in shown["resources"])
    assert sorted(areas(resource["id"])[0] for resource in shown["resources"]) == list(range(8))


def test_one_run_twice_gives_one_result(portal, package, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "ckanext.haugiang.lease_seconds", 30)
    found = add(portal, package, 4, 5)
    run_id = queued()[0]
    pids = []
    for _ in range(2):
        model.Session.remove()
        pid = os.fork()
        if pid == 0:
            try:
                forked(run_id)
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    run = runs(found["id"])[0]
    assert (run["state"], run["attempts"]) == ("done", 1)
    assert areas(found["id"]) == [4, 5]


def test_readers_that_do_not_let_go_delay_the_swap_and_nothing_else(portal, package, ckan_config, monkeypatch):
    for key, value in {"swap_lock_milliseconds": 50, "swap_tries": 2}.items():
        monkeypatch.setitem(ckan_config, f"ckanext.haugiang.{key}", value)
    found = add(portal, package, 1)
    work()
    act("resource_patch", portal.steward, id=found["id"], upload=upload(rice(2)))
    with get_write_engine().connect() as reader, reader.begin():
        datastore.run(reader, f'SELECT * FROM "{found["id"]}"')
        assert forked(queued()[0]) == 0
        run = runs(found["id"])[0]
        assert (run["state"], run["attempts"]) == ("queued", 1)
        assert areas(found["id"]) == [1]
    recover()
    assert areas(found["id"]) == [2]
    assert_at_rest(found["id"])


def test_a_view_on_the_table_and_its_rights_outlive_the_swap(portal, package):
    found = add(portal, package, 1)
    work()
    with get_write_engine().begin() as connection:
        datastore.run(connection, f'CREATE VIEW lua_moi AS SELECT * FROM "{found["id"]}"')
    act("resource_patch", portal.steward, id=found["id"], upload=upload(rice(2)))
    work()
    rows = act("datastore_search", None, resource_id="lua_moi")["records"]
    assert [row["dt_gieo_trong"] for row in rows] == [2]
    info = act("datastore_info", None, id=found["id"])
    fields = {field["id"]: field for field in info["fields"]}
    assert fields["dt_gieo_trong"]["info"]["label"] == "Diện tích gieo trồng"
    assert fields["dt_gieo_trong"]["info"]["unit"] == "ha"
    assert fields["nam"]["schema"]["native_type"] == "bigint"
    assert fields["vu"]["schema"]["is_index"]
    assert act("datastore_search", None, resource_id=found["id"], q="LUA")["total"] == 1


def test_a_full_disk_is_named_and_leaves_nothing_behind(portal, package):
    """RLIMIT_FSIZE stands for a disk that is full: the write fails in the middle."""
    found = add(portal, package, 1)
    work()
    model.Session.remove()
    model.meta.engine.dispose()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer = "nothing"
        try:
            limits.setrlimit(limits.RLIMIT_FSIZE, (100_000, 100_000))
            act("resource_patch", portal.steward, id=found["id"], upload=upload(rice(2) + b"#" * 5_000_000))
        except tk.ValidationError as error:
            answer = str(error.error_dict)
        finally:
            os.write(writer, answer.encode())
            os._exit(0)
    os.waitpid(pid, 0)
    answer = os.read(reader, 4096).decode()
    assert "upload" in answer
    assert "đầy" in answer or "full" in answer
    assert list((store().root / "incoming").iterdir()) == []
    assert len(runs(found["id"])) == 1
    assert areas(found["id"]) == [1]


def test_what_nothing_refers_to_is_removed_and_the_rest_kept(portal, package, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "ckanext.haugiang.keep_unreferenced_seconds", -1)
    found = add(portal, package, 1)
    work()
    watchdog.clean()  # what earlier tests left in the store
    lost = store().put_path(_other(store()))
    done = watchdog.clean()
    assert done["files"] == 1
    assert not store().path(lost.sha256).exists()
    assert_at_rest(found["id"])
    act("dataset_purge", portal.admin, id=package["id"])
    watchdog.clean()
    recover()
    assert list(store().root.glob("files/*/*/*")) == []
    assert datastore.marks() == {}


def _other(files):
    path = files.root / "other"
    path.write_bytes(b"nobody's")
    return path


def test_a_commit_that_fails_after_the_upload_changes_nothing(portal, package, monkeypatch):
    found = add(portal, package, 1)
    work()

    def fails():
        raise RuntimeError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(model.repo, "commit", fails)
        with pytest.raises(RuntimeError):
            act("resource_patch", portal.steward, id=found["id"], upload=upload(rice(2)))
    model.Session.remove()
    assert queued() == []
    shown = act("haugiang_file_show", portal.steward, resource_id=found["id"], version="candidate")
    assert shown["sha256"] == runs(found["id"])[0]["file_sha256"]
    assert areas(found["id"]) == [1]
    assert_at_rest(found["id"])
