"""CKAN's actions that write rows into the DataStore: pages that show rows learn of it.

The DataStore is another database, so no trigger there can leave a note in ours (adapters/changes.py).
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.haugiang.adapters import changes

__all__ = ["datastore_create", "datastore_delete", "datastore_records_delete", "datastore_run_triggers", "datastore_upsert"]

Context = dict[str, Any]


def _noted(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    try:
        answer = up(context, data_dict)
    except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError):
        raise  # nothing was written, and whoever may not write must not be able to make pages be made anew
    except Exception:
        changes.note()  # something may have been
        raise
    changes.note()
    return answer


@tk.chained_action
def datastore_create(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN."""
    return _noted(up, context, data_dict)


@tk.chained_action
def datastore_upsert(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN."""
    return _noted(up, context, data_dict)


@tk.chained_action
def datastore_delete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN."""
    return _noted(up, context, data_dict)


@tk.chained_action
def datastore_records_delete(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN."""
    return _noted(up, context, data_dict)


@tk.chained_action
def datastore_run_triggers(up: Any, context: Context, data_dict: dict[str, Any]) -> Any:
    """As in CKAN."""
    return _noted(up, context, data_dict)
