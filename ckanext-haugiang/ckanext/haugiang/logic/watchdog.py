"""What `ckan haugiang scheduler` does each round: nothing that was accepted stays undone, nothing half stays shown.

It may run at any time, twice at once, and beside workers: each step asks again in the statement that changes something.
"""

from __future__ import annotations

import logging
import shutil
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.haugiang import config
from ckanext.haugiang.adapters import changes, datastore, queue, runs
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.publish import columns
from ckanext.haugiang.model import OPEN, file_table, publication_table, report_table, run_table

log = logging.getLogger(__name__)
r = run_table.c
LOOK_SECONDS = 60  # a web process looks at a file for half of that; no row says so


def watch() -> dict[str, int]:
    """One round; how much there was to do."""
    with model.meta.engine.begin() as db:
        done = {"cancelled": _cancel_orphans(db), "given_up": _give_up(db), "put_back": _put_back(db)}
    done["sent"] = _send()
    _remove_leftovers()
    done["repaired"] = _repair_tables()
    if done["repaired"]:
        changes.note()
    return done


def _stale() -> Any:
    return sa.and_(r.state == "running", r.heartbeat < runs.ago(config.lease_seconds()))


def _give_up(db: Any) -> int:
    found = sa.select(r.id).where(_stale(), r.attempts >= config.attempts()).with_for_update(skip_locked=True)
    values = {
        "state": "failed",
        "finished": runs.now,
        "lease": None,
        "error_code": "attempts-exhausted",
        "error_params": sa.func.jsonb_build_object("attempts", r.attempts),
    }
    return int(db.execute(sa.update(run_table).where(r.id.in_(found.scalar_subquery())).values(values)).rowcount)


def _put_back(db: Any) -> int:
    found = sa.select(r.id).where(_stale(), r.attempts < config.attempts()).with_for_update(skip_locked=True)
    values = {"state": "queued", "lease": None, "not_before": None}
    return int(db.execute(sa.update(run_table).where(r.id.in_(found.scalar_subquery())).values(values)).rowcount)


def _cancel_orphans(db: Any) -> int:
    """End runs whose resource or dataset was deleted in a way that no hook saw, such as a purge."""
    resource, package = model.resource_table.c, model.package_table.c
    alive = (
        sa.select(resource.id)
        .join(model.package_table, package.id == resource.package_id)
        .where(resource.state == "active", package.state != "deleted")
    )
    gone = db.execute(sa.select(r.resource_id).where(r.state.in_(OPEN), r.resource_id.not_in(alive))).scalars().all()
    runs.cancel(db, *gone)
    return len(gone)


def _send() -> int:
    """Wake workers for queued runs that the queue does not know."""
    with model.meta.engine.begin() as db:
        ready = sa.or_(r.not_before.is_(None), r.not_before <= runs.now)
        queued = db.execute(sa.select(r.id).where(r.state == "queued", ready).order_by(r.number)).scalars().all()
    known = queue.waiting() if queued else None
    if known is None:
        return 0
    return sum(queue.send(run_id) for run_id in queued if run_id not in known)


def _remove_leftovers() -> None:
    """Tables and folders of attempts that are over."""
    folders, tables = store().folders(LOOK_SECONDS), datastore.beside()
    # Asked after the lists were made: what was there then and belongs to a worker, its worker had claimed before.
    with model.meta.engine.begin() as db:
        leases = db.execute(sa.select(r.id, r.lease).where(r.state == "running")).all()
    alive = {f"{run_id}_{lease}" for run_id, lease in leases}
    for folder in folders:
        if folder.name not in alive:
            shutil.rmtree(folder, ignore_errors=True)
    built = {f"stage_{run_id.replace('-', '')}_{lease[:12]}" for run_id, lease in leases}
    for name in tables:
        if name not in built and not name.startswith("repair_"):
            datastore.drop_beside(name)


def _repair_tables() -> int:
    """Make each table in the DataStore what the rows say is published: a worker may have died between the two."""
    marks, repaired = datastore.marks(), 0
    with model.meta.engine.begin() as db:
        rows = db.execute(sa.select(publication_table)).mappings().all()
    published = {row["resource_id"]: dict(row) for row in rows}
    wrong = [i for i, row in published.items() if i not in marks or marks[i].run != row["run_id"]]
    for resource_id in [*wrong, *(i for i in marks if i not in published)]:
        try:
            repaired += _repair(resource_id)
        except datastore.Busy:
            log.info("table of %s is in use, repaired in the next round", resource_id)
    return repaired


def _repair(resource_id: str) -> bool:
    with model.meta.engine.begin() as db:
        _lock_dataset(db, resource_id)
        # As long as a run is on, the table is its business.
        if db.execute(sa.select(r.id).where(r.resource_id == resource_id, r.state.in_(OPEN))).first():
            return False
        row, mark = runs.publication_of(db, resource_id), datastore.mark_of(resource_id)
        if row is None:
            if mark:
                datastore.drop(resource_id)
            return bool(mark)
        if mark and mark.run == row["run_id"]:
            return False
        if _gone(db, resource_id):
            return False
        log.warning("table of %s does not hold what is published, loading run %s again", resource_id, row["run_id"])
        right = datastore.Mark(row["run_id"], row["table_sha256"], row["rows"])
        schema, path = catalogue().get(row["table_schema"]), store().path(row["table_sha256"])
        name = f"repair_{resource_id.replace('-', '')}"
        datastore.drop_beside(name)
        datastore.swap(datastore.build(name, columns(schema), path, right), resource_id)
        return True


def _lock_dataset(db: Any, resource_id: str) -> None:
    """Publishing locks the dataset too, so the table cannot be swapped twice at once."""
    resource, package = model.resource_table.c, model.package_table.c
    its = sa.select(resource.package_id).where(resource.id == resource_id).scalar_subquery()
    db.execute(sa.select(package.id).where(package.id == its).with_for_update())


def _gone(db: Any, resource_id: str) -> bool:
    """Whether the resource is deleted: CKAN has dropped its table, and that is right."""
    state = db.execute(sa.select(model.resource_table.c.state).where(model.resource_table.c.id == resource_id)).scalar()
    return state != "active"


def clean() -> dict[str, int]:
    """Remove rows of purged resources and files that no row names."""
    removed = 0
    existing = sa.select(model.resource_table.c.id)
    with model.meta.engine.begin() as db:
        for table in (publication_table, file_table, run_table):
            removed += db.execute(sa.delete(table).where(table.c.resource_id.not_in(existing))).rowcount
        db.execute(sa.delete(report_table).where(report_table.c.run_id.not_in(sa.select(r.id))))
    changes.prune()
    files = store().remove_unreferenced(_referenced, config.keep_unreferenced_seconds())
    return {"rows": removed, "files": files}


def _referenced() -> set[str]:
    p = publication_table.c
    of_runs = (r.file_sha256, r.table_sha256, r.changes_sha256)
    columns_ = (file_table.c.sha256, *of_runs, p.file_sha256, p.table_sha256, p.drawings_sha256)
    with model.meta.engine.begin() as db:
        found = db.execute(sa.union(*(sa.select(column) for column in columns_))).scalars()
        return {sha256 for sha256 in found if sha256}
