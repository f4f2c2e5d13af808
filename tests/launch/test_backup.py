"""A backup brings everything back: databases, files, accounts, tokens; a bad one changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import tarfile

import pytest

from ckanext.haugiang.launch.wheels import program


def content(portal):
    """What people see: datasets, rows, files and who may sign in."""
    datasets = portal.action("package_search", rows=100, sort="name asc")["results"]
    resources = [resource for dataset in datasets for resource in dataset["resources"] if resource.get("datastore_active")]
    assert resources
    rows = {r["id"]: portal.action("datastore_search", resource_id=r["id"], limit=3, sort="_id") for r in resources}
    return {
        "datasets": [dataset["name"] for dataset in datasets],
        "rows": {name: (found["total"], found["records"], found["fields"]) for name, found in rows.items()},
        "files": {r["id"]: portal.get(r["url"].partition(portal.url)[2]) for r in resources},
        "runs": portal.action("haugiang_run_list", "admin", limit=100),
        "me": portal.action("user_show", "steward", id="steward")["id"],
        "password": portal.password("admin"),
    }


@pytest.fixture(scope="module")
def backup(portal, tmp_path_factory):
    """A backup of the running portal, where everybody can read it."""
    result = portal.make("backup")
    assert result.returncode == 0, result.stderr
    made = sorted((portal.home / "backups").glob("haugiang-*.tar"))[-1]
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    return made


def test_it_is_one_file_without_the_search_index(backup):
    with tarfile.open(backup) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("manifest.json"))
        dump = archive.extractfile("main.dump").read()
    assert {"main.dump", "datastore.dump", "secrets.json", "tokens.json", "accounts"} <= set(names)
    assert any(name.startswith("storage/") for name in names)
    assert set(manifest["sha256"]) == set(names) - {"manifest.json"}
    assert b"haugiang_run" in dump
    assert b"pgsearch" not in dump


def test_a_restore_brings_everything_back(portal, backup):
    before = content(portal)
    lost = before["datasets"][0]
    portal.action("dataset_purge", "admin", id=lost)
    assert lost not in content(portal)["datasets"]
    result = portal.make("restore", "--from", str(backup))
    assert result.returncode == 0, result.stderr + portal.logs()
    assert content(portal) == before
    assert list(portal.home.glob("before-restore-*/postgres"))
    assert list(portal.home.glob("restore.new-*")) == []


def test_a_restore_works_on_another_machine(portal, fresh, backup):
    """Nothing was there before; address and port are the new installation's."""
    del fresh.settings["DATASETS"]
    result = fresh.make("restore", "--from", str(backup))
    assert result.returncode == 0, result.stderr + fresh.logs()
    assert "Datasets through the whole pipeline" not in result.stdout  # they came with the backup
    theirs, ours = content(portal), content(fresh)
    assert ours["datasets"] == theirs["datasets"]
    assert ours["rows"] == theirs["rows"]
    assert ours["files"] == theirs["files"]
    assert {resource for resource, (status, _) in ours["files"].items() if status != 200} == set()


def test_a_damaged_backup_changes_nothing(portal, backup, tmp_path):
    data = bytearray(backup.read_bytes())
    for place in (len(data) // 2, None):
        bad = tmp_path / "bad.tar"
        if place is None:
            bad.write_bytes(data[:5000])
        else:
            changed = bytearray(data)
            changed[place : place + 64] = bytes(byte ^ 255 for byte in changed[place : place + 64])
            bad.write_bytes(changed)
        before = portal.state()["pid"]
        result = portal.make("restore", "--from", str(bad))
        assert result.returncode == 1
        assert "nothing was changed" in result.stderr
        assert result.stderr.strip().count("\n") == 0
        assert portal.state()["pid"] == before


def test_a_backup_that_is_not_there_is_one_line(portal):
    result = portal.make("restore", "--from", "/nowhere/backup.tar")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)


def sql(portal, text):
    """Run SQL as the administrator of the embedded PostgreSQL."""
    secrets = json.loads((portal.home / "secrets.json").read_text("utf-8"))
    command = [program("psql"), "-qAtX", "-h", (portal.home / "sockets").read_text("utf-8")]
    command += ["-U", "haugiang_admin", "-d", "haugiang_datastore", "-c", text]
    environ = os.environ | {"PGPASSWORD": secrets["postgres_admin"]}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def quiet(portal):
    """The scheduler repairs tables from the published files; it waits meanwhile."""
    pid = portal.pid("scheduler")
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


@pytest.mark.usefixtures("quiet")
def test_check_lists_what_does_not_belong_together(portal):
    """A database without some of its files, a table that is not the published one (F98)."""
    result = portal.make("check")
    assert (result.returncode, result.stdout.strip()) == (0, "Files, tables and search agree."), result.stderr
    datasets = portal.action("package_search", rows=100)["results"]
    table = next(r["id"] for dataset in datasets for r in dataset["resources"] if r.get("datastore_active"))
    mark = sql(portal, f"SELECT obj_description('\"{table}\"'::regclass)")
    files = [path for path in (portal.home / "storage").rglob("*") if path.is_file() and len(path.name) == 64]
    content = {path: path.read_bytes() for path in files}
    try:
        sql(portal, f'COMMENT ON TABLE "{table}" IS NULL')
        for number, path in enumerate(files):
            path.chmod(0o600)
            path.unlink() if number % 2 else path.write_bytes(b"not what the name says")
        result = portal.make("check")
    finally:
        for path, data in content.items():
            path.write_bytes(data)
            shutil.chown(path, path.parent.stat().st_uid, path.parent.stat().st_gid)
        sql(portal, f"COMMENT ON TABLE \"{table}\" IS '{mark}'")
    assert result.returncode == 1
    for words in ("missing ", "damaged ", f"no table   resource {table}", "Upload it again"):
        assert words in result.stdout, result.stdout
    assert result.stdout.strip().endswith(" differences")
