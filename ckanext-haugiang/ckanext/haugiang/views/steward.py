"""What a steward does: upload a file, watch the check, run it again, see what is open."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, request
from werkzeug.datastructures import FileStorage

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.publish.state import STATES
from ckanext.haugiang.helpers import haugiang_state, haugiang_title
from ckanext.haugiang.views.common import ask, find_resource, maybe, shown

blueprint = Blueprint("haugiang_steward", __name__)
FINAL = ("done", "failed", "cancelled", "superseded")
# The eight stages in the five steps that people see.
STEPS = (
    ("fetch", N_("Receive the file"), ("fetch",)), ("detect", N_("Recognise"), ("detect",)),
    ("tidy", N_("Clean up"), ("tidy",)),
    ("check", N_("Check"), ("validate", "profile", "report")), ("publish", N_("Publish"), ("load", "publish")),
)  # fmt: skip


def sign_in() -> Any:
    """Sign in first, then come back here."""
    return tk.redirect_to("user.login", came_from=request.full_path.rstrip("?"))


def _editable(id: str, resource_id: str) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: A002
    package = shown("package_show", id=id)
    resource = find_resource(package, resource_id)
    try:
        tk.check_access(
            "resource_update", {"user": tk.current_user.name, "auth_user_obj": tk.current_user}, {"id": resource_id}
        )
    except tk.NotAuthorized:
        tk.abort(403, tk._("This page is for the stewards of {organization}.").format(organization=_owner(package)))
    return package, resource


def _owner(package: dict[str, Any]) -> str:
    return haugiang_title(package.get("organization") or {})


@blueprint.route("/my", strict_slashes=False)
def my() -> Any:
    """What must I do today?"""
    if tk.current_user.is_anonymous:
        return sign_in()
    rows = sorted(tables(), key=lambda row: STATES.index(row["state"]["key"]))
    counts: dict[str, dict[str, Any]] = {}
    for row in rows:
        counts.setdefault(row["state"]["key"], {**row["state"], "count": 0})["count"] += 1
    only = request.args.get("state", "")
    organizations = ask("organization_list_for_user", permission="create_dataset")
    return tk.render(
        "portal/my.html",
        {
            "section": "my", "rows": [row for row in rows if not only or row["state"]["key"] == only], "only": only,
            "counts": list(counts.values()), "total": len(rows), "organizations": organizations, "runs": _recent(rows),
        },
    )  # fmt: skip


def tables() -> list[dict[str, Any]]:
    """Every table of the departments the visitor may edit."""
    organizations = ask("organization_list_for_user", permission="update_dataset")
    names = " OR ".join(f'"{organization["name"]}"' for organization in organizations)
    if not names:
        return []
    found = ask(
        "package_search", q="*:*", fq=f"organization:({names})", rows=1000, include_private=True, include_drafts=True,
        sort="metadata_modified desc",
    )  # fmt: skip
    return [
        {"package": package, "resource": resource, "state": haugiang_state(resource), "title": haugiang_title(resource)}
        for package in found["results"] for resource in package.get("resources", []) if resource.get("table_schema")
    ]  # fmt: skip


def _recent(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    mine = {row["resource"]["id"]: row for row in rows}
    runs = maybe("haugiang_run_list", limit=50) or []
    return [{**run, "row": mine[run["resource_id"]]} for run in runs if run["resource_id"] in mine][:8]


@blueprint.route("/dataset/<id>/resource/<resource_id>/upload", methods=["GET", "POST"])
def upload_to(id: str, resource_id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """Did it arrive, how was it read?"""
    package, resource = _editable(id, resource_id)
    problem = None
    if request.method == "POST":
        answer = store(package, resource)
        if not isinstance(answer, str):
            return answer
        problem = answer
    run = None if request.args.get("new") is not None else _run(resource_id)
    return tk.render("portal/upload.html", {**_progress(package, resource, run), "problem": problem})


@blueprint.route("/dataset/<id>/resource/<resource_id>/upload/status")
def status(id: str, resource_id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """How far the check is: a fragment for the page's script, a page that refreshes itself for everyone else."""
    package, resource = _editable(id, resource_id)
    extra = _progress(package, resource, _run(resource_id))
    return tk.render("portal/progress.html" if request.headers.get("HX-Request") else "portal/upload.html", extra)


@blueprint.route("/dataset/<id>/resource/<resource_id>/upload/again", methods=["POST"])
def again(id: str, resource_id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """Check the same file once more."""
    package, resource = _editable(id, resource_id)
    run = ask("haugiang_resource_validate", resource_id=resource["id"])
    return tk.redirect_to("haugiang_steward.upload_to", id=package["name"], resource_id=resource["id"], run=run["id"])


def store(package: dict[str, Any], resource: dict[str, Any]) -> Any:
    """Store the file that came with the request; the way to its progress, or one sentence on what is wrong."""
    file = request.files.get("upload")
    if not isinstance(file, FileStorage) or not file.filename:
        return tk._("No file was chosen. Choose an Excel or CSV file.")
    try:
        ask("resource_patch", id=resource["id"], upload=file, url=file.filename, url_type="upload", format="")
    except tk.ValidationError as problem:
        return " ".join(str(part) for part in (problem.error_summary or {}).values())
    return tk.redirect_to("haugiang_steward.upload_to", id=package["name"], resource_id=resource["id"])


def _run(resource_id: str) -> dict[str, Any] | None:
    wanted = request.args.get("run")
    if wanted:
        run = maybe("haugiang_run_show", id=wanted)
        return run if run and run["resource_id"] == resource_id else None
    runs = maybe("haugiang_run_list", resource_id=resource_id, limit=1) or []
    return runs[0] if runs else None


def _progress(package: dict[str, Any], resource: dict[str, Any], run: dict[str, Any] | None) -> dict[str, Any]:
    final = bool(run and run["state"] in FINAL)
    age = int(request.args.get("n", "0")) if request.args.get("n", "0").isdigit() else 0
    return {
        "section": "my", "package": package, "resource": resource, "run": run, "title": haugiang_title(resource),
        "steps": steps(run) if run else [], "final": final, "state": haugiang_state(resource), "problem": None,
        # each second at first, then every two and every five: a long check does not need a fast clock
        "poll": None if final or not run else {"after": 1 if age < 10 else 2 if age < 40 else 5, "n": age + 1},
    }  # fmt: skip


def steps(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The five steps with their state and the seconds they took."""
    by_name = {stage["name"]: stage for stage in run.get("stages") or []}
    found = []
    for key, words, names in STEPS:
        parts = [by_name[name] for name in names if name in by_name]
        states = [part.get("state") for part in parts]
        if "failed" in states:
            state = "fail"
        elif "now" in states and run["state"] not in FINAL:
            state = "now"
        elif parts and all(state == "done" for state in states):
            state = "done"
        else:
            state = "later"
        seconds = [part["seconds"] for part in parts if part.get("seconds") is not None]
        found.append({"key": key, "title": tk._(words), "state": state, "seconds": sum(seconds) if seconds else None})
    return found
