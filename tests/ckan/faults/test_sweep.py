"""A worker is killed with SIGKILL at every named point: everything ends, and nobody ever sees half a table."""

from __future__ import annotations

import os

import pytest
from support import RICE, act, dataset, queued, rice, runs, upload, work
from workers import Replay, areas, assert_at_rest, at, forked, kill, recover

from ckanext.haugiang.adapters import datastore, drawing
from ckanext.haugiang.adapters.faults import POINTS
from ckanext.haugiang.adapters.files import LOOK_FOLDER, store
from ckanext.haugiang.logic import pipeline, watchdog

OLD, NEW = [1, 2, 3], [10, 20]
# Points that a file with errors does not come to.
ONLY_VALID = {"after-store", "during-copy", "after-copy", "before-swap", "after-swap"}


@pytest.fixture(scope="module")
def replay(tmp_path_factory):
    return Replay(tmp_path_factory.mktemp("replay"), rice(*OLD), rice(*NEW), rice("nhiều"))


@pytest.fixture(autouse=True)
def quick(monkeypatch, replay):
    """What is swept is how a run ends, not the engine: `test_services` has the real one."""
    monkeypatch.setattr(pipeline, "check", replay)
    monkeypatch.setattr(drawing, "draw", lambda *_: False)


def published(portal):
    """A resource whose first version is published."""
    package = dataset(portal.steward, portal.org)
    more = {"table_schema": RICE, "name": "Lúa"}
    found = act("resource_create", portal.steward, package_id=package["id"], upload=upload(rice(*OLD)), **more)
    work()
    assert areas(found["id"]) == OLD
    return found


def replace(portal, resource, *values):
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice(*values)))


def test_a_good_file_survives(portal):
    for point in POINTS:
        with at(point):
            resource = published(portal)
            replace(portal, resource, *NEW)
            kill(point)
            assert areas(resource["id"]) in (OLD, NEW)
            recover()
            run = runs(resource["id"])[0]
            assert (run["state"], run["verdict"], run["published"]) == ("done", "valid", True)
            assert run["attempts"] == (1 if point == "after-status" else 2)
            assert areas(resource["id"]) == NEW
            assert_at_rest(resource["id"])


def test_a_bad_file_survives(portal):
    for point in (point for point in POINTS if point not in ONLY_VALID):
        with at(point):
            resource = published(portal)
            replace(portal, resource, "nhiều")
            kill(point)
            recover()
            run = runs(resource["id"])[0]
            assert (run["state"], run["verdict"], run["errors"]) == ("done", "invalid", 1)
            assert areas(resource["id"]) == OLD
            assert_at_rest(resource["id"])


def test_a_run_that_always_dies_gives_up(portal):
    for point in ("after-copy", "after-swap"):
        with at(point):
            resource = published(portal)
            replace(portal, resource, *NEW)
            for _ in range(4):
                watchdog.watch()
                kill(point)
            recover()
            run = runs(resource["id"])[0]
            assert (run["state"], run["error_code"]) == ("failed", "attempts-exhausted")
            assert areas(resource["id"]) == OLD
            assert_at_rest(resource["id"])


def test_what_died_half_way_does_not_outlive_a_newer_bad_file(portal):
    for point in ("after-copy", "after-swap", "before-index"):
        with at(point):
            resource = published(portal)
            replace(portal, resource, *NEW)
            kill(point)
            replace(portal, resource, "nhiều")
            recover()
            assert runs(resource["id"])[1]["state"] == "superseded"
            assert areas(resource["id"]) == OLD
            assert_at_rest(resource["id"])


def test_deleted_while_it_was_worked_on(portal):
    for point in ("after-fetch", "after-validate", "after-copy", "after-swap", "before-index", "after-status"):
        with at(point):
            resource = published(portal)
            replace(portal, resource, *NEW)
            kill(point)
            act("resource_delete", portal.steward, id=resource["id"])
            recover()
            run = runs(resource["id"])[0]
            assert run["state"] == ("done" if point == "after-status" else "cancelled")
            assert datastore.mark_of(resource["id"]) is None
            assert datastore.beside() == []


def test_a_file_that_is_looked_at_is_not_swept_away(portal):
    """No run stands for it: its folder is known by its name and its age."""
    with store().folder(LOOK_FOLDER + "x") as folder:
        watchdog.watch()
        assert folder.is_dir()
        os.utime(folder, (0, 0))  # of a process that was killed
        watchdog.watch()
        assert not folder.exists()


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(portal):
    """One that was thought dead, because its host stood still, wakes up after the run was done by another."""
    resource = published(portal)
    replace(portal, resource, *NEW)
    run_id = queued()[0]
    kill("before-swap")
    watchdog.watch()
    assert forked(run_id) == 0
    before = runs(resource["id"])[0]
    assert forked(run_id) == 0
    assert runs(resource["id"])[0] == before
    assert_at_rest(resource["id"])
