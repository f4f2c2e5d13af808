"""Runs as the API shows them."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.haugiang.adapters.runs import STAGES, Row
from ckanext.haugiang.core.errors import REASONS, fill


def run(row: Row) -> dict[str, Any]:
    """A row of the table of runs for the API, with its error in the reader's language."""
    return {
        **{key: row[key] for key in ("id", "resource_id", "package_id", "state", "stage", "verdict", "published")},
        **{key: _iso(row[key]) for key in ("published_at", "created", "started", "finished", "heartbeat")},
        "table_schema": row["table_schema"],
        "trigger": row["trigger"],
        "attempts": row["attempts"],
        "file": {
            "name": row["file_name"],
            "sha256": row["file_sha256"],
            "size": row["file_size"],
            "format": row["file_format"],
        },
        "counts": {key: row[key] for key in ("rows", "errors", "warnings", "changes")},
        "error": error(row["error_code"], row["error_params"]),
        "stages": stages(row),
    }


def error(code: str | None, params: dict[str, Any] | None) -> dict[str, Any] | None:
    """The reason of a failure with its sentence in the reader's language."""
    if not code:
        return None
    sentence = fill(tk._(REASONS.get(code, REASONS["internal"])), params or {})
    return {"code": code, "params": params or {}, "message": sentence}


def stages(row: Row) -> list[dict[str, Any]]:
    """All stages in their order: what is done, what is on, what waits."""
    seconds = {stage["name"]: stage["seconds"] for stage in row["stages"] or []}
    final = row["state"] not in ("queued", "running")
    shown = []
    for name in STAGES:
        if row["state"] == "done":
            # A file with errors is reported and not loaded or published.
            state = "done" if row["verdict"] == "valid" or name not in ("load", "publish") else "waiting"
        elif name == row["stage"]:
            state = {"running": "now", "queued": "waiting"}.get(row["state"], "failed")
        else:
            state = "done" if seconds.get(name) is not None and (final or row["state"] == "running") else "waiting"
        shown.append({"name": name, "state": state, "seconds": seconds.get(name)})
    return shown


def _iso(moment: Any) -> str | None:
    return f"{moment.isoformat()}Z" if moment else None
