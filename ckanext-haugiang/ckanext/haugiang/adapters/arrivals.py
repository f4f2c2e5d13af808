"""A file arrived, a schema was named, a resource went: what that means for runs.

CKAN has many ways to change a resource and no one place that sees them all: an upload by ``resource_create`` is stored after
``after_dataset_update``, one by ``package_update`` before it, and none of these calls ``after_resource_*`` in time. So both
the uploader and the dataset's hooks call `look`, which compares what is with what was last checked and may be called often.
Everything happens in the dataset's transaction.
"""

from __future__ import annotations

from typing import Any

from ckanext.haugiang.adapters import queue, runs

# A run for the same file stays the answer in these states; after the others the file has not been judged.
ANSWERED = ("queued", "running", "done", "failed")
# Failures that had nothing to do with the file: the same file uploaded once more is checked once more.
PORTALS_FAULT = frozenset(
    {"attempts-exhausted", "storage-full", "database-unavailable", "load-failed", "internal", "register-missing",
     "time-limit", "memory-limit", "output-limit", "reader-crashed"}
)  # fmt: skip


def look(db: Any, resource: Any, *, user_id: str | None, uploaded: bool = False, trigger: str = "upload") -> str | None:
    """Begin a run for a resource if its file has not been judged by its schema; the run's id, None if nothing is to do.

    Args:
        db: The session of the dataset's transaction.
        resource: CKAN's row.
        user_id: Who did it.
        uploaded: Whether a file was uploaded just now, even if it is the same one.
        trigger: What is written down as the cause.
    """
    schema = (resource.extras or {}).get("table_schema")
    file = runs.file_of(db, resource.id) if schema else None
    if resource.state != "active" or not schema or not file:
        runs.cancel(db, resource.id)
        if resource.state == "active" and not schema:
            runs.unpublish(db, resource.id)
        return None
    if _answered(runs.latest(db, resource.id), file, schema, uploaded=uploaded):
        return None
    return start(db, resource, file, schema, user_id=user_id, trigger=trigger)


def start(  # noqa: PLR0913 - what a run is of, and who began it
    db: Any, resource: Any, file: runs.Row, schema: str, *, user_id: str | None, trigger: str
) -> str:
    """Begin a run now and have a worker woken when the transaction is committed."""
    run_id = runs.begin(db, file=file, package_id=resource.package_id, table_schema=schema, trigger=trigger, user_id=user_id)
    queue.wake_after_commit(db, run_id)
    return run_id


def _answered(last: runs.Row | None, file: runs.Row, schema: str, *, uploaded: bool) -> bool:
    if last is None or last["state"] not in ANSWERED:
        return False
    if (last["file_sha256"], last["table_schema"], _ending(last["file_name"])) != (
        file["sha256"],
        schema,
        _ending(file["name"]),
    ):
        return False
    return not (uploaded and last["state"] == "failed" and last["error_code"] in PORTALS_FAULT)


def _ending(name: str) -> str:
    # The ending counts: "named .xlsx but it is a PDF" is repaired by renaming.
    return name.rpartition(".")[2].lower()
