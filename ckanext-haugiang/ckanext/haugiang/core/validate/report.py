"""The finished report: frictionless's, capped in size, with our own part beside it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

import frictionless

from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate.caps import CELL_BYTES, CELLS_BYTES, cap, cut, cut_list, size
from ckanext.haugiang.core.validate.judge import Verdict
from ckanext.haugiang.core.validate.places import Sources, place_of

# A report of 1,000 errors stays under 5 MB: 4 KB of data and a 20,000-value enum made one of 378 MB.
REPORT_BYTES = 5_000_000
KEYS_BYTES = 400  # names of an error's keys, its numbers and the names of its fields
LABELS_BYTES = 300_000
ERRORS_BYTES = 3_700_000
FINDINGS_BYTES = 700_000
ROWS_LOOKED_AT = 200_000


def finish(verdict: Verdict, schema: TableSchema, sources: Sources, limit: int) -> frictionless.Report:
    """Cap the errors and add ``haugiang``: exact counts, the findings of our rules, and a place for each error.

    Where frictionless finds nothing but a rule of severity ``error`` is broken, the report is not valid.
    """
    report = verdict.report
    places: list[dict[str, Any]] = []
    used = 0
    for task in report.tasks:
        task.labels = cut_list(task.labels, LABELS_BYTES)
        for error in task.errors:
            cap(error)
            place = place_of(error, sources)
            used += weight(error) + size(place) + 4
            if used > ERRORS_BYTES:
                task.warnings.append(f"reached report size limit: {REPORT_BYTES} bytes")
                break
            places.append(place)
        del task.errors[len(places) :]
    severities = {rule.name: rule.severity for rule in schema.rules}
    by_severity = Counter[str]()
    for name, count in verdict.by_rule.items():
        by_severity[severities[name]] += count
    if by_severity["error"]:
        report.valid = False
        for task in report.tasks:
            task.valid = False
    report.custom["haugiang"] = {
        "schema": schema.ref,
        "rows": verdict.rows,
        "errors": verdict.errors,
        "warnings": by_severity["warning"],
        "infos": by_severity["info"],
        "limit": limit,
        "by_type": dict(verdict.by_type.most_common()),
        "by_field": dict(verdict.by_field.most_common()),
        "by_rule": {name: count for name, count in verdict.by_rule.most_common() if count},
        "sources": places,
        "findings": _findings(verdict, sources),
    }
    return report


def _findings(verdict: Verdict, sources: Sources) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    used = 0
    for finding in verdict.findings:
        told = finding.descriptor()
        told["params"] = {name: _short(value) for name, value in told["params"].items()}
        if "same_row" in told["params"]:
            told["params"]["same_row"] = sources(told["params"]["same_row"], "").get("row")
        told["source"] = dict(sources(finding.row, finding.field))
        used += size(told) + 2
        if used > FINDINGS_BYTES:
            break
        shown.append(told)
    return shown


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(item) for name, item in value.items()}
    return cut(value, CELL_BYTES) if isinstance(value, str) else value


def weight(error: frictionless.Error) -> int:
    """About the bytes of an error as JSON; its descriptor itself would take a quarter of the whole check."""
    texts = [getattr(error, name, "") for name in ("note", "message", "cell", "label", "cells", "labels", "field_cells")]
    return size([error.title, error.description, error.tags, *texts]) + KEYS_BYTES


def add_rows(findings: list[dict[str, Any]], table: Iterable[str]) -> None:
    """Put the whole row beside what a rule says, as frictionless does with its errors, as far as the report has room.

    Args:
        findings: Descriptors of findings.
        table: The lines of the canonical CSV; far down, no row is sought.
    """
    wanted = {finding["row"] for finding in findings if finding.get("row")}
    lines = islice(csv.reader(table), min(max(wanted, default=0), ROWS_LOOKED_AT))
    rows = {number: cut_list(cells, CELLS_BYTES) for number, cells in enumerate(lines, 1) if number in wanted}
    room = FINDINGS_BYTES - size(findings)
    for finding in findings:
        if cells := rows.get(finding.get("row", 0)):
            room -= size({"cells": cells})
            if room < 0:
                break
            finding["cells"] = cells
