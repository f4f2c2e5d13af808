"""The real processes: RQ's worker, the scheduler, Redis and PostgreSQL are killed while a steward uploads."""

from __future__ import annotations

import pytest
from site_of_its_own import Site
from support import rice

OLD, NEW, NEWER = [1, 2, 3], [10, 20], [5]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def resource_id(site):
    """A resource whose first version is published."""
    site.start_worker()
    found = site.upload_new(rice(*OLD))
    site.wait_until_final(found)
    assert site.areas(found) == OLD
    return found


def test_worker_and_its_child_are_killed_in_the_middle(site, resource_id):
    site.stop_workers()
    worker = site.start_worker(fault="after-copy:1:sleep=60")
    site.replace(resource_id, rice(*NEW))
    site.wait_for_stage(resource_id, "load")
    worker.kill_with_children()
    assert site.areas(resource_id) == OLD
    site.start_worker()
    run = site.wait_until_final(resource_id)
    assert (run["state"], run["verdict"], run["attempts"]) == ("done", "valid", 2)
    assert site.areas(resource_id) == NEW


def test_told_to_stop_twice(site, resource_id):
    site.stop_workers()
    worker = site.start_worker(fault="after-copy:1:sleep=60")
    site.replace(resource_id, rice(*NEW))
    site.wait_for_stage(resource_id, "load")
    worker.terminate_twice()
    site.start_worker()
    assert site.wait_until_final(resource_id)["verdict"] == "valid"
    assert site.areas(resource_id) == NEW


def test_told_to_stop_once_it_finishes_its_run(site, resource_id):
    site.stop_workers()
    worker = site.start_worker(fault="after-copy:1:sleep=3")
    site.replace(resource_id, rice(*NEW))
    site.wait_for_stage(resource_id, "load")
    worker.terminate()
    run = site.wait_until_final(resource_id)
    assert (run["verdict"], run["attempts"]) == ("valid", 1)


def test_redis_dies_and_forgets_everything(site, resource_id):
    site.kill_redis()
    site.replace(resource_id, rice(*NEW))  # an upload is taken without a queue
    assert site.areas(resource_id) == OLD
    site.start_redis()
    site.start_worker()
    assert site.wait_until_final(resource_id)["verdict"] == "valid"
    assert site.areas(resource_id) == NEW


def test_postgresql_dies_in_the_middle(site, resource_id):
    site.stop_workers()
    site.start_worker(fault="during-copy:1:sleep=3")
    site.replace(resource_id, rice(*NEW))
    site.wait_for_stage(resource_id, "load")
    site.kill_postgres()
    site.start_postgres()
    site.start_worker()
    assert site.wait_until_final(resource_id)["verdict"] == "valid"  # the same web process, with new connections
    assert site.areas(resource_id) == NEW


def test_two_workers_and_many_uploads(site, resource_id):
    site.start_worker()
    for number in range(6):
        site.replace(resource_id, rice(*[number] * (number + 1)))
    site.replace(resource_id, rice(*NEWER))
    assert site.wait_until_final(resource_id)["verdict"] == "valid"
    assert site.areas(resource_id) == NEWER
    states = [run["state"] for run in site.runs(resource_id)]
    assert set(states) <= {"done", "superseded"}
