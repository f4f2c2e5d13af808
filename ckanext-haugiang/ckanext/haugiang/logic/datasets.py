"""What happens when a dataset is saved or deleted, in its own transaction."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.haugiang.adapters import arrivals, resources, runs
from ckanext.haugiang.core.errors import N_, REASONS, HauGiangError, fill

ONLY_UPLOADS = N_("Only an uploaded file can be checked by a table schema. Upload the file, or choose no schema.")
NO_SUCH_LINK = N_("A link must begin with http:// or https://.")
CHOOSE_SECTOR = N_("Choose the sector of the dataset first: {types}.")
PLAIN_TYPE = "dataset"
ALLOWED_LINKS = ("http://", "https://", "ftp://")


def saved(context: dict[str, Any], package_id: str) -> None:
    """A dataset was created or changed; begins runs for files that have not been judged, ends what has gone.

    Args:
        context: CKAN's, of the save.
        package_id: The dataset; its rows are flushed and not yet committed.
    """
    session = model.Session
    package = session.get(model.Package, package_id)
    if package is None:
        return
    for number, uploader in context.pop("haugiang_uploads", []):
        uploader.upload(package.resources[number].id, tk.config["ckan.max_resource_size"])
    if package.state == "deleted":
        runs.cancel(session, *(resource.id for resource in package.resources_all))
        return
    user = _user(context)
    for resource in package.resources_all:
        arrivals.look(session, resource, user_id=user)
        if resource.state == "active":
            resources.stamp(session, resource)


def deleted(package_id: str) -> None:
    """A dataset is being deleted: nothing of it is worked on any more."""
    package = model.Package.get(package_id)
    if package is not None:
        runs.cancel(model.Session, *(resource.id for resource in package.resources_all))


def refuse_what_cannot_be(data: dict[str, Any], *, new: bool) -> None:
    """Refuse, before anything is stored, what the portal does not take.

    Raises:
        ValidationError: for the plain type of dataset, links that run script, and schemas nobody can apply.
    """
    if new and data.get("type") in (None, "", PLAIN_TYPE):
        raise tk.ValidationError({"type": [tk._(CHOOSE_SECTOR).format(types=", ".join(sectors()))]})
    found = [_refusals(resource) for resource in data.get("resources") or [] if isinstance(resource, dict)]
    if any(found):
        raise tk.ValidationError({"resources": found})


def sectors() -> list[str]:
    """The types of dataset that there are."""
    from ckan.plugins import IDatasetForm, PluginImplementations

    types = {name for plugin in PluginImplementations(IDatasetForm) for name in plugin.package_types()}
    return sorted(types - {PLAIN_TYPE})


def _refusals(resource: dict[str, Any]) -> dict[str, list[str]]:
    from ckanext.haugiang.adapters.package_data import catalogue

    errors: dict[str, list[str]] = {}
    url = str(resource.get("url") or "").strip()
    upload = bool(resource.get("upload")) or resource.get("url_type") == "upload"
    wrong_kind = ":" in url.split("/")[0] and not url.lower().startswith(ALLOWED_LINKS)
    if not upload and (wrong_kind or not url.isprintable()):
        errors["url"] = [tk._(NO_SUCH_LINK)]
    if schema := resource.get("table_schema"):
        try:
            resource["table_schema"] = catalogue().get(str(schema)).ref
        except HauGiangError as error:
            errors["table_schema"] = [fill(tk._(REASONS[error.code]), error.params)]
        if not upload and url:
            errors["table_schema"] = [tk._(ONLY_UPLOADS)]
    return errors


def _user(context: dict[str, Any]) -> str | None:
    user = context.get("auth_user_obj")
    if user is not None and not getattr(user, "is_anonymous", False):
        return str(user.id)
    found = model.User.get(context["user"]) if context.get("user") else None
    return str(found.id) if found else None
