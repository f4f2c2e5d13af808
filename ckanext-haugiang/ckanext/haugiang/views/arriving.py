"""Upload in one step: the file first; the portal tells by its heads what it is, and the steward says where it goes."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, request, session

from ckanext.haugiang.helpers import haugiang_title, haugiang_words
from ckanext.haugiang.views.common import ask
from ckanext.haugiang.views.steward import sign_in, store, tables

blueprint = Blueprint("haugiang_arriving", __name__)
WAITING = "haugiang_file"  # key of the session: the file that waits while its dataset is being described
MOST = 1000


@blueprint.route("/upload", methods=["GET", "POST"], strict_slashes=False)
def upload() -> Any:
    """Which file?"""
    if tk.current_user.is_anonymous:
        return sign_in()
    rows = tables()
    chosen = request.form.get("resource") or request.args.get("resource") or ""
    problem = None
    if request.method == "POST":
        row = next((row for row in rows if row["resource"]["id"] == chosen), None)
        answer = store(row["package"], row["resource"]) if row else _propose()
        if not isinstance(answer, str):
            return answer
        problem = answer
    extra = {"section": "my", "rows": rows, "chosen": chosen, "problem": problem, "may": bool(_organizations())}
    return tk.render("portal/upload_any.html", extra)


@blueprint.route("/upload/place", methods=["GET", "POST"])
def place() -> Any:
    """Where does it go?"""
    if tk.current_user.is_anonymous:
        return sign_in()
    waiting = session.get(WAITING)
    if not waiting:
        return tk.redirect_to("haugiang_arriving.upload")
    problem = None
    if request.method == "POST":
        answer = _place(waiting)
        if not isinstance(answer, str):
            session.pop(WAITING, None)
            return answer
        problem = answer
    return tk.render("portal/upload_place.html", {**_choices(waiting), "problem": problem})


def _propose() -> Any:
    """Hand in the file that came with the request; the way on, or one sentence on what is wrong."""
    try:
        session[WAITING] = ask("haugiang_file_propose", upload=request.files.get("upload"))
    except tk.ValidationError as problem:
        return said(problem)
    except tk.NotAuthorized:
        return tk.abort(403, tk._("You look after no table yet"))
    return tk.redirect_to("haugiang_arriving.place")


def _place(waiting: dict[str, Any]) -> Any:
    kind, _, chosen = request.form.get("target", "").partition(":")
    if kind not in ("resource", "package") or not chosen:
        return tk._("Choose the table that the file belongs to.")
    told = {"file": waiting["file"], f"{kind}_id": chosen}
    if kind == "package":
        told |= {"name": request.form.get("name", "").strip(), "table_schema": request.form.get("table_schema", "")}
    try:
        made = ask("haugiang_file_place", **told)
    except tk.ValidationError as problem:
        return said(problem)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return tk.abort(403)
    if not made.get("table_schema"):
        return tk.redirect_to("dataset_resource.read", id=made["package_id"], resource_id=made["id"])
    return tk.redirect_to("haugiang_steward.upload_to", id=made["package_id"], resource_id=made["id"])


def said(problem: tk.ValidationError) -> str:
    """What a form would say beside its fields, in one sentence after the other."""
    return " ".join(str(part) for part in (problem.error_summary or {}).values())


def _organizations() -> list[dict[str, Any]]:
    return list(ask("organization_list_for_user", permission="update_dataset"))


def _choices(waiting: dict[str, Any]) -> dict[str, Any]:
    """What the form offers: tables whose structure fits first, then other tables, then a new one in each dataset."""
    known = {schema["name"]: schema for schema in ask("haugiang_schema_list")}
    order = [fit["ref"].partition("@")[0] for fit in waiting["fits"]]
    rows = [{**row, "schema": row["resource"]["table_schema"].partition("@")[0]} for row in tables()]
    fitting = sorted((row for row in rows if row["schema"] in order), key=lambda row: order.index(row["schema"]))
    best = known.get(order[0]) if order else None
    first = [row for row in fitting if best and row["schema"] == best["name"]]
    sector = best["sector"] if best else None
    datasets = [package for package in _datasets() if sector is None or package["type"] == sector]
    return {
        "section": "my", "file": waiting["name"], "best": best,
        "fit": waiting["fits"][0] if best else None, "fitting": fitting,
        "best_title": haugiang_words({"title": best["title"], "x-title-en": best["title_en"]}) if best else "",
        "others": [row for row in rows if row not in fitting], "datasets": datasets, "sector": sector,
        "schemas": _schemas(known, order), "name": request.form.get("name") or PurePath(waiting["name"]).stem,
        "target": request.form.get("target") or (f"resource:{first[0]['resource']['id']}" if len(first) == 1 else ""),
        "table_schema": request.form.get("table_schema") or (waiting["fits"][0]["ref"] if best else ""),
    }  # fmt: skip


def _schemas(known: dict[str, Any], order: list[str]) -> list[dict[str, str]]:
    """All structures, those that fit first."""
    names = [*(name for name in order if name in known), *(name for name in known if name not in order)]
    return [
        {"ref": f"{name}@{known[name]['version']}",
         "title": haugiang_words({"title": known[name]["title"], "x-title-en": known[name]["title_en"]})}
        for name in names
    ]  # fmt: skip


def _datasets() -> list[dict[str, Any]]:
    names = " OR ".join(f'"{organization["name"]}"' for organization in _organizations())
    if not names:
        return []
    found = ask(
        "package_search", q="*:*", fq=f"organization:({names})", rows=MOST, include_private=True, include_drafts=True,
        sort="metadata_modified desc",
    )  # fmt: skip
    return [
        {key: package[key] for key in ("id", "type")}
        | {"title": haugiang_title(package), "draft": package["state"] == "draft"}
        for package in found["results"]
    ]
