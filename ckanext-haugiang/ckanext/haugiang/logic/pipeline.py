"""One run, from a claimed row to its end: fetch → detect → tidy → validate → load → profile → report → publish.

`run` is the job that RQ calls with the id of a row. It may be called twice, late, or after the worker before it was killed
at any point: whatever it finds, the same state comes out (I7). A fault of a service puts the run back to be tried again; a
fault of the file ends it with a reason that has a name.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.lib.search import SearchIndexError
from rq.timeouts import JobTimeoutException

from ckanext.haugiang import config
from ckanext.haugiang.adapters import datastore, faults, registers, runs
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.errors import HauGiangError, LimitExceeded, RunError
from ckanext.haugiang.core.publish import columns
from ckanext.haugiang.logic import publish
from ckanext.haugiang.logic.progress import Lost, Progress

log = logging.getLogger(__name__)
# The port through which a file is checked; tests put a fake here.
check: Callable[..., Any] | None = None
# Stages as the child that checks a file tells them, and the fault points behind them.
_BEHIND = {"detect": "after-fetch", "tidy": "after-detect", "validate": "after-tidy", "profile": "after-validate"}


def run(run_id: str) -> None:
    """Do the run with this id, if it is there to be done.

    Args:
        run_id: The row; unknown, foreign or finished ones are left alone.
    """
    with model.meta.engine.begin() as db:
        row = runs.claim(db, run_id, config.lease_seconds())
    if row is None:
        log.info("run %s is not to be done here", run_id)
        return
    faults.reach("after-claim")
    with Progress(row) as progress:
        _end(row, _attempt(row, progress))


def _attempt(row: runs.Row, progress: Progress) -> HauGiangError | None:
    """Do the work; what went wrong, if anything did that must be written down."""
    try:
        with store().folder(f"{row['id']}_{row['lease']}") as folder:
            _stages(row, progress, folder)
    except Lost:
        log.info("run %s is no longer ours", row["id"])
    except HauGiangError as error:
        log.info("run %s: %s", row["id"], error.code)
        return error
    except JobTimeoutException:
        return LimitExceeded("time-limit", seconds=config.job_seconds())
    except Exception as error:
        reference = uuid.uuid4().hex[:8].upper()
        log.exception("run %s failed, reference %s", row["id"], reference)
        return _of_database(error) or RunError("internal", reference=reference)
    finally:
        model.Session.remove()
    return None


def _of_database(error: Exception) -> RunError | None:
    """What a database's refusal means: no room, a value it cannot hold, or a fault that passes."""
    state = getattr(getattr(error, "orig", None), "pgcode", None) or ""
    if state == "53100":
        return RunError("storage-full")
    if state[:2] in ("22", "23", "54"):  # data exception, constraint, limit of the program
        return RunError("load-failed", reason=state)
    passing = (sa.exc.OperationalError, sa.exc.InterfaceError, SearchIndexError)
    return RunError("database-unavailable") if isinstance(error, passing) else None


def _end(row: runs.Row, error: HauGiangError | None) -> None:
    """Write down how it ended; if even that is not possible, the watchdog finds the run without a heartbeat."""
    if error is None:
        return
    transient = error.code == "database-unavailable" or error.params.get("reason") == "busy"
    again = transient and row["attempts"] < config.attempts()
    try:
        with model.meta.engine.begin() as db:
            if again:
                runs.put_back(db, row, config.retry_seconds() * 2.0 ** (row["attempts"] - 1))
            else:
                runs.fail(db, row, error.code, error.params)
        if not again:
            publish.tell(row)
    except (sa.exc.OperationalError, sa.exc.InterfaceError):
        log.exception("run %s: its end could not be written", row["id"])
    finally:
        model.Session.remove()


def _stages(row: runs.Row, progress: Progress, folder: Path) -> None:
    schema = catalogue().get(row["table_schema"])
    files = store()
    if not files.verify(row["file_sha256"]):
        raise RunError("internal", reference="FILE-LOST")
    checked = _check(row, progress, schema, folder)
    faults.reach("after-profile")
    if checked.report["haugiang"]["errors"]:
        progress.enter("report")
        publish.refuse(row, checked, progress)
        return
    outcome = publish.keep(row, checked)
    faults.reach("after-store")
    progress.enter("load")
    table = files.path(outcome.table.sha256)
    mark = datastore.Mark(row["id"], outcome.table.sha256, checked.rows)
    name = datastore.build(_beside(row), columns(schema), table, mark)
    try:
        faults.reach("after-copy")
        progress.enter("publish")
        publish.publish(row, outcome, name, progress)
    finally:
        datastore.drop_beside(name)


def _check(row: runs.Row, progress: Progress, schema: Any, folder: Path) -> Any:
    from ckanext.haugiang.adapters import child

    def told(stage: str, info: dict[str, Any]) -> None:
        del info
        if stage in runs.STAGES:
            if stage in _BEHIND:
                faults.reach(_BEHIND[stage])
            progress.enter(stage)

    limits = child.Limits(
        memory_mb=config.check_memory_mb(),
        cpu_seconds=config.check_cpu_seconds(),
        wall_seconds=config.check_wall_seconds(),
        output_mb=config.check_output_mb(),
    )
    return (check or child.check_file)(
        store().path(row["file_sha256"]),
        row["file_name"],
        schema,
        registers.find(schema),
        folder,
        limit=config.check_errors(),
        limits=limits,
        on_progress=told,
    )


def _beside(row: runs.Row) -> str:
    # Unique to the attempt: one that was thought dead must not write into the table of the next.
    return f"stage_{row['id'].replace('-', '')}_{row['lease'][:12]}"
