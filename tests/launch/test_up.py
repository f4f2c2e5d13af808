"""What `make up` leaves: a portal that answers, with its data, private, and nothing to do for a second start."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import time
from pathlib import Path

import pytest
from portal import AS_ROOT

from ckanext.haugiang.launch.processes import marked, memory, tree
from ckanext.haugiang.launch.wheels import program


def test_health_answers_for_each_part(portal):
    status, body = portal.get("/health")
    assert status == 200
    assert json.loads(body) == {"database": "ok", "redis": "ok", "search": "ok", "status": "ok", "workers": "ok"}


def test_a_second_start_changes_nothing(portal):
    before = portal.state()
    began = time.monotonic()
    result = portal.make("up")
    assert (result.returncode, result.stdout.strip()) == (0, f"The portal is up already: {portal.url}")
    assert time.monotonic() - began < 5
    assert portal.state()["programs"] == before["programs"]


def test_the_passwords_are_shown_once_and_kept(portal):
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", portal.password("admin"))
    assert portal.password("admin") != portal.password("steward")
    assert portal.password("admin") not in portal.make("up").stdout


def test_data_of_three_sectors_is_there(portal):
    found = portal.action("package_search", rows=0, **{"facet.field": ["type"]})
    assert set(found["facets"]["type"]) >= {"agriculture", "health", "environment"}
    assert found["count"] >= 8


@pytest.mark.parametrize("words", ["lúa", "lua"])
def test_rice_is_found_with_and_without_marks(portal, words):
    titles = [dataset["title"] for dataset in portal.action("package_search", q=words)["results"]]
    assert any("lúa" in title.lower() for title in titles), titles


def test_what_is_on_disk_is_for_its_owner_alone(portal):
    home = portal.home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("accounts", "ckan.ini", "secrets.json", "tokens.json", "redis/redis.conf", "postgres/pg_hba.conf"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name
    sockets = Path((home / "sockets").read_text("utf-8"))
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_no_secret_is_in_a_log_or_a_command_line(portal):
    secrets = [
        value for name, value in json.loads((portal.home / "secrets.json").read_text("utf-8")).items() if name != "site_id"
    ]
    secrets += json.loads((portal.home / "tokens.json").read_text("utf-8")).values()
    texts = {path.name: path.read_text("utf-8", "replace") for path in (portal.home / "logs").iterdir()}
    for pid in tree(portal.state()["pid"]):
        texts[str(pid)] = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    assert [name for name, text in texts.items() if any(secret in text for secret in secrets)] == []


def test_only_the_web_server_listens_on_a_port(portal):
    """PostgreSQL and Redis have no TCP port at all."""
    inodes = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":  # listening
                inodes[fields[9]] = int(fields[1].rpartition(":")[2], 16)
    listening = set()
    for pid in tree(portal.state()["pid"]):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(link.readlink()).removeprefix("socket:[").removesuffix("]")
            except OSError:
                continue
            listening |= {inodes[target]} if target in inodes else set()
    assert listening == {int(portal.settings["PORT"])}


def test_the_socket_asks_everybody_for_a_password(portal):
    """Even the user who runs PostgreSQL, even for the administrator's role."""
    sockets = (portal.home / "sockets").read_text("utf-8")
    for role in ("haugiang_admin", "haugiang_owner", "haugiang_read"):
        command = [str(program("psql")), "-w", "-h", sockets, "-U", role, "-d", "haugiang", "-c", "SELECT 1"]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert result.returncode
        assert "no password supplied" in result.stderr
    if AS_ROOT:  # another user does not even reach it
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run(["ls", sockets], user="nobody", cwd="/", capture_output=True, check=True)


def test_everything_together_is_small(portal):
    """1.2 GB of proportional memory is the limit; measured at rest."""
    assert memory(tree(portal.state()["pid"])) < 1.2e9


def test_status_shows_every_process(portal):
    result = portal.make("status")
    assert result.returncode == 0, result.stdout
    for name in ("postgres", "redis", "web", "worker-1", "worker-2", "scheduler", "together"):
        assert name in result.stdout


def test_every_process_carries_the_mark_by_which_it_is_found(portal):
    state = portal.state()
    known = marked(str(portal.home))
    assert {
        program["pid"] for name, program in state["programs"].items() if name in ("web", "worker-1", "scheduler")
    } <= known


def test_status_asks_the_portal_as_it_was_started(portal, monkeypatch):
    """Its port may have been given to `make up` alone."""
    monkeypatch.setitem(portal.settings, "PORT", "1")
    result = portal.make("status")
    assert result.returncode == 0
    assert "workers ok" in result.stdout
