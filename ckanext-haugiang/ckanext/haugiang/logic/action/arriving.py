"""Actions for a file that arrives before anybody has said what it is: look at its heads, then give it its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import ckan.plugins.toolkit as tk
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from ckanext.haugiang import config
from ckanext.haugiang.adapters import filetypes
from ckanext.haugiang.adapters.files import LOOK_FOLDER, store
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.adapters.uploader import refused
from ckanext.haugiang.core.errors import HauGiangError

__all__ = ["haugiang_file_place", "haugiang_file_propose"]

Context = dict[str, Any]
WAITS_SECONDS = 3600
LOOK = {"memory_mb": 1024, "cpu_seconds": 20, "wall_seconds": 25}
LEAST, MOST = 0.6, 5  # a schema that shares a column or two with a file is no proposal


def haugiang_file_propose(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Take a file and tell by the heads of its columns which table schemas it may be for.

    Args:
        upload (file): The file.

    Returns:
        ``{file, name, fits}``: ``file`` stands for the file for one hour in `haugiang_file_place`, for this account alone;
        ``fits`` has the schemas that fit, the best one first: ``{ref, matched, columns, missing, score}``.

    Errors:
        Validation error: no file, one that is too large, or one that cannot be read. Not authorized: you may add to no
        organization.
    """
    tk.check_access("haugiang_file_propose", context, data_dict)
    upload = data_dict.get("upload")
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({"upload": [tk._("No file was chosen. Choose an Excel or CSV file.")]})
    name = filetypes.clean_name(upload.filename)
    try:
        stored = store().put(upload.stream, config.max_upload_bytes())
        fits = _fits(stored.sha256, name)
    except HauGiangError as error:
        raise refused(error) from error
    promise = {"sha256": stored.sha256, "name": name, "user": context["user"]}
    return {"file": _signer().dumps(promise), "name": name, "fits": [fit for fit in fits if fit["score"] >= LEAST][:MOST]}


def haugiang_file_place(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Upload a file that `haugiang_file_propose` has taken: into a table that is there, or as a new one.

    Args:
        file (string): What `haugiang_file_propose` gave.
        resource_id (string, optional): The table whose next version it is; or
        package_id (string, optional): the dataset that gets a new table, with
        name (string): its title and
        table_schema (string): its schema, ``name@version``.

    Returns:
        The resource, as `resource_patch` or `resource_create` answer. A draft dataset becomes active.

    Errors:
        Validation error: the file is gone (choose it again), or what the form of the resource refuses. Not found, Not
        authorized: as for `resource_patch` and `resource_create`.
    """
    tk.check_access("haugiang_file_place", context, data_dict)
    promise = _promise(str(data_dict.get("file") or ""), context["user"])
    path = store().path(promise["sha256"])
    if not path.exists():
        raise _gone()
    asked = {"model": context["model"], "session": context["session"], "user": context["user"]}
    asked["auth_user_obj"] = context.get("auth_user_obj")
    with path.open("rb") as stream:
        told = {"upload": FileStorage(stream, promise["name"]), "url": promise["name"], "url_type": "upload", "format": ""}
        if data_dict.get("resource_id"):
            return dict(tk.get_action("resource_patch")(asked, {"id": data_dict["resource_id"], **told}))
        package_id = str(tk.get_or_bust(data_dict, "package_id"))
        told |= {"name": data_dict.get("name") or promise["name"], "table_schema": data_dict.get("table_schema") or ""}
        made = dict(tk.get_action("resource_create")(dict(asked), {"package_id": package_id, **told}))
    if tk.get_action("package_show")(dict(asked), {"id": package_id})["state"] == "draft":
        tk.get_action("package_patch")(dict(asked), {"id": package_id, "state": "active"})
    return made


def _fits(sha256: str, name: str) -> list[dict[str, Any]]:
    # Imported here: what reads files is for workers; a web process starts it and waits.
    from ckanext.haugiang.adapters import child

    known = [catalogue().get(ref) for ref in catalogue().names()]
    with store().folder(LOOK_FOLDER + uuid4().hex) as folder:
        return child.fit_schemas(store().path(sha256), name, known, folder, limits=replace(child.Limits(), **LOOK))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(tk.config["SECRET_KEY"]), salt="haugiang-file")


def _promise(text: str, user: str) -> dict[str, str]:
    try:
        found: dict[str, str] = _signer().loads(text, max_age=WAITS_SECONDS)
    except BadData as error:
        raise _gone() from error
    if found["user"] != user:
        raise _gone()
    return found


def _gone() -> tk.ValidationError:
    return tk.ValidationError({"file": [tk._("The file did not wait this long. Choose it again.")]})
