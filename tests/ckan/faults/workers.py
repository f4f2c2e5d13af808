"""Workers that are killed: forked processes that do one run, as RQ forks its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ckan import model
from ckanext.datastore.backend import postgres
from support import RICE, act, queued, runs, table

from ckanext.haugiang.adapters import child, datastore, faults
from ckanext.haugiang.adapters import runs as rows
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.logic import pipeline, watchdog

PATHS = ("table", "changes", "specifications")


class Replay:
    """The check of a file without its two seconds: what the real one found once is copied for each worker."""

    def __init__(self, folder: Path, *contents: bytes) -> None:
        self.found = {}
        for content in contents:
            source = folder / hashlib.sha256(content).hexdigest()
            source.write_bytes(content)
            (folder / f"{source.name}.out").mkdir()
            schema = catalogue().get(RICE)
            tables = {name: catalogue().register(name) for name in schema.registers()}
            self.found[source.name] = child.check_file(source, "x.csv", schema, tables, folder / f"{source.name}.out")

    def __call__(self, source: Path, *_: object, on_progress: Callable[[str, dict[str, int]], None], **__: object):
        found, workdir = self.found[source.name], Path(_[3])
        for stage in ("detect", "tidy", "validate", "profile"):
            on_progress(stage, {})
        shutil.copytree(found.table.parent, workdir, dirs_exist_ok=True)
        return replace(found, **{name: workdir / getattr(found, name).name for name in PATHS})


def forked(run_id: str, fault: str = "") -> int:
    """Do a run in a process of its own, with a fault in it; the signal that ended it, 0 if none did."""
    model.Session.remove()
    model.meta.engine.dispose()
    postgres._dispose_engines()
    child = os.fork()
    if child == 0:
        try:
            os.environ[faults.VARIABLE] = fault
            faults._reached.clear()
            pipeline.run(run_id)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def kill(fault: str) -> None:
    """Have the next run killed at a point."""
    run_id = queued()[0]
    assert forked(run_id, fault) == signal.SIGKILL, rows.get(model.Session, run_id)


@contextmanager
def at(point: str) -> Iterator[None]:
    """Say at which point a test failed."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"at the point {point}")
        raise


def recover() -> None:
    """What the scheduler and a healthy worker do, until nothing is left to do."""
    for _ in range(6):
        watchdog.watch()
        for run_id in queued():
            assert forked(run_id) == 0
    watchdog.watch()


def areas(resource_id: str) -> list[float]:
    """One column of the table that the public reads."""
    return [row["dt_gieo_trong"] for row in table(resource_id)]


def assert_at_rest(resource_id: str) -> None:
    """Nothing is open, nothing is left over, and file, rows and table agree (I1, I3, I7)."""
    assert {run["state"] for run in runs(resource_id)} <= {"done", "failed", "superseded", "cancelled"}
    assert datastore.beside() == []
    assert store().folders() == []
    publication = rows.publication_of(model.Session, resource_id)
    mark = datastore.mark_of(resource_id)
    if publication is None:
        assert mark is None
        return
    assert (mark.run, mark.sha256, mark.rows) == (
        publication["run_id"],
        publication["table_sha256"],
        publication["rows"],
    )
    found = act("datastore_search", None, resource_id=resource_id, limit=0)
    assert found["total"] == publication["rows"]
    content = store().path(publication["table_sha256"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == publication["table_sha256"]
    assert content.count(b"\n") == publication["rows"] + 1
    assert act("resource_show", None, id=resource_id)["datastore_active"] is True
