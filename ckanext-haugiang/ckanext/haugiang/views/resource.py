"""The page of one table or file."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, jsonify, request, send_file

from ckanext.haugiang import config
from ckanext.haugiang.helpers import haugiang_sector, haugiang_state, haugiang_title
from ckanext.haugiang.views import table
from ckanext.haugiang.views.common import find_resource, may, maybe, shown
from ckanext.haugiang.views.dataset import as_uploaded, fact_sheet

blueprint = Blueprint("haugiang_resource", __name__)
LANGUAGES = ("curl", "python", "r")
MOST_ROWS = 32_000  # that CKAN gives in one answer


@blueprint.route("/dataset/<id>/resource/<resource_id>")
def read(id: str, resource_id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """What do the numbers say, how do I get them?"""
    package = shown("package_show", id=id)
    resource = find_resource(package, resource_id)
    if package["name"] != id:
        return tk.redirect_to("dataset_resource.read", id=package["name"], resource_id=resource_id)
    base = tk.h.url_for("dataset_resource.read", id=package["name"], resource_id=resource_id)
    plain = tk.h.url_for("dataset_resource.read", id=package["name"], resource_id=resource_id, locale="default")
    report = maybe("haugiang_report_show", resource_id=resource_id) if resource.get("table_schema") else None
    page = table.read(resource, base, profile(report))
    return tk.render(
        "portal/resource.html",
        {
            "section": "data", "package": package, "pkg_dict": package, "resource": resource, "table": page,
            "title": haugiang_title(resource), "state": haugiang_state(resource), "report": report,
            "facts": fact_sheet(report) if report else None, "schema": table.schema_of(resource),
            "sector": haugiang_sector(package.get("type")), "editable": may("resource_update", id=resource_id),
            "downloads": downloads(package, resource, page), "example": example(resource, page, plain), "base": base,
            "profile": profile(report), "drawings": drawings(resource) if page else [],
        },
    )  # fmt: skip


def downloads(package: dict[str, Any], resource: dict[str, Any], page: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What can be downloaded, the most wanted first."""
    file = as_uploaded(package, resource)
    found = [{**file, "note": tk._("as uploaded")}] if file else []
    if page and resource.get("table_schema"):
        base = tk.h.url_for("dataset_resource.read", id=package["name"], resource_id=resource["id"])
        found.insert(
            0, {"label": "CSV", "url": f"{base}/published.csv", "size": None, "note": tk._("published table, UTF-8")}
        )
    return found


def drawings(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Charts first, then the map, in the reader's language."""
    lang = "en" if tk.h.lang() == "en" else "vi"
    found = maybe("haugiang_drawing_list", resource_id=resource["id"]) or []
    by_language = ("title", "note", "svg", "numbers")
    return [
        {**drawing, "number": number, **{key: drawing[key][lang] for key in by_language}}
        for number, drawing in enumerate(found)
    ]


@blueprint.route("/dataset/<id>/resource/<resource_id>/drawing/<int:number>.json")
def drawing(id: str, resource_id: str, number: int) -> Any:  # noqa: A002 - the name that CKAN's links use
    """One drawing as Vega-Lite, for the page that makes it interactive and for whoever draws on."""
    find_resource(shown("package_show", id=id), resource_id)
    found = shown("haugiang_drawing_list", resource_id=resource_id)
    if number >= len(found):
        return tk.abort(404)
    return jsonify(found[number]["specification"]["en" if tk.h.lang() == "en" else "vi"])


@blueprint.route("/haugiang/vega.js")
def drawing_script() -> Any:
    """The script that makes drawings interactive; there is none before there is a drawing."""
    path = config.drawing_script()
    if not path.is_file():
        return tk.abort(404)
    return send_file(path, mimetype="text/javascript", max_age=86400)


def profile(report: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What the profile says of each column, by field name."""
    fields = ((report or {}).get("profile") or {}).get("fields") or {}
    return fields if isinstance(fields, dict) else {field["name"]: field for field in fields if "name" in field}


def example(resource: dict[str, Any], page: dict[str, Any] | None, base: str) -> dict[str, Any] | None:
    """A query of this table, as it stands filtered and sorted on the page, and its whole file, in three languages."""
    if not page:
        return None
    url = tk.h.url_for("api.action", ver=3, logic_function="datastore_search", qualified=True, locale="default")
    query: dict[str, Any] = {"resource_id": resource["id"], "limit": MOST_ROWS}
    if page["want"]["filters"]:
        query["filters"] = {name: _typed(page, name, value) for name, value in page["want"]["filters"].items()}
    if page["want"]["order"]:
        query["sort"] = " ".join(page["want"]["order"])
    lang = request.args.get("lang", "python")
    chosen = lang if lang in LANGUAGES else "python"
    return {
        "language": chosen,
        "languages": LANGUAGES,
        "code": {"curl": _curl, "python": _python, "r": _r}[chosen](url, query),
        "whole": _whole(chosen, base) if resource.get("table_schema") else None,
    }


def _whole(lang: str, base: str) -> str:
    url = f"{tk.h.url_for('home.index', qualified=True, locale='default').rstrip('/')}{base}/published.csv"
    return {
        "curl": f"curl -sSfo table.csv '{url}'",
        "python": f'import pandas as pd\n\ndf = pd.read_csv("{url}")',
        "r": f'rows <- read.csv("{url}")',
    }[lang]


def _typed(page: dict[str, Any], name: str, value: str) -> Any:
    kind = next((column["kind"] for column in page["columns"] if column["id"] == name), "string")
    return int(value) if kind == "integer" and value.lstrip("-").isdigit() else value


def _curl(url: str, query: dict[str, Any]) -> str:
    body = json.dumps(query, ensure_ascii=False).replace("'", "'\\''")
    return f"curl -s '{url}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


def _python(url: str, query: dict[str, Any]) -> str:
    lines = ["import pandas as pd", "import requests", "", f"query = {query!r}",
             f'answer = requests.post("{url}", json=query, timeout=30).json()',
             'df = pd.DataFrame(answer["result"]["records"])']  # fmt: skip
    return "\n".join(lines)


def _r(url: str, query: dict[str, Any]) -> str:
    body = json.dumps(query, ensure_ascii=False).replace("\\", "\\\\").replace("'", "\\'")
    lines = ["library(httr2)", "library(jsonlite)", "", f"answer <- request('{url}') |>",
             f"  req_body_raw('{body}', type = 'application/json') |>", "  req_perform() |>", "  resp_body_string() |>",
             "  fromJSON()", "rows <- answer$result$records"]  # fmt: skip
    return "\n".join(lines)
