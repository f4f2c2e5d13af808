"""The report of a check: what is wrong, and where in the steward's own sheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response, request

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.helpers import haugiang_title
from ckanext.haugiang.views.common import find_resource, may, maybe, shown

blueprint = Blueprint("haugiang_report", __name__)
FIRST, WIDE = 10, 8
SORTS = {"kind": N_("Kind of error"), "row": N_("Row"), "column": N_("Column")}
# What a kind of error is called in the summary; names of frictionless's errors first, then our own rules.
KINDS = {
    "type-error": N_("Not of the column's type"), "constraint-error": N_("Value not allowed"),
    "missing-cell": N_("Cell missing at the end of the row"), "extra-cell": N_("Cell beyond the last column"),
    "unique-error": N_("Value occurs twice"), "primary-key": N_("Row repeats another row"),
    "foreign-key": N_("Code not in the list"), "blank-row": N_("Empty row"),
    "missing-label": N_("Column missing"), "extra-label": N_("Column not known"),
    "incorrect-label": N_("Wrong column name"),
    "duplicate-label": N_("Two columns of the same name"), "blank-label": N_("Column without a name"),
    "required": N_("Required cell is empty"), "enum": N_("Value not in the list"), "pattern": N_("Wrong form"),
    "minimum": N_("Below the lowest value"), "maximum": N_("Above the highest value"),
    "unique": N_("Value occurs twice"),
    "row_rule": N_("Figures of a row that do not agree"), "ordered": N_("Running figure that goes the wrong way"),
    "sum_of": N_("Total that is not the sum of its parts"), "plausible_range": N_("Outside the usual range"),
    "register_value": N_("Not what the list says"), "dated_register": N_("Code not in force at that time"),
}  # fmt: skip


def kind_word(kind: str) -> str:
    """What a kind of error is called."""
    return str(tk._(KINDS[kind])) if kind in KINDS else kind.replace("-", " ").replace("_", " ").capitalize()


@blueprint.route("/dataset/<id>/resource/<resource_id>/report")
def read(id: str, resource_id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """What is wrong, where?"""
    package, resource, report = _load(id, resource_id)
    errors = (report or {}).get("errors") or []
    kind, sort = request.args.get("kind", ""), request.args.get("sort", "kind")
    sort = sort if sort in SORTS else "kind"
    chosen = [error for error in errors if not kind or error.get("type") == kind]
    return tk.render(
        "portal/report.html",
        {
            "section": "data", "package": package, "resource": resource, "title": haugiang_title(resource),
            "report": report, "run": (report or {}).get("run"), "summary": summary(report or {}), "kind": kind,
            "groups": groups(chosen, sort, whole=bool(kind)), "sort": sort,
            "editable": may("resource_update", id=resource_id),
            "sorts": {key: tk._(words) for key, words in SORTS.items()}, "base": _base(package, resource),
            "known": len(errors), "run_id": request.args.get("run"),
        },
    )  # fmt: skip


@blueprint.route("/dataset/<id>/resource/<resource_id>/report.csv")
def as_csv(id: str, resource_id: str) -> Response:  # noqa: A002 - the name that CKAN's links use
    """The errors as a table."""
    _, _, report = _load(id, resource_id)
    if report is None:
        return tk.abort(404)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["sheet", "row", "column", "cell", "field", "type", "value", "sentence"])
    for error in report.get("errors") or []:
        line = [error.get(key) for key in ("sheet", "row", "column", "cell", "field", "type", "value", "sentence")]
        writer.writerow([safe_cell(value) for value in line])
    headers = {"Content-Disposition": f'attachment; filename="report-{resource_id[:8]}.csv"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv; charset=utf-8", headers=headers)


def safe_cell(value: Any) -> str:
    """A cell that a spreadsheet will not take for a formula: the values are a stranger's."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _base(package: dict[str, Any], resource: dict[str, Any]) -> str:
    return str(tk.h.url_for("haugiang_report.read", id=package["name"], resource_id=resource["id"]))


