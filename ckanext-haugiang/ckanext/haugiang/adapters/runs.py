"""Runs as rows: how one begins, who works on it, how it ends.

Every function takes ``db``, a SQLAlchemy session or connection: rows begin in the transaction of the dataset, go on in short
ones of their own, and end in the transaction that publishes. A run belongs to whoever holds its ``lease``; every statement
of a worker names it, so that one that was thought dead changes nothing when it comes back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ckanext.haugiang.model import OPEN, file_table, publication_table, report_table, run_table

Row = Mapping[str, Any]
STAGES = ("fetch", "detect", "tidy", "validate", "load", "profile", "report", "publish")
# PostgreSQL's clock, in UTC: see model/tables.py.
now = sa.func.timezone("utc", sa.func.clock_timestamp())
r = run_table.c


def ago(seconds: float) -> Any:
    """So many seconds before now."""
    return now - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def file_of(db: Any, resource_id: str) -> Row | None:
    """The file that a resource has now."""
    return _one(db, sa.select(file_table).where(file_table.c.resource_id == resource_id))


def set_file(db: Any, resource_id: str, **values: Any) -> None:
    """Say which stored file is the resource's from now on; waits for another upload to the same resource to commit."""
    from sqlalchemy.dialects.postgresql import insert

    row = {"resource_id": resource_id, "created": now, **values}
    statement = insert(file_table).values(row)
    db.execute(statement.on_conflict_do_update(index_elements=["resource_id"], set_=row))


def forget_file(db: Any, resource_id: str) -> None:
    """The resource has no file of its own any more."""
    db.execute(sa.delete(file_table).where(file_table.c.resource_id == resource_id))


def publication_of(db: Any, resource_id: str) -> Row | None:
    """What the public sees of a resource."""
    return _one(db, sa.select(publication_table).where(publication_table.c.resource_id == resource_id))


def get(db: Any, run_id: str) -> Row | None:
    """One run."""
    return _one(db, sa.select(run_table).where(r.id == run_id))


def latest(db: Any, resource_id: str, *states: str) -> Row | None:
    """The newest run of a resource, in one of these states if any are given."""
    query = sa.select(run_table).where(r.resource_id == resource_id)
    query = query.where(r.state.in_(states)) if states else query
    return _one(db, query.order_by(r.number.desc()).limit(1))


def begin(  # noqa: PLR0913 - the row
    db: Any, *, file: Row, package_id: str, table_schema: str, trigger: str, user_id: str | None
) -> str:
    """A new run for a file; runs of older files of the resource are over from now on."""
    supersede(db, file["resource_id"])
    run_id = str(uuid.uuid4())
    db.execute(
        sa.insert(run_table).values(
            id=run_id,
            resource_id=file["resource_id"],
            package_id=package_id,
            user_id=user_id,
            trigger=trigger,
            state="queued",
            created=now,
            file_sha256=file["sha256"],
            file_name=file["name"],
            file_size=file["size"],
            file_format=file["format"],
            table_schema=table_schema,
        )
    )
    return run_id


def supersede(db: Any, resource_id: str) -> None:
    """End what is open for a resource because something newer came."""
    _end(db, [r.resource_id == resource_id], "superseded", "superseded")


def cancel(db: Any, *resource_ids: str) -> None:
    """End what is open for resources that are gone."""
    if resource_ids:
        _end(db, [r.resource_id.in_(resource_ids)], "cancelled", "resource-deleted")


def _end(db: Any, which: Sequence[Any], state: str, code: str) -> None:
    values = {"state": state, "finished": now, "error_code": code, "error_params": {}, "lease": None}
    db.execute(sa.update(run_table).where(r.state.in_(OPEN), *which).values(values))


def claim(db: Any, run_id: str, lease_seconds: float) -> Row | None:
    """Take a run that waits or that was abandoned; None if it is someone else's or over."""
    abandoned = sa.and_(r.state == "running", r.heartbeat < ago(lease_seconds))
    waiting = sa.and_(r.state == "queued", sa.or_(r.not_before.is_(None), r.not_before <= now))
    statement = (
        sa.update(run_table)
        .where(r.id == run_id, sa.or_(waiting, abandoned))
        .values(
            state="running",
            stage="fetch",
            lease=uuid.uuid4().hex,
            attempts=r.attempts + 1,
            heartbeat=now,
            started=sa.func.coalesce(r.started, now),
            stages=[],
        )
        .returning(run_table)
    )
    return _one(db, statement)


def beat(db: Any, run: Row, stage: str | None = None, stages: Sequence[Row] | None = None) -> bool:
    """Say that the worker is alive, and where it is; False if the run is no longer its own."""
    values: dict[str, Any] = {"heartbeat": now}
    if stage is not None:
        values |= {"stage": stage, "stages": list(stages or ())}
    return _mine(db, run, values)


def finish(db: Any, run: Row, **values: Any) -> bool:
    """The run is done; False if it is no longer this worker's, and nothing was written."""
    return _mine(db, run, {"state": "done", "finished": now, "error_code": None, "error_params": None, **values})


def fail(db: Any, run: Row, code: str, params: Row) -> bool:
    """The run failed for a reason with a name."""
    values = {"state": "failed", "finished": now, "error_code": code, "error_params": dict(params), "lease": None}
    return _mine(db, run, values)


def put_back(db: Any, run: Row, wait: float) -> bool:
    """Let the run wait and be tried again: the fault was not in the file."""
    later = now + sa.func.make_interval(0, 0, 0, 0, 0, 0, wait)
    return _mine(db, run, {"state": "queued", "lease": None, "not_before": later})


def hold(db: Any, run: Row) -> bool:
    """Lock the run's row until the transaction ends, so that nobody can supersede or cancel it; False if it is not ours."""
    query = sa.select(r.id).where(r.id == run["id"], r.lease == run["lease"], r.state == "running")
    return db.execute(query.with_for_update()).first() is not None


def _mine(db: Any, run: Row, values: Row) -> bool:
    statement = sa.update(run_table).where(r.id == run["id"], r.lease == run["lease"], r.state == "running")
    return bool(db.execute(statement.values(**values)).rowcount)


def publish(db: Any, row: Row) -> None:
    """From this transaction on the public sees this."""
    from sqlalchemy.dialects.postgresql import insert

    values = {"published_at": now, **row}
    statement = insert(publication_table).values(values)
    db.execute(statement.on_conflict_do_update(index_elements=["resource_id"], set_=values))


def unpublish(db: Any, resource_id: str) -> None:
    """The public sees nothing of this resource's table any more."""
    db.execute(sa.delete(publication_table).where(publication_table.c.resource_id == resource_id))


def save_report(db: Any, run_id: str, **texts: str) -> None:
    """Keep the report of a run; a second attempt replaces it."""
    db.execute(sa.delete(report_table).where(report_table.c.run_id == run_id))
    db.execute(sa.insert(report_table).values(run_id=run_id, **texts))


def report(db: Any, run_id: str) -> Row | None:
    """The report of a run."""
    return _one(db, sa.select(report_table).where(report_table.c.run_id == run_id))


def _one(db: Any, statement: Any) -> Row | None:
    row = db.execute(statement).mappings().first()
    return dict(row) if row is not None else None
