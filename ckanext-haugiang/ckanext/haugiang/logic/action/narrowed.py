"""Actions of CKAN that say more to the public than the public may know, made to say what the person sees.

CKAN makes its lists of keywords and formats, the members of an organization and the DataStore's list of tables from all
datasets, private, draft and deleted ones among them, and tells for ever what once was public (I4).
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import authz, logic, model

from ckanext.haugiang.logic import access, questions

__all__ = [
    "datastore_search",
    "format_autocomplete",
    "group_activity_list",
    "group_autocomplete",
    "group_list",
    "group_show",
    "member_list",
    "organization_activity_list",
    "organization_autocomplete",
    "organization_list",
    "organization_show",
    "package_collaborator_list",
    "package_search",
    "recently_changed_packages_activity_list",
    "tag_autocomplete",
    "tag_list",
    "tag_search",
    "tag_show",
    "user_activity_list",
]

Context = dict[str, Any]
TABLES = "_table_metadata"
LONGEST = 1000


@tk.side_effect_free
@tk.chained_action
@logic.auth_audit_exempt
def datastore_search(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; the list of all tables, which tells the ids of private ones, is the administrators'."""
    if str(data_dict.get("resource_id") or data_dict.get("id") or "").strip() == TABLES and not _is_admin(context):
        raise tk.NotAuthorized(tk._("Only administrators see the list of all tables."))
    return up(context, questions.refuse_odd(data_dict, questions.TABLE))


