"""Actions about the checks of files."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.haugiang.adapters import arrivals, resources, runs
from ckanext.haugiang.logic import access, describe
from ckanext.haugiang.model import run_table

__all__ = ["haugiang_resource_validate", "haugiang_run_list", "haugiang_run_show"]

Context = dict[str, Any]
PAGE = 100


@tk.side_effect_free
def haugiang_run_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """List checks of files, the newest first.

    Editors of a dataset get all of its runs whole. Everybody else gets those that were published, and of the newest run of
    each resource its state and counts (``file`` and ``error`` are null).

    Args:
        resource_id (string, optional): Only runs of this resource.
        package_id (string, optional): Only runs of this dataset (id or name).
        limit (integer, optional): At most so many, 20 without it, 100 at most.
        offset (integer, optional): Leave out so many first.

    Returns:
        A list of runs as `haugiang_run_show` gives them.

    Errors:
        Not found: no such resource or dataset. Not authorized: it is private and not yours.
    """
    tk.check_access("haugiang_run_list", context, data_dict)
    limit, offset = _number(data_dict, "limit", 20, PAGE), _number(data_dict, "offset", 0, 10**9)
    r = run_table.c
    newest = sa.select(sa.func.max(r.number)).group_by(r.resource_id)
    query = sa.select(run_table).order_by(r.number.desc())
    if data_dict.get("resource_id"):
        resource = access.resource_of(context, str(data_dict["resource_id"]))
        query, whole = query.where(r.resource_id == resource.id), access.sees_all(context, resource.package)
        newest = newest.where(r.resource_id == resource.id)
    elif data_dict.get("package_id"):
        package = _package(context, str(data_dict["package_id"]))
        query, whole = query.where(r.package_id == package.id), access.sees_all(context, package)
        newest = newest.where(r.package_id == package.id)
    else:
        query, whole = query.where(r.package_id.in_(access.visible(context))), False
    if not whole:
        there = sa.select(model.resource_table.c.id).where(model.resource_table.c.state == "active")
        query = query.where(sa.or_(r.published, r.number.in_(newest)), r.resource_id.in_(there))
    rows = model.Session.execute(query.limit(limit).offset(offset)).mappings().all()
    return [_shown(context, row, whole=whole) for row in rows]


@tk.side_effect_free
def haugiang_run_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Show one check of a file.

    Args:
        id (string): The run.

    Returns:
        ``{id, resource_id, package_id, state, stage, verdict, published, published_at, created, started, finished,
        heartbeat, table_schema, trigger, attempts, file, counts, error, stages}``. ``state`` is queued, running, done,
        failed, cancelled or superseded; ``verdict`` is valid, invalid or null; ``file`` is ``{name, sha256, size,
        format}``; ``counts`` are ``{rows, errors, warnings, changes}``; ``error`` is null or ``{code, params, message}``
        with the message in the reader's language; ``stages`` is a list of ``{name, state: done|now|waiting|failed,
        seconds}``. Times are UTC. Who is no editor gets ``file`` and ``error`` of published runs only.

    Errors:
        Not found: no such run, or its resource is deleted. Not authorized: the dataset is private and not yours.
    """
    tk.check_access("haugiang_run_show", context, data_dict)
    row = runs.get(model.Session, str(tk.get_or_bust(data_dict, "id")))
    if row is None:
        raise tk.ObjectNotFound(tk._("Run was not found."))
    try:
        resource = access.resource_of(context, row["resource_id"])
    except tk.NotAuthorized as error:
        raise tk.NotAuthorized(tk._("Not authorized to see this run.")) from error  # CKAN's words name the resource
    return _shown(context, row, whole=access.sees_all(context, resource.package))


def haugiang_resource_validate(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Check the file of a resource once more, whether it changed or not.

    Args:
        resource_id (string): The resource. It must have an uploaded file and a table schema.

    Returns:
        The new run, as `haugiang_run_show` gives it.

    Errors:
        Not found: no such resource. Not authorized: you may not change it. Validation error: it has no uploaded file or no
        table schema.
    """
    resource_id = str(tk.get_or_bust(data_dict, "resource_id"))
    tk.check_access("haugiang_resource_validate", context, {"id": resource_id})
    session = model.Session
    resource = access.resource_of(context, resource_id)
    model.Package.get(resource.package_id, for_update=True)
    schema, file = (resource.extras or {}).get("table_schema"), runs.file_of(session, resource_id)
    if not schema:
        raise tk.ValidationError({"table_schema": [tk._("The resource names no table schema. Choose one first.")]})
    if not file:
        raise tk.ValidationError({"upload": [tk._("The resource has no uploaded file. Upload one first.")]})
    user = model.User.get(context["user"]) if context.get("user") else None
    user_id = str(user.id) if user else resources.user_id()
    run_id = arrivals.start(session, resource, file, schema, user_id=user_id, trigger="manual")
    session.commit()
    return haugiang_run_show(context, {"id": run_id})


def _shown(context: Context, row: runs.Row, *, whole: bool) -> dict[str, Any]:
    shown = describe.run(row)
    if whole or _is_public(row) or access.is_editor(context, row["package_id"]):
        return shown
    return access.reduced(shown)


def _is_public(row: runs.Row) -> bool:
    published = runs.publication_of(model.Session, row["resource_id"])
    return bool(row["published"] and published and published["run_id"] == row["id"])


def _package(context: Context, name: str) -> Any:
    package = model.Package.get(name)
    if package is None:
        raise tk.ObjectNotFound(tk._("Dataset was not found."))
    tk.check_access("package_show", {**context, "model": model, "session": model.Session}, {"id": package.id})
    return package


def _number(data_dict: dict[str, Any], name: str, default: int, largest: int) -> int:
    try:
        value = int(data_dict.get(name, default))
    except (TypeError, ValueError) as error:
        raise tk.ValidationError({name: [tk._("Must be a whole number")]}) from error
    return max(0, min(value, largest))
