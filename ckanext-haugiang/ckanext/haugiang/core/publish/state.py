"""The state of a resource in one word, from the fields that the portal writes into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Worst first: the state of a dataset is the worst of its tables'.
STATES = ("error", "repair", "running", "unchecked", "noted", "valid", "document")
TABLES = frozenset({"CSV", "TSV", "XLSX", "XLS", "XLSB", "ODS", "JSON", "PARQUET", "GEOJSON"})


def resource_state(resource: Mapping[str, Any]) -> str:
    """State of a resource.

    Args:
        resource: Its dict; ``table_schema``, ``validation_status``, ``validation_warnings``, ``datastore_active`` and
            ``format`` are read.

    Returns:
        ``valid``; ``noted`` (valid, something is worth knowing); ``repair`` (the newest version has errors, an older
        one is public); ``error`` (none is public yet); ``running``; ``unchecked``; or ``document`` for what is no
        table.
    """
    if not resource.get("table_schema"):
        return "unchecked" if str(resource.get("format") or "").upper() in TABLES else "document"
    status = resource.get("validation_status") or ""
    if status == "success":
        return "noted" if int(resource.get("validation_warnings") or 0) else "valid"
    if status in ("created", "running"):
        return "running"
    if status in ("failure", "error"):
        return "repair" if resource.get("datastore_active") else "error"
    return "unchecked"


def dataset_state(resources: list[Mapping[str, Any]]) -> str | None:
    """The worst state of its tables; nothing for a dataset of documents."""
    found = {resource_state(resource) for resource in resources} - {"document"}
    return min(found, key=STATES.index, default=None)
