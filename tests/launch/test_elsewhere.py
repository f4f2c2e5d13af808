"""Databases and Redis that somebody else runs, in place of the embedded ones."""

from __future__ import annotations

import pwd

import pytest
from portal import AS_ROOT

from ckanext.haugiang.launch.services import throwaway


@pytest.fixture
def services(portal):
    """A PostgreSQL and a Redis that the portal's user can reach (root's portal has a user of its own by now)."""
    with throwaway(pwd.getpwnam("haugiang").pw_uid if AS_ROOT else None) as addresses:
        yield addresses


def test_every_part_can_be_elsewhere(services, fresh):
    fresh.settings |= {
        "DATABASE_URL": services["CKAN_SQLALCHEMY_URL"],
        "DATASTORE_WRITE_URL": services["CKAN_DATASTORE_WRITE_URL"],
        "DATASTORE_READ_URL": services["CKAN_DATASTORE_READ_URL"],
        "REDIS_URL": services["CKAN_REDIS_URL"],
    }
    words = fresh.up()
    assert fresh.password("admin") in words
    assert set(fresh.state()["programs"]) == {"setup", "web", "worker-1", "worker-2", "scheduler"}
    assert not (fresh.home / "postgres").exists()
    assert not (fresh.home / "redis").exists()
    assert fresh.get("/health")[0] == 200
    result = fresh.make("backup")
    assert result.returncode == 0, result.stderr
    fresh.action("group_create", "admin", name="made-after-the-backup", title="x")
    made = next((fresh.home / "backups").glob("*.tar"))
    result = fresh.make("restore", "--from", str(made))
    assert result.returncode == 0, result.stderr + fresh.logs()
    assert "made-after-the-backup" not in fresh.action("group_list")


def test_two_portals_do_not_share_a_redis_database(services, fresh):
    """Their jobs would mix (F96)."""
    import redis

    client = redis.Redis.from_url(services["CKAN_REDIS_URL"])
    client.set("haugiang:installation", "another portal")
    fresh.settings["REDIS_URL"] = services["CKAN_REDIS_URL"]
    result = fresh.make("up")
    assert result.returncode == 1
    assert "belongs to another portal" in result.stderr
    assert result.stderr.strip().count("\n") == 0