@tk.side_effect_free
@tk.chained_action
def package_search(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; an argument of a wrong kind is an error of the one who asks."""
    return up(context, questions.refuse_odd(data_dict, questions.DATASETS))


@tk.side_effect_free
@tk.chained_action
def tag_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; only keywords of datasets that the person sees."""
    found = up(context, data_dict)
    return found if data_dict.get("vocabulary_id") else _of_visible(context, found)


@tk.side_effect_free
@tk.chained_action
def tag_search(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; only keywords of datasets that the person sees."""
    if data_dict.get("vocabulary_id"):
        return up(context, data_dict)
    limit, offset = _number(data_dict, "limit"), _number(data_dict, "offset") or 0
    found = up(context, {key: value for key, value in data_dict.items() if key not in ("limit", "offset")})
    results = _of_visible(context, found["results"])
    return {"count": len(results), "results": results[offset:][:limit]}


@tk.side_effect_free
@tk.chained_action
def tag_autocomplete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; only keywords of datasets that the person sees."""
    if data_dict.get("vocabulary_id"):
        return up(context, data_dict)
    limit = _number(data_dict, "limit")
    found = up(context, {key: value for key, value in data_dict.items() if key != "limit"})
    return _of_visible(context, found)[:limit]


@tk.side_effect_free
@tk.chained_action
def tag_show(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; a keyword that only hidden datasets have is not there."""
    found = up(context, data_dict)
    if not found.get("vocabulary_id") and not _of_visible(context, [found]):
        raise tk.ObjectNotFound(tk._("Not found"))
    return found


@tk.side_effect_free
@tk.chained_action
def format_autocomplete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; only formats of files that the person sees."""
    q, limit = str(tk.get_or_bust(data_dict, "q")), _number(data_dict, "limit")
    r = model.resource_table.c
    query = (
        sa.select(r.format, sa.func.count())
        .where(
            r.state == "active",
            r.package_id.in_(access.visible(context)),
            sa.func.lower(r.format).contains(q.lower(), autoescape=True),
        )
        .group_by(r.format)
        .order_by(sa.func.count().desc(), r.format)
        .limit(5 if limit is None else min(limit, LONGEST))
    )
    tk.check_access("format_autocomplete", context, data_dict)
    return [name.lower() for name, _ in model.Session.execute(query)]


@tk.side_effect_free
@tk.chained_action
def member_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; of the datasets of a group or an organization only those that the person sees."""
    found = up(context, data_dict)
    ids = [each[0] for each in found if each[1] == "package"]
    if not ids:
        return found
    query = access.visible(context).where(model.package_table.c.id.in_(ids))
    seen = set(model.Session.execute(query).scalars())
    return [each for each in found if each[1] != "package" or each[0] in seen]


@tk.side_effect_free
@tk.chained_action
def group_activity_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; what happened to a dataset that was withdrawn is told to its department only."""
    return _of_there(context, up(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def organization_activity_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; what happened to a dataset that was withdrawn is told to its department only."""
    return _of_there(context, up(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def recently_changed_packages_activity_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; what happened to a dataset that was withdrawn is told to its department only."""
    return _of_there(context, up(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def user_activity_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; what happened to a dataset that was withdrawn is told to its department only."""
    return _of_there(context, up(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def group_autocomplete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; without a word to look for it is refused, where CKAN breaks."""
    return up(context, {**data_dict, "q": tk.get_or_bust(data_dict, "q")})


@tk.side_effect_free
@tk.chained_action
def organization_autocomplete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; without a word to look for it is refused, where CKAN breaks."""
    return up(context, {**data_dict, "q": tk.get_or_bust(data_dict, "q")})


@tk.side_effect_free
@tk.chained_action
def group_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; who works in a department is told to people who are signed in."""
    return up(context, _without_people(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def group_show(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; who works in a department is told to people who are signed in."""
    return up(context, _without_people(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def organization_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; who works in a department is told to people who are signed in."""
    return up(context, _without_people(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def organization_show(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; who works in a department is told to people who are signed in."""
    return up(context, _without_people(context, data_dict))


@tk.side_effect_free
@tk.chained_action
def package_collaborator_list(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN; where datasets have no collaborators it is refused, where CKAN breaks."""
    if not authz.check_config_permission("allow_dataset_collaborators"):
        raise tk.NotAuthorized(tk._("Datasets have no collaborators here."))
    return up(context, data_dict)


def _without_people(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Arguments that leave people out, where the public asks and the site does not show people to it."""
    if context.get("user") or context.get("ignore_auth") or authz.check_config_permission("public_user_details"):
        return data_dict
    return {**data_dict, "include_users": False}


def _of_there(context: Context, activities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Activities without those of datasets that the person sees no more.

    CKAN asks who might see the dataset at that time, not whether it still is there.
    """
    p = model.package_table.c
    user = model.User.get(context["user"]) if context.get("user") else None
    if user is not None and user.sysadmin:
        return activities
    own = user.get_group_ids("organization") if user else []
    gone = sa.select(p.id).where(
        p.id.in_({activity["object_id"] for activity in activities}),
        p.id.not_in(access.visible(context)),
        sa.or_(p.owner_org.is_(None), p.owner_org.not_in(own)),
    )
    left = set(model.Session.execute(gone).scalars())
    return [activity for activity in activities if activity["object_id"] not in left]


def _of_visible(context: Context, tags: Any) -> list[Any]:
    """Those of some keywords, names or dicts, that a dataset has which the person sees."""
    names = {tag if isinstance(tag, str) else tag["name"] for tag in tags}
    if not names:
        return []
    joined = model.tag_table.join(model.package_tag_table, model.package_tag_table.c.tag_id == model.tag_table.c.id)
    query = (
        sa.select(sa.distinct(model.tag_table.c.name))
        .select_from(joined)
        .where(
            model.package_tag_table.c.state == "active",
            model.package_tag_table.c.package_id.in_(access.visible(context)),
            model.tag_table.c.vocabulary_id.is_(None),
        )
    )
    seen = set(model.Session.execute(query).scalars())
    return [tag for tag in tags if (tag if isinstance(tag, str) else tag["name"]) in seen]


def _is_admin(context: Context) -> bool:
    return bool(context.get("ignore_auth")) or authz.is_sysadmin(context.get("user") or "")


def _number(data_dict: dict[str, Any], name: str) -> int | None:
    """A count out of the arguments; None where there is none, as CKAN has it."""
    if data_dict.get(name) in (None, ""):
        return None
    try:
        return max(0, int(data_dict[name]))
    except (TypeError, ValueError) as error:
        raise tk.ValidationError({name: [tk._("Must be a whole number")]}) from error
