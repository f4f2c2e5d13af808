"""Who may call the portal's actions; what each person then sees is decided in `logic.access`."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

__all__ = [
    "haugiang_clean",
    "haugiang_codelist_show",
    "haugiang_drawing_list",
    "haugiang_file_place",
    "haugiang_file_propose",
    "haugiang_file_show",
    "haugiang_report_show",
    "haugiang_resource_validate",
    "haugiang_run_list",
    "haugiang_run_show",
    "haugiang_schema_list",
    "haugiang_schema_show",
    "haugiang_schema_template",
    "haugiang_watch",
    "haugiang_withdrawn",
    "resource_validation_show",
]

Context = dict[str, Any]
Answer = dict[str, Any]


@tk.auth_allow_anonymous_access
def _anybody(context: Context, data_dict: dict[str, Any]) -> Answer:
    """Anybody may ask; the action shows what the person may see of the dataset."""
    return {"success": True}


haugiang_schema_list = haugiang_schema_show = haugiang_schema_template = haugiang_codelist_show = _anybody
haugiang_run_list = haugiang_run_show = haugiang_report_show = haugiang_file_show = haugiang_drawing_list = _anybody
resource_validation_show = haugiang_withdrawn = _anybody


def haugiang_resource_validate(context: Context, data_dict: dict[str, Any]) -> Answer:
    """Whoever may change the resource."""
    tk.check_access("resource_update", context, {"id": data_dict["id"]})
    return {"success": True}


def haugiang_file_propose(context: Context, data_dict: dict[str, Any]) -> Answer:
    """Whoever may add to some organization: others have no use for it, and looking costs time and room."""
    asked = {"user": context["user"], "auth_user_obj": context.get("auth_user_obj")}
    return {"success": bool(tk.get_action("organization_list_for_user")(asked, {"permission": "update_dataset"}))}


haugiang_file_place = haugiang_file_propose


def haugiang_watch(context: Context, data_dict: dict[str, Any]) -> Answer:
    """Sysadmins, who are let through before this is asked."""
    return {"success": False}


haugiang_clean = haugiang_watch
