"""Who may see what of a dataset that has an unpublished side (I4).

An editor is whoever may change the dataset. Everybody else who may read it sees what is published, and of what is not only
state and counts.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import authz, model

Context = dict[str, Any]
# Keys of a run that tell how far a check is, and nothing of what is in the file.
PUBLIC = ("id", "resource_id", "package_id", "state", "stage", "verdict", "published", "published_at", "created", "started",
          "finished", "table_schema", "counts", "stages")  # fmt: skip


def is_editor(context: Context, package_id: str) -> bool:
    """Whether the person in ``context`` may change the dataset.

    ``ignore_auth`` alone makes nobody an editor: actions that CKAN calls on behalf of the public set it too.
    """
    user = context.get("user")
    if not user:
        return False
    probe = {"model": model, "session": model.Session, "user": user, "auth_user_obj": context.get("auth_user_obj")}
    try:
        return bool(authz.is_authorized("package_update", probe, {"id": package_id})["success"])
    except tk.ObjectNotFound:
        return False


def is_demonstration(package: Any) -> bool:
    """Whether a dataset is marked as a demonstration, whose faulty files anybody may look at."""
    return str((package.extras or {}).get("demonstration", "")).lower() in ("true", "yes", "1")


def sees_all(context: Context, package: Any) -> bool:
    """Whether the person sees the unpublished side of a dataset."""
    return is_editor(context, package.id) or is_demonstration(package)


def visible(context: Context) -> Any:
    """A query for the ids of datasets that somebody sees unasked: the public ones, and those of his own organizations."""
    p = model.package_table.c
    query = sa.select(p.id).where(p.state == "active")
    user = model.User.get(context["user"]) if context.get("user") else None
    if user is None:
        return query.where(p.private.is_(False))
    if user.sysadmin:
        return query
    return query.where(sa.or_(p.private.is_(False), p.owner_org.in_(user.get_group_ids("organization"))))


def resource_of(context: Context, resource_id: str) -> Any:
    """CKAN's row of a resource that the person may see.

    Raises:
        ObjectNotFound: if there is none, or it or its dataset is deleted.
        NotAuthorized: if the person may not see it.
    """
    resource = model.Session.get(model.Resource, resource_id)
    if resource is None or resource.state != "active" or resource.package is None:
        raise tk.ObjectNotFound(tk._("Resource was not found."))
    probe = {**context, "model": model, "session": model.Session, "resource": resource}
    tk.check_access("resource_show", probe, {"id": resource_id})
    if resource.package.state == "deleted" and not is_editor(context, resource.package_id):
        raise tk.ObjectNotFound(tk._("Resource was not found."))
    return resource


def reduced(run: dict[str, Any]) -> dict[str, Any]:
    """A run as somebody sees it who may not see what is in its file."""
    return {key: run[key] for key in PUBLIC} | {"file": None, "error": None}
