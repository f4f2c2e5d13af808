"""The page of a dataset, and the first step of a new one."""

from __future__ import annotations

import logging
from pathlib import PurePath
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.views.dataset import CreateView
from flask import Blueprint, request

from ckanext.haugiang.helpers import (
    haugiang_dataset_state,
    haugiang_plain,
    haugiang_sector,
    haugiang_sectors,
    haugiang_state,
    haugiang_title,
    haugiang_years,
)
from ckanext.haugiang.views import table
from ckanext.haugiang.views.common import ask, may, maybe, shown
from ckanext.haugiang.views.json_ld import settled

blueprint = Blueprint("haugiang_dataset", __name__)
log = logging.getLogger(__name__)
# Said elsewhere on the page, or of use to machines only.
NOT_LISTED = {"title", "title_en", "notes", "notes_en", "name", "license_id", "tag_string", "contact", "owner_org"} | {
    "theme", "demonstration",
}  # fmt: skip


@blueprint.route("/dataset/<id>")
def read(id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """What is it, from whom, may I use it?"""
    package = shown("package_show", id=id)
    if package["name"] != id:
        return tk.redirect_to("dataset.read", id=package["name"])
    tables = [row(package, resource) for resource in package.get("resources", [])]
    main = next((entry for entry in tables if entry["resource"].get("table_schema")), None)
    return tk.render(
        "portal/dataset.html",
        {
            "section": "data", "package": package, "pkg_dict": package, "tables": tables, "main": main,
            "state": haugiang_dataset_state(package), "facts": facts(package),
            "sector": haugiang_sector(package.get("type")), "editable": may("package_update", id=package["id"]),
            "years": haugiang_years(package), "versions": versions(package),
            "report": quality(main["resource"]) if main else None, "contacts": contacts(package),
            "for_machines": for_machines(package),
            "preview": table.preview(main["resource"]) if main and len(tables) == 1 else None,
        },
    )  # fmt: skip


def for_machines(package: dict[str, Any]) -> str | None:
    """The dataset as search engines read it, schema.org's Dataset in JSON-LD; only of what is public.

    ckanext-dcat escapes it for a page of HTML. A value that it cannot express must not keep people from the page.
    """
    if package.get("private") or package.get("state") != "active" or "structured_data" not in tk.h:
        return None
    try:
        return settled(str(tk.h.structured_data(package)))
    except Exception:
        log.exception("dataset page: no JSON-LD of %s", package["id"])
        return None


def row(package: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any]:
    """A table or a file in the list of a dataset."""
    url = tk.h.url_for("dataset_resource.read", id=package["name"], resource_id=resource["id"])
    told = {"resource": resource, "state": haugiang_state(resource), "url": url, "title": haugiang_title(resource)}
    return {**told, "file": as_uploaded(package, resource)}


def as_uploaded(package: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any] | None:
    """The file as it was uploaded, or None where this visitor would not get it.

    Of a table that has no valid version yet only editors get the file, and anybody if it is marked as a demonstration. The
    public's description of such a resource names no file, so its kind and size come from the file itself.
    """
    if not resource.get("url"):
        return None
    kind, size = str(resource.get("format") or ""), resource.get("size")
    if resource.get("table_schema") and not resource.get("datastore_active"):
        if str(package.get("demonstration") or "").lower() in ("true", "yes", "1"):
            file = maybe("haugiang_file_show", resource_id=resource["id"])
            if not file:
                return None
            kind, size = PurePath(file["name"]).suffix.lstrip("."), file["size"]
        elif not may("resource_update", id=resource["id"]):
            return None
    return {"label": kind.upper() or tk._("File"), "url": resource["url"], "size": size}


def facts(package: dict[str, Any]) -> list[tuple[str, Any, dict[str, Any]]]:
    """Label, value and field of the metadata that have a value, in the order of the form."""
    schema = tk.h.scheming_get_dataset_schema(package.get("type")) or {}
    found = []
    for field in schema.get("dataset_fields", []):
        value = package.get(field["field_name"])
        if field["field_name"] in NOT_LISTED or value in (None, "", [], {}):
            continue
        found.append((tk.h.scheming_language_text(field.get("label") or field["field_name"]), value, field))
    return found


def contacts(package: dict[str, Any]) -> list[dict[str, str]]:
    """Who answers for the data."""
    return [
        {key: haugiang_plain(part.get(key)) for key in ("name", "email", "url")}
        for part in package.get("contact") or [] if isinstance(part, dict)
    ]  # fmt: skip


def versions(package: dict[str, Any]) -> list[dict[str, Any]]:
    """Editions of the dataset's tables that were published, the newest first."""
    runs = maybe("haugiang_run_list", package_id=package["id"], limit=50) or []
    names = {resource["id"]: haugiang_title(resource) for resource in package.get("resources", [])}
    return [
        {**run, "table": names[run["resource_id"]]}
        for run in runs if run.get("published_at") and run["resource_id"] in names
    ]  # fmt: skip


def quality(resource: dict[str, Any]) -> dict[str, Any] | None:
    """The report of a table, reduced to what the four facts need."""
    report = maybe("haugiang_report_show", resource_id=resource["id"])
    return fact_sheet(report) if report else None


def fact_sheet(report: dict[str, Any]) -> dict[str, Any]:
    """Rows, errors, notes, empty cells and repaired cells of a report."""
    counts = (report.get("run") or {}).get("counts") or {}
    profile = report.get("profile") or {}
    fields = profile.get("fields") or {}
    if isinstance(fields, dict):
        fields = list(fields.values())
    empty = sum(int(field.get("nulls") or 0) for field in fields)
    cells = int(counts.get("rows") or 0) * len(fields)
    return {
        "run": report.get("run"), "rows": counts.get("rows"), "errors": counts.get("errors"), "columns": len(fields),
        "warnings": counts.get("warnings"), "changes": counts.get("changes"), "empty": empty,
        "full": 1 - empty / cells if cells else None,
    }  # fmt: skip


@blueprint.before_app_request
def one_address() -> Any:
    """Lead from the addresses that CKAN makes for each type of dataset to the one that everything has."""
    kind, _, action = (request.endpoint or "").rpartition(".")
    if action not in ("read", "search") or request.method not in ("GET", "HEAD"):
        return None
    if haugiang_sector(kind.removesuffix("_resource")) is None:
        return None
    if action == "search":
        return tk.redirect_to("dataset.search", sector=kind, **request.args.to_dict())
    args = request.view_args or {}
    if "resource_id" in args:
        return tk.redirect_to("dataset_resource.read", id=args["id"], resource_id=args["resource_id"])
    return tk.redirect_to("dataset.read", id=args["id"])


class New(CreateView):
    """CKAN's form, after one question of ours: which sector?"""

    def get(self, package_type: str = "dataset", *args: Any, **kwargs: Any) -> str:
        """The form of a sector, or the choice of one; the plain type is refused by the action."""
        if haugiang_sector(package_type) or args or kwargs:
            return super().get(package_type, *args, **kwargs)
        try:
            tk.check_access("package_create", {"user": tk.current_user.name}, {})
        except tk.NotAuthorized:
            tk.abort(403)
        sectors = [
            {**sector, "url": tk.h.url_for(f"{sector['name']}.new", **request.args.to_dict())}
            for sector in haugiang_sectors()
        ]
        return tk.render("portal/new_dataset.html", {"sectors": sectors, "section": "my"})


blueprint.add_url_rule("/dataset/new", view_func=New.as_view("new"), defaults={"package_type": "dataset"})


def related(package: dict[str, Any]) -> list[dict[str, Any]]:
    """Other datasets with the same keywords."""
    tags = [tag["name"] for tag in package.get("tags", [])][:5]
    if not tags:
        return []
    wanted = " OR ".join(f'"{tag}"' for tag in tags)
    found = ask("package_search", q="*:*", fq_list=[f"tags:({wanted})", f'-name:"{package["name"]}"'], rows=3)
    return list(found["results"])
