"""What CKAN's own row of a resource says, kept equal to what the portal knows.

Fields such as ``datastore_active``, ``validation_status`` or ``mimetype`` come back with every save in whatever form a
client sent them. They are written anew from the portal's own rows in the transaction of the save.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from ckanext.haugiang.adapters import runs
from ckanext.haugiang.model import run_table

STATUS = {"valid": "success", "invalid": "failure"}
DERIVED = (
    "datastore_active", "validation_status", "validation_timestamp", "validation_errors", "validation_warnings",
    "published_at", "published_rows",
)  # fmt: skip


def stamp(db: Any, resource: Any) -> None:
    """Write what is known about a resource into CKAN's row of it; nothing is written that is already so."""
    extras = {key: value for key, value in (resource.extras or {}).items() if key not in DERIVED}
    schema = extras.get("table_schema")
    file = runs.file_of(db, resource.id) if resource.url_type == "upload" else None
    if file:
        for column, value in (("mimetype", file["mimetype"]), ("size", file["size"]), ("format", file["format"])):
            _set(resource, column, value)
        _set(resource, "hash", f"sha256:{file['sha256']}")
    if schema:
        published = runs.publication_of(db, resource.id)
        extras["datastore_active"] = published is not None
        if published:
            extras["published_at"] = f"{published['published_at'].isoformat()}Z"
            extras["published_rows"] = published["rows"]
        last = runs.latest(db, resource.id, "done", "failed")
        if last:
            extras["validation_status"] = STATUS.get(last["verdict"] or "", "error")
            extras["validation_timestamp"] = last["finished"].isoformat()
            extras["validation_errors"], extras["validation_warnings"] = last["errors"], last["warnings"]
    elif (resource.extras or {}).get("datastore_active") is not None:
        extras["datastore_active"] = bool(resource.extras["datastore_active"])
    if extras != (resource.extras or {}):
        resource.extras = extras


def _set(resource: Any, column: str, value: Any) -> None:
    if getattr(resource, column) != value:
        setattr(resource, column, value)


def public_file(db: Any, resource_id: str) -> dict[str, Any] | None:
    """The file that anybody who may see the dataset may have: the published one, or the only one of a plain file."""
    from ckan import model

    resource = db.get(model.Resource, resource_id)
    if resource is None:
        return None
    published = runs.publication_of(db, resource_id)
    if published:
        names = {"sha256": "file_sha256", "name": "file_name", "size": "file_size", "mimetype": "file_mimetype"}
        return {key: published[column] for key, column in names.items()} | {"version": published["run_id"]}
    if (resource.extras or {}).get("table_schema"):
        return None
    return current_file(db, resource_id)


def current_file(db: Any, resource_id: str) -> dict[str, Any] | None:
    """The file that was uploaded last, which editors may have."""
    file = runs.file_of(db, resource_id)
    return {key: file[key] for key in ("sha256", "name", "size", "mimetype")} | {"version": None} if file else None


def version_file(db: Any, resource_id: str, run_id: str) -> dict[str, Any] | None:
    """The file of one run of the resource, which editors may have."""
    run = (
        db.execute(sa.select(run_table).where(run_table.c.id == run_id, run_table.c.resource_id == resource_id))
        .mappings()
        .first()
    )
    if run is None:
        return None
    return {
        "sha256": run["file_sha256"],
        "name": run["file_name"],
        "size": run["file_size"],
        "mimetype": "application/octet-stream",
        "version": run_id,
    }


def user_id() -> str | None:
    """Who is at work in this request, if anybody is known."""
    try:
        user = tk.current_user
        return None if user.is_anonymous else str(user.id)
    except (RuntimeError, AttributeError):
        return None