def _load(id: str, resource_id: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:  # noqa: A002
    package = shown("package_show", id=id)
    resource = find_resource(package, resource_id)
    query = {"resource_id": resource_id}
    if request.args.get("run"):
        query["run_id"] = request.args["run"]
    return package, resource, maybe("haugiang_report_show", **query)


def summary(report: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Kinds of errors and of notes with their exact counts, most frequent first."""
    found: dict[str, list[dict[str, Any]]] = {"error": [], "warning": []}
    for severity, kinds in (report.get("counts_by_severity") or {}).items():
        side = found["error" if severity == "error" else "warning"]
        side += [{"kind": kind, "word": kind_word(kind), "count": count} for kind, count in kinds.items()]
    return {side: sorted(kinds, key=lambda each: -each["count"]) for side, kinds in found.items()}


def groups(errors: list[dict[str, Any]], sort: str, *, whole: bool) -> list[dict[str, Any]]:
    """Errors in groups: by kind, or all in one in the order of rows or columns; the first ten of each unless whole."""
    if sort == "row":
        return [_group("", sorted(errors, key=lambda error: error.get("row") or 0), whole=True)] if errors else []
    if sort == "column":
        return (
            [_group("", sorted(errors, key=lambda e: (str(e.get("column") or ""), e.get("row") or 0)), whole=True)]
            if errors
            else []
        )
    # A rule of one kind may block and another of the same kind only ask: errors and notes are kept apart.
    kinds: dict[tuple[bool, str], list[dict[str, Any]]] = {}
    for error in errors:
        kinds.setdefault((error.get("severity", "error") != "error", error.get("type", "")), []).append(error)
    ordered = sorted(kinds.items(), key=lambda item: item[0][0])
    return [_group(kind, members, whole=whole) for (_, kind), members in ordered]


def _group(kind: str, errors: list[dict[str, Any]], *, whole: bool) -> dict[str, Any]:
    cut = errors if whole else errors[:FIRST]
    return {
        "kind": kind, "word": kind_word(kind) if kind else "", "count": len(errors), "errors": cut,
        "severity": errors[0].get("severity", "error"), "more": len(errors) - len(cut), "strips": strips(cut),
    }  # fmt: skip


def strips(errors: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows that the errors stand in, once each, with the wrong cells named."""
    rows: dict[tuple[Any, Any], dict[str, Any]] = {}
    heads: dict[str, str] = {}
    for error in errors:
        cells = error.get("cells") or []
        if not cells:
            continue
        row = rows.setdefault((error.get("sheet"), error.get("row")), {"row": error.get("row"), "cells": {}, "bad": {}})
        for cell in cells:
            heads.setdefault(str(cell.get("column")), str(cell.get("header") or ""))
            row["cells"][str(cell.get("column"))] = cell.get("value")
        if error.get("column"):
            row["bad"][str(error["column"])] = error.get("severity", "error")
    order = sorted(heads, key=lambda letters: (len(letters), letters))
    shown = near(order, {letters for row in rows.values() for letters in row["bad"]})
    return {"heads": [(letters, heads.get(letters, "")) for letters in shown], "rows": list(rows.values())}


def near(order: list[str], bad: set[str]) -> list[str]:
    """Columns of a wide sheet that let one recognise the row and see the fault: the first two and the neighbours.

    Args:
        order: Letters of all columns.
        bad: Letters of the columns with a fault.

    Returns:
        The letters to show, with an empty text where columns are left out.
    """
    if len(order) <= WIDE:
        return order
    wanted = {0, 1} | {i + step for i, letters in enumerate(order) if letters in bad for step in (-1, 0, 1)}
    for i in range(len(order)):
        if len(wanted) >= WIDE - 1:
            break
        wanted.add(i)
    shown: list[str] = []
    for i, letters in enumerate(order):
        if i in wanted:
            shown.append(letters)
        elif shown and shown[-1]:
            shown.append("")
    return shown
