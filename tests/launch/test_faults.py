"""What dies is up again, what is killed half-way is begun anew, what cannot be is said in one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest
from portal import interrupt

from ckanext.haugiang.launch.processes import marked, started, tree


def wait_for(condition, seconds=60):
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not become true in time")


def healthy(portal):
    return portal.get("/health")[0] == 200


@pytest.mark.parametrize("name", ["worker-1", "scheduler", "web", "redis", "postgres"])
def test_what_is_killed_is_started_again(portal, name):
    before = portal.pid(name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: portal.pid(name) not in (None, before))
    wait_for(lambda: portal.state()["programs"][name]["ready"] and healthy(portal))
    assert started(before) is None
    assert portal.action("package_search", rows=0)["count"] >= 8


def test_redis_may_lose_everything(portal):
    before = portal.pid("redis")
    os.kill(before, signal.SIGKILL)
    (portal.home / "redis" / "redis.rdb").unlink(missing_ok=True)
    wait_for(lambda: portal.pid("redis") not in (None, before))
    wait_for(lambda: healthy(portal))


def test_the_children_of_a_killed_web_server_end_too(portal):
    children = tree(portal.pid("web")) - {portal.pid("web")}
    assert children
    os.kill(portal.pid("web"), signal.SIGKILL)
    wait_for(lambda: not any(started(pid) for pid in children), 30)
    wait_for(lambda: healthy(portal))


def test_a_killed_supervisor_takes_its_children_along_and_up_starts_anew(portal):
    supervisor = portal.state()["pid"]
    members = {pid: started(pid) for pid in tree(supervisor)}
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not any(started(pid) == began for pid, began in members.items()), 60)
    portal.up()
    assert portal.state()["pid"] != supervisor
    assert portal.action("package_search", rows=0)["count"] >= 8


def test_down_leaves_no_process_and_up_is_quick(portal):
    members = {pid: started(pid) for pid in tree(portal.state()["pid"])}
    assert portal.make("down").stdout.strip() == "Stopped."
    assert not any(started(pid) == began for pid, began in members.items())
    assert marked(str(portal.home)) == set()
    assert portal.make("status").returncode == 3
    assert portal.make("down").stdout.strip() == "The portal was not running."
    began = time.monotonic()
    portal.up()
    assert time.monotonic() - began < 60  # 15 s on a machine that does nothing else


def test_a_port_in_use_is_one_line(fresh):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        fresh.settings["PORT"] = str(other.getsockname()[1])
        result = fresh.make("up")
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert f"Port {fresh.settings['PORT']} is in use" in result.stderr


def test_a_setting_that_does_not_exist_is_one_line(fresh):
    fresh.settings["PROT"] = "5000"
    result = fresh.make("up")
    assert (result.returncode, result.stderr.strip()) == (
        1,
        "HAUGIANG_PROT is not a setting of the portal: did you mean HAUGIANG_PORT?",
    )


def test_a_database_that_is_not_there_is_one_line(fresh):
    fresh.settings["DATABASE_URL"] = "postgresql://nobody:secret-word@127.0.0.1:9/portal"
    result = fresh.make("up")
    assert result.returncode == 1
    assert "The database does not answer" in result.stderr
    assert "secret-word" not in result.stdout + result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert marked(str(fresh.home)) == set()


def test_a_first_start_may_be_killed_interrupted_and_damaged(fresh):
    """Killed while it makes the database, interrupted, its data folder emptied: `make up` repairs all."""
    first = fresh.begin("up")
    wait_for(lambda: any(fresh.home.glob("postgres*")), 120)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    second = fresh.begin("up")
    wait_for(lambda: (fresh.home / "state.json").exists() and "setup" in fresh.state()["programs"], 120)
    wait_for(lambda: fresh.state()["programs"]["postgres"]["ready"])
    status, words = interrupt(second)
    assert (status, words.strip().splitlines()[-1]) == (130, "Stopping.")
    assert marked(str(fresh.home)) == set()
    assert fresh.state()["phase"] != "ready"
    shutil.rmtree(fresh.home / "postgres" / "global")
    words = fresh.up()
    assert "was not a complete database" in words
    assert fresh.password("admin") in words
    assert list(fresh.home.glob("postgres.damaged-*"))
    assert list(fresh.home.glob("postgres.new-*")) == []


def test_in_the_foreground_it_stays_until_ctrl_c(fresh):
    process = fresh.begin("up", "--foreground")
    wait_for(lambda: healthy(fresh), 200)
    wait_for(lambda: (fresh.home / "done.json").exists() and "told" in (fresh.home / "done.json").read_text("utf-8"))
    time.sleep(1)
    assert process.poll() is None
    status, words = interrupt(process)
    assert status == 0
    assert "Stopping." in words
    assert marked(str(fresh.home)) == set()


def test_reset_asks_and_keeps_backups(fresh):
    fresh.up()
    (fresh.home / "backups" / "kept.tar").write_bytes(b"x")
    secrets = json.loads((fresh.home / "secrets.json").read_text("utf-8"))
    refused = fresh.make("reset")
    assert refused.returncode == 1
    assert "CONFIRM=yes" in refused.stderr
    assert healthy(fresh)
    assert fresh.make("reset", "--confirm", "yes").returncode == 0
    assert not (fresh.home / "postgres").exists()
    assert (fresh.home / "backups" / "kept.tar").exists()
    fresh.up()
    again = json.loads((fresh.home / "secrets.json").read_text("utf-8"))
    assert [name for name, value in again.items() if value == secrets[name]] == []


def test_changed_settings_restart_it(fresh):
    fresh.up()
    before = fresh.state()["pid"]
    (fresh.home / "settings").write_text("# of this province\nHAUGIANG_WORKERS = 1\n", "utf-8")
    assert "settings changed" in fresh.up()
    assert fresh.state()["pid"] != before
    assert "worker-2" not in fresh.state()["programs"]


def test_no_other_file_is_touched_in_the_checkout(portal):
    """Root's installation builds from a copy; nothing is written beside the sources."""
    root = Path(__file__).resolve().parents[2]
    assert not (root / "build").exists()
