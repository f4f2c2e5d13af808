"""Actions that show what a check found."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from flask import has_request_context

from ckanext.haugiang.adapters import runs
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.validate.sentences import sentence
from ckanext.haugiang.logic import access, describe

__all__ = ["haugiang_report_show", "resource_validation_show"]

Context = dict[str, Any]
CHANGES = 100
TYPED_WITHIN = 200_000  # changes that are looked through; a longer list would keep a page waiting
STATUS = {"queued": "created", "running": "running", "done": "success"}


@tk.side_effect_free
def haugiang_report_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Show what the check of a file found, cell by cell.

    Args:
        resource_id (string): The resource.
        run_id (string, optional): Which check; without it editors get the newest that has a report, everybody else the
            published one.

    Returns:
        ``{run, report, errors, counts_by_type, counts_by_severity, counts_by_field, changes, profile, detection, tidy}``;
        ``report`` is frictionless's own, ``errors`` has for each error and each finding of a rule described there ``{type,
        severity, sentence, sheet, row, column, cell, field, field_title, value, cells: [{column, header, value}]}`` with
        row and column of the steward's file, the sentence in the reader's language and a severity of error, warning or
        info; counts are exact; ``changes`` are the first 100 that tidying made.

    Errors:
        Not found: no such resource or run, or no report yet. Not authorized: the dataset is private and not yours, or the
        run is not the published one and you are no editor.
    """
    tk.check_access("haugiang_report_show", context, data_dict)
    resource = access.resource_of(context, str(tk.get_or_bust(data_dict, "resource_id")))
    row = _run(context, resource, data_dict.get("run_id"))
    stored = runs.report(model.Session, row["id"])
    if stored is None:
        raise tk.ObjectNotFound(tk._("There is no report yet."))
    report, tidy = json.loads(stored["report"]), json.loads(stored["tidy"])
    own = report["haugiang"]
    return {
        "run": describe.run(row),
        "report": report,
        "errors": _as_typed(_errors(report, tidy, row["table_schema"]), row["changes_sha256"]),
        "counts_by_type": {**own["by_type"], **_by_code(own)},
        "counts_by_severity": _by_severity(own, catalogue().get(row["table_schema"])),
        "counts_by_field": own["by_field"],
        "changes": _changes(row["changes_sha256"]),
        "profile": json.loads(stored["profile"]),
        "detection": json.loads(stored["detection"]),
        "tidy": tidy,
    }


@tk.side_effect_free
def resource_validation_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Show the state of a resource's validation, under the name and in the form that other extensions know.

    Args:
        resource_id (string): The resource.

    Returns:
        ``{id, resource_id, status, report, error, created, finished}``: ``status`` is created, running, success, failure
        or error; ``report`` is frictionless's, or null; ``error`` is null or ``{message: [text]}``. Who is no editor gets
        the published version.

    Errors:
        Not found: no such resource, or it was never checked. Not authorized: the dataset is private and not yours.
    """
    resource = access.resource_of(context, str(tk.get_or_bust(data_dict, "resource_id")))
    tk.check_access("resource_validation_show", context, data_dict)
    if access.sees_all(context, resource.package):
        row = runs.latest(model.Session, resource.id, "queued", "running", "done", "failed")
    else:
        row = _published(resource)
    if row is None:
        raise tk.ObjectNotFound(tk._("No validation report exists for this resource"))
    shown = describe.run(row)
    stored = runs.report(model.Session, row["id"])
    status = "failure" if row["verdict"] == "invalid" else STATUS.get(row["state"], "error")
    return {
        "id": row["id"],
        "resource_id": resource.id,
        "status": status,
        "report": json.loads(stored["report"]) if stored else None,
        "error": {"message": [shown["error"]["message"]]} if shown["error"] else None,
        "created": shown["created"],
        "finished": shown["finished"],
    }


def _by_code(own: dict[str, Any]) -> dict[str, int]:
    """Findings of the rules by kind; the report counts them by rule, of which a schema may have several of a kind."""
    kinds = {finding["rule"]: finding["code"] for finding in own.get("findings", [])}
    counts: dict[str, int] = {}
    for rule, count in own.get("by_rule", {}).items():
        kind = kinds.get(rule, rule)
        counts[kind] = counts.get(kind, 0) + count
    return counts


def _by_severity(own: dict[str, Any], schema: Any) -> dict[str, dict[str, int]]:
    """Errors, notes and what is merely told, each by kind: two rules of a kind may differ in what they ask for."""
    rules = {finding["rule"]: (finding["severity"], finding["code"]) for finding in own.get("findings", [])}
    rules |= {rule.name: (rule.severity, rule.check) for rule in schema.rules}
    ruled = {kind for _, kind in rules.values()}  # of these by_type has the errors alone
    counts: dict[str, dict[str, int]] = {"error": {k: n for k, n in own["by_type"].items() if k not in ruled}}
    for rule, count in own.get("by_rule", {}).items():
        severity, kind = rules.get(rule, ("error", rule))
        side = counts.setdefault(severity, {})
        side[kind] = side.get(kind, 0) + count
    return counts


def _run(context: Context, resource: Any, run_id: str | None) -> runs.Row:
    whole = access.sees_all(context, resource.package)
    if run_id:
        row = runs.get(model.Session, str(run_id))
        if row is None or row["resource_id"] != resource.id:
            raise tk.ObjectNotFound(tk._("Run was not found."))
        published = _published(resource)
        if not whole and (published is None or published["id"] != row["id"]):
            raise tk.NotAuthorized(tk._("This version is not published. Only its editors see the report."))
        return row
    found = runs.latest(model.Session, resource.id, "done") if whole else _published(resource)
    if found is None:
        if not whole and runs.latest(model.Session, resource.id) is not None:
            raise tk.NotAuthorized(tk._("No version is published yet. Only its editors see the report."))
        raise tk.ObjectNotFound(tk._("There is no report yet."))
    return found


def _published(resource: Any) -> runs.Row | None:
    publication = runs.publication_of(model.Session, resource.id)
    return runs.get(model.Session, publication["run_id"]) if publication else None


def _errors(report: dict[str, Any], tidy: dict[str, Any], ref: str) -> list[dict[str, Any]]:
    """Frictionless's errors and the findings of our own rules, in one form."""
    own, schema = report["haugiang"], catalogue().get(ref)
    lang = "vi" if _language() == "vi" else "en"
    heads = {column["field"]: column for column in tidy.get("columns", [])}
    listed = report["tasks"][0]["errors"] if report["tasks"] else []
    placed = [(error, place or {}) for error, place in zip(listed, own["sources"], strict=False)]
    placed += [(finding, finding.get("source") or {}) for finding in own.get("findings", [])]
    return [_shown(error, source, schema, heads, lang) for error, source in placed]


