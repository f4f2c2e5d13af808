"""Whether an address once led to data of the public that were taken away: 410 instead of 404."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

__all__ = ["haugiang_withdrawn"]

Context = dict[str, Any]
# The activity of a dataset keeps who could see it at that time, so nothing is told of what was private or a draft to its
# end. The text of the activity names the resources of that time.
SEEN_BY_ALL = sa.text(
    """SELECT EXISTS (SELECT FROM activity WHERE object_id = :package AND 'public' = ANY (permission_labels)
       AND activity_type IN ('new package', 'changed package') AND strpos(data::text, :resource) > 0)"""
)


@tk.side_effect_free
def haugiang_withdrawn(context: Context, data_dict: dict[str, Any]) -> bool:
    """Tell whether a dataset, or a resource of a dataset that is still there, was public and was deleted.

    What was private when it was deleted, or was never public, is not told from what never was. Nor is anything told
    after a purge, or without CKAN's plugin ``activity``.

    Args:
        id (string): Name or id of the dataset.
        resource_id (string, optional): A resource of it.

    Returns:
        Whether it was withdrawn.
    """
    tk.check_access("haugiang_withdrawn", context, data_dict)
    package = model.Package.get(str(tk.get_or_bust(data_dict, "id")))
    if package is None or package.private or not tk.h.plugin_loaded("activity"):
        return False
    wanted = str(data_dict.get("resource_id") or "")
    if wanted:
        resource = model.Session.get(model.Resource, wanted)
        gone = resource is not None and resource.package_id == package.id and resource.state == "deleted"
        gone = gone and package.state == "active"
    else:
        gone = package.state == "deleted"
    return bool(gone and model.Session.scalar(SEEN_BY_ALL, {"package": package.id, "resource": wanted}))
