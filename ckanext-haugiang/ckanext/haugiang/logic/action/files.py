"""Which file somebody gets who downloads."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.haugiang.adapters import resources, runs
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.logic import access

__all__ = ["haugiang_file_show"]

Context = dict[str, Any]


@tk.side_effect_free
def haugiang_file_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Say which file a resource gives.

    Args:
        resource_id (string): The resource.
        version (string, optional): ``published`` (the default), ``candidate`` (what was uploaded last; editors only),
            ``table`` (the canonical CSV of the published version), or the id of a run (editors only, unless published).

    Returns:
        ``{name, sha256, size, mimetype, version}``; ``version`` is the id of the run that published it, or null for a file
        that is not checked.

    Errors:
        Not found: no such resource, or no such file of it. Not authorized: the dataset is private and not yours, or the
        version is not published and you are no editor.
    """
    tk.check_access("haugiang_file_show", context, data_dict)
    resource = access.resource_of(context, str(tk.get_or_bust(data_dict, "resource_id")))
    found = _find(context, resource, str(data_dict.get("version") or "published"))
    path = store().path(found["sha256"]) if found else None
    if found is None or path is None or not path.is_file():
        raise tk.ObjectNotFound(tk._("There is no such file, or none is published yet."))
    # Only for the views of this portal: a client of the API cannot put anything into the context.
    return {**found, "path": str(path)} if context.get("haugiang_local") else found


def _find(context: Context, resource: Any, version: str) -> dict[str, Any] | None:
    session = model.Session
    published = runs.publication_of(session, resource.id)
    if version == "table":
        return _table(resource, published) if published else None
    if version == "published" or (published and version == published["run_id"]):
        found = resources.public_file(session, resource.id)
        if found is None and access.is_demonstration(resource.package):
            found = resources.current_file(session, resource.id)
        return found
    if not access.sees_all(context, resource.package):
        raise tk.NotAuthorized(tk._("This version is not published. Only its editors can download it."))
    if version == "candidate":
        return resources.current_file(session, resource.id)
    return resources.version_file(session, resource.id, version)


def _table(resource: Any, published: runs.Row) -> dict[str, Any]:
    return {
        "name": f"{resource.package.name}-{resource.id[:8]}.csv",
        "sha256": published["table_sha256"],
        "size": published["table_size"],
        "mimetype": "text/csv",
        "version": published["run_id"],
    }
