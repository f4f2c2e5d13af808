"""CKAN's own actions with what the portal adds before and after them."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.haugiang.adapters.uploader import ResourceUploader
from ckanext.haugiang.logic import access, datasets, internal

__all__ = [
    "datastore_create",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_upsert",
    "package_create",
    "package_show",
    "package_update",
    "resource_search",
]

Context = dict[str, Any]
# What `internal.strip_resource` changes of a file that is not published.
HIDDEN = ("url", "hash", "size", "format", "mimetype", "last_modified")


@tk.side_effect_free
@tk.chained_action
def package_show(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; internal fields, and what is not published of a file, are only shown to editors."""
    name = data_dict.get("id") or data_dict.get("name_or_id") or ""
    # A dataset that is locked is about to be written back: what were missing here would be lost.
    whole = bool(context.get("for_update")) or (bool(name) and access.is_editor(context, name))
    if whole:
        context["use_cache"] = False  # the index, which serves as cache, holds what the public sees
    package = up(context, data_dict)
    if not whole:
        internal.strip(package)
    return package


@tk.chained_action
def package_create(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; a sector must be chosen, and resources may bring their files (``upload``) with them."""
    tk.check_access("package_create", {**context, "model": model, "session": model.Session}, dict(data_dict))
    datasets.refuse_what_cannot_be(data_dict, new=True)
    uploads = []
    for number, resource in enumerate(data_dict.get("resources") or []):
        if isinstance(resource, dict) and resource.get("upload"):
            uploads.append((number, ResourceUploader(resource)))
    context["haugiang_uploads"] = uploads
    return up(context, data_dict)


@tk.chained_action
def package_update(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; links that are no links and schemas that nobody can apply are refused."""
    package = model.Package.get(data_dict.get("id") or data_dict.get("name") or "")
    if package is not None:
        probe = {**context, "model": model, "session": model.Session, "package": package}
        tk.check_access("package_update", probe, {**data_dict, "id": package.id})
        datasets.refuse_what_cannot_be(data_dict, new=False)
    return up(context, data_dict)


@tk.side_effect_free
@tk.chained_action
def resource_search(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; what is internal or not published of a file is neither shown here nor found."""
    asked = data_dict.get("query") or []
    terms = [str(term).partition(":") for term in ([asked] if isinstance(asked, str) else asked)]
    hidden = [(name, term.lower()) for name, _, term in terms if name in HIDDEN]
    if not hidden:
        found = up(context, data_dict)
        found["results"] = [_stripped(resource) for resource in found["results"]]
        return found
    rest = {key: value for key, value in data_dict.items() if key not in ("limit", "offset")}
    shown = [_stripped(resource) for resource in up(context, rest)["results"]]
    # Whoever asks for what only the hidden value holds would learn that it holds it.
    shown = [each for each in shown if all(term in str(each.get(name) or "").lower() for name, term in hidden)]
    first, most = int(data_dict.get("offset") or 0), data_dict.get("limit")
    return {"count": len(shown), "results": shown[first:][: None if most is None else int(most)]}


def _stripped(resource: dict[str, Any]) -> dict[str, Any]:
    package = model.Package.get(resource.get("package_id") or "")
    internal.strip_resource(resource, internal.names(package.type if package else None)[1])
    return resource


@tk.chained_action
def datastore_create(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN, except for a table that is made from a checked file."""
    return _unless_checked(up, context, data_dict)


@tk.chained_action
def datastore_upsert(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN, except for a table that is made from a checked file."""
    return _unless_checked(up, context, data_dict)


@tk.chained_action
def datastore_delete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN, except for a table that is made from a checked file."""
    return _unless_checked(up, context, data_dict)


@tk.chained_action
def datastore_records_delete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN, except for a table that is made from a checked file."""
    return _unless_checked(up, context, data_dict)


def _unless_checked(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """Hand on to CKAN, unless the table would then differ from the file and the report that are published with it."""
    resource = model.Session.get(model.Resource, str(data_dict.get("resource_id") or ""))
    if resource is not None and (resource.extras or {}).get("table_schema"):
        tk.check_access("datastore_create", {**context, "model": model}, {"resource_id": resource.id})
        raise tk.ValidationError(
            {"resource_id": [tk._("This table is made from a checked file. Upload a new file to change it.")]}
        )
    return up(context, data_dict)