def _shown(error: dict[str, Any], source: dict[str, Any], schema: Any, heads: dict[str, Any], lang: str) -> dict[str, Any]:
    name = error.get("fieldName") or error.get("field") or ""
    field = next((f for f in schema.fields if f.name == name), None)
    title = (field.title if lang == "vi" else field.title_en) if field else name
    return {
        "type": error.get("type") or error.get("code"),
        "severity": error.get("severity", "error"),
        "sentence": sentence(error, schema, source, tk._, lang),
        **{key: source.get(key) for key in ("sheet", "row", "column", "cell")},
        "field": name or None,
        "field_title": title or None,
        "value": error.get("cell", (error.get("params") or {}).get("value")),
        "cells": _strip_of_cells(error, schema, heads),
    }


def _language() -> str:
    # Outside a request (a worker, a test) the portal's own language.
    return str(tk.h.lang() if has_request_context() else tk.config["ckan.locale_default"])


def _strip_of_cells(error: dict[str, Any], schema: Any, heads: dict[str, Any]) -> list[dict[str, Any]]:
    cells = []
    values = dict(zip((field.name for field in schema.fields), error.get("cells") or [], strict=False))
    for name, value in (values or _compared(error)).items():
        head = heads.get(name)
        if head:
            cells.append({"column": head.get("column"), "header": head.get("header"), "value": value})
    return sorted(cells, key=lambda cell: (len(cell["column"] or ""), cell["column"] or ""))


def _compared(finding: dict[str, Any]) -> dict[str, Any]:
    """Field and value of what a rule compared in its row, for findings far down, whose whole row was not looked up."""
    params = finding.get("params") or {}
    found = {finding.get("field"): params.get("value"), **(params.get("values") or {})}
    return {name: f"{value:.15g}" if isinstance(value, float) else value for name, value in found.items()}


def _as_typed(errors: list[dict[str, Any]], sha256: str | None) -> list[dict[str, Any]]:
    """Put back into the rows of the errors what the steward had typed, where tidying changed it."""
    rows = {error.get("row") for error in errors}
    if not sha256 or not rows or not store().path(sha256).exists():
        return errors
    typed: dict[tuple[Any, Any], Any] = {}
    with store().path(sha256).open(encoding="utf-8") as lines:
        for line in islice(lines, TYPED_WITHIN):
            change = json.loads(line)
            if change["row"] in rows and change.get("column"):
                typed.setdefault((change["row"], change["column"]), change["before"])  # the first step saw the original
    for error in errors:
        for cell in error["cells"]:
            cell["value"] = typed.get((error.get("row"), cell["column"]), cell["value"])
    return errors


def _changes(sha256: str | None) -> list[dict[str, Any]]:
    if not sha256 or not store().path(sha256).exists():
        return []
    with store().path(sha256).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, CHANGES)]
