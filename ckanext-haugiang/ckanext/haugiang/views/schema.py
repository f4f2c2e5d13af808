"""The pages that document table schemas, and what can be downloaded of one."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64decode
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response

from ckanext.haugiang.core.schema.units import unit_in
from ckanext.haugiang.helpers import haugiang_sectors, haugiang_words
from ckanext.haugiang.views.common import ask, maybe, shown

blueprint = Blueprint("haugiang_schema", __name__)


@blueprint.route("/schema", strict_slashes=False)
def index() -> str:
    """How must my file look? All schemas, by sector."""
    schemas = ask("haugiang_schema_list")
    by_sector = [
        {**sector, "schemas": [schema for schema in schemas if schema["sector"] == sector["name"]]}
        for sector in haugiang_sectors()
    ]
    known = {sector["name"] for sector in by_sector}
    rest = [schema for schema in schemas if schema["sector"] not in known]
    if rest:
        by_sector.append({"name": "", "title": tk._("Other"), "icon": "list-checks", "schemas": rest})
    return tk.render("portal/schemas.html", {"section": "schemas", "sectors": [s for s in by_sector if s["schemas"]]})


@blueprint.route("/schema/<name>")
def newest(name: str) -> Any:
    """The newest version, at its own address, so that a link says which version was meant."""
    found = shown("haugiang_schema_show", name=name)
    return tk.redirect_to("haugiang_schema.read", name=name, version=found["version"])


@blueprint.route("/schema/<name>/<version>")
def read(name: str, version: str) -> str:
    """Documentation of one version."""
    found = shown("haugiang_schema_show", name=name, version=version)
    schema = found["descriptor"]
    used = maybe("package_search", q="*:*", rows=5, fq=f'res_extras_table_schema:"{name}@{version}"')
    return tk.render(
        "portal/schema.html",
        {
            "section": "schemas", "schema": schema, "name": name, "version": version, "versions": found["versions"],
            "title": haugiang_words(schema), "used": used, "key": _key(schema), "example": example(schema),
            "codelists": codelists(schema), "unit_in": unit_in,
        },
    )  # fmt: skip


def _key(schema: dict[str, Any]) -> list[str]:
    key = schema.get("primaryKey") or []
    return [key] if isinstance(key, str) else list(key)


def codelists(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Registers and code lists that fields name, with the fields."""
    lists: dict[str, list[str]] = {}
    for field in schema.get("fields", []):
        if field.get("x-codelist"):
            lists.setdefault(field["x-codelist"], []).append(field["name"])
    found = {name: maybe("haugiang_codelist_show", name=name) or {} for name in lists}
    return [{"name": name, "fields": fields, "rows": found[name].get("rows")} for name, fields in lists.items()]


def example(schema: dict[str, Any]) -> list[str]:
    """One row as the published table holds it, made of the examples in the schema and of what the fields allow."""
    return [_example_value(field) for field in schema.get("fields", [])]


def _example_value(field: dict[str, Any]) -> str:
    constraints = field.get("constraints") or {}
    if field.get("example") is not None:
        return str(field["example"])
    if constraints.get("enum"):
        return str(constraints["enum"][0])
    return ""


@blueprint.route("/schema/<name>/<version>.json")
def as_json(name: str, version: str) -> Response:
    """The Table Schema document itself."""
    document = shown("haugiang_schema_show", name=name, version=version)["descriptor"]
    body = json.dumps(document, ensure_ascii=False, indent=1)
    return Response(body, mimetype="application/json", headers={"Access-Control-Allow-Origin": "*"})


@blueprint.route("/schema/<name>/<version>/template.csv")
def template_csv(name: str, version: str) -> Response:
    """An empty file with the right column names: the Vietnamese titles, which tidy reads."""
    schema = shown("haugiang_schema_show", name=name, version=version)["descriptor"]
    out = io.StringIO()
    csv.writer(out).writerow(field["title"] for field in schema["fields"])
    headers = {"Content-Disposition": f'attachment; filename="{name}-{version}.csv"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv; charset=utf-8", headers=headers)


@blueprint.route("/schema/<name>/<version>/template.xlsx")
def template_xlsx(name: str, version: str) -> Response:
    """An empty workbook with the right column names, drop-downs for codes and a sheet that explains the columns."""
    made = shown("haugiang_schema_template", name=name, version=version)
    headers = {"Content-Disposition": f'attachment; filename="{made["name"]}"'}
    return Response(b64decode(made["content"]), mimetype=made["mimetype"], headers=headers)
