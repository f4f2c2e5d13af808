"""How a run ends: the report kept, the table swapped, the public's view changed, in that order and once.

The DataStore has a database of its own, so the swap and the rows cannot be one transaction. The rows are the truth. While
the swap runs, the dataset's and the run's rows are locked: nothing newer can begin in between. If the process dies after the
swap, the next attempt, or `logic.watchdog`, sees by the mark on the table that it and the rows disagree.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.haugiang import config
from ckanext.haugiang.adapters import arrivals, datastore, drawing, faults, filetypes, resources, runs
from ckanext.haugiang.adapters.files import Stored, store
from ckanext.haugiang.core.errors import RunError
from ckanext.haugiang.logic.progress import Lost, Progress
from ckanext.haugiang.model import run_table


@dataclass(frozen=True)
class Outcome:
    """What a check found, with its table, its changes and its drawings stored for good."""

    checked: Any
    table: Stored
    changes: Stored
    drawings: Stored | None


def keep(row: runs.Row, checked: Any) -> Outcome:
    """Store the canonical table, the list of changes and the drawings.

    Raises:
        RunError: ``internal`` if what was stored is not what was checked (I3).
    """
    table = store().put_path(checked.table)
    if table.sha256 != checked.sha256:
        raise RunError("internal", reference=f"HASH-{row['id'][:8]}")
    drawn = checked.specifications.with_name("drawings.json")
    drawings = store().put_path(drawn) if drawing.draw(checked.specifications, drawn, config.drawing_script()) else None
    return Outcome(checked, table, store().put_path(checked.changes), drawings)


def refuse(row: runs.Row, checked: Any, progress: Progress) -> None:
    """The file has errors: keep the report; the public goes on seeing what it saw."""
    changes = store().put_path(checked.changes)
    with _committed():
        resource = _locked(row)
        faults.reach("before-status")
        _save(row, checked, progress, verdict="invalid", changes_sha256=changes.sha256)
        resources.stamp(model.Session, resource)
        faults.reach("before-index")
    faults.reach("after-status")


def publish(row: runs.Row, outcome: Outcome, name: str, progress: Progress) -> None:
    """The file is valid: its table takes the old one's place, and the public sees it.

    Args:
        row: The run.
        outcome: What was found and stored.
        name: The table that was built beside.
        progress: Of the run.

    Raises:
        RunError: ``load-failed`` if readers never let go of the old table.
    """
    for _ in range(config.swap_tries()):
        progress.check()
        try:
            with _committed():
                _publish(row, outcome, name, progress)
        except datastore.Busy:
            time.sleep(0.2)
        else:
            faults.reach("after-status")
            return
    raise RunError("load-failed", reason="busy")


def _publish(row: runs.Row, outcome: Outcome, name: str, progress: Progress) -> None:
    session = model.Session
    resource = _locked(row)
    faults.reach("before-swap")
    datastore.swap(name, row["resource_id"])
    faults.reach("after-swap")
    stored = {"table_sha256": outcome.table.sha256, "changes_sha256": outcome.changes.sha256}
    faults.reach("before-status")
    runs.publish(session, _publication(row, outcome))
    _save(row, outcome.checked, progress, verdict="valid", published=True, published_at=runs.now, **stored)
    resources.stamp(session, resource)
    resource.package.metadata_modified = _moment()
    _wake_the_waiting(row)
    faults.reach("before-index")


def _publication(row: runs.Row, outcome: Outcome) -> dict[str, Any]:
    same = ("resource_id", "package_id", "file_sha256", "file_name", "file_size", "file_format", "table_schema")
    return {
        **{key: row[key] for key in same},
        "run_id": row["id"],
        "file_mimetype": filetypes.mimetype(row["file_format"]),
        "table_sha256": outcome.table.sha256,
        "table_size": outcome.table.size,
        "rows": outcome.checked.rows,
        "drawings_sha256": outcome.drawings.sha256 if outcome.drawings else None,
    }


def tell(row: runs.Row) -> None:
    """Write into CKAN's row of the resource that its last run failed."""
    with contextlib.suppress(Lost), _committed():
        resource = _locked(row, held=False)
        resources.stamp(model.Session, resource)


@contextlib.contextmanager
def _committed() -> Any:
    # CKAN's session, because its index of datasets is written by what listens to this session.
    try:
        yield
        model.Session.commit()
    except BaseException:
        model.Session.rollback()
        raise
    finally:
        model.Session.remove()


def _locked(row: runs.Row, *, held: bool = True) -> Any:
    """CKAN's row of the resource, with dataset and run locked, the dataset first as CKAN does.

    Raises:
        Lost: if the run is over or its resource gone.
    """
    session = model.Session
    session.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
    package = model.Package.get(row["package_id"], for_update=True)
    if held and not runs.hold(session, row):
        raise Lost
    resource = session.get(model.Resource, row["resource_id"], populate_existing=True)
    if package is None or resource is None or "deleted" in (package.state, resource.state):
        runs.cancel(session, row["resource_id"])
        session.commit()
        raise Lost
    return resource


def _save(row: runs.Row, checked: Any, progress: Progress, **values: Any) -> None:
    session, own = model.Session, checked.report["haugiang"]
    runs.save_report(
        session,
        row["id"],
        report=_bounded(checked.report),
        profile=_json(checked.profile),
        detection=_json(checked.detection),
        tidy=_json(checked.tidy),
    )
    counts = {"errors": own["errors"], "warnings": own["warnings"], "changes": checked.tidy["changes"]}
    values = {"rows": checked.rows, **counts, "stages": progress.stages(), **values}
    if not runs.finish(session, row, **values):
        raise Lost


def _bounded(report: dict[str, Any]) -> str:
    """The report as JSON, with fewer details if it would be too large; its counts stay."""
    text = _json(report)
    while len(text) > config.report_bytes() and any(task["errors"] for task in report["tasks"]):
        tasks = [task | {"errors": task["errors"][: len(task["errors"]) // 2]} for task in report["tasks"]]
        own = report["haugiang"]
        own = own | {"cut": True, "sources": own["sources"][: len(tasks[0]["errors"])]}
        report = report | {"tasks": tasks, "haugiang": own}
        text = _json(report)
    return text


def _json(value: Any) -> str:
    return json.dumps(value, default=str)


def _moment() -> Any:
    return model.Session.execute(sa.select(runs.now)).scalar()


def _wake_the_waiting(row: runs.Row) -> None:
    """Begin anew what failed because this table, as a register, was not there."""
    name, r = row["table_schema"].partition("@")[0], run_table.c
    newest = sa.select(sa.func.max(r.number)).group_by(r.resource_id)
    failed = sa.select(run_table).where(
        r.number.in_(newest), r.error_code == "register-missing", r.error_params["register"].astext == name
    )
    session = model.Session
    for run in session.execute(failed).mappings().all():
        resource, file = session.get(model.Resource, run["resource_id"]), runs.file_of(session, run["resource_id"])
        schema = (resource.extras or {}).get("table_schema") if resource is not None else None
        if resource is not None and resource.state == "active" and file and schema:
            arrivals.start(session, resource, file, schema, user_id=run["user_id"], trigger="register")
