"""Actions for the scheduler; only a sysadmin may call them."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.haugiang.logic import watchdog

__all__ = ["haugiang_clean", "haugiang_watch"]

Context = dict[str, Any]


def haugiang_watch(context: Context, data_dict: dict[str, Any]) -> dict[str, int]:
    """Set right what a dead worker, a lost queue or a deleted dataset left behind.

    Returns:
        How many runs were put back, given up, cancelled and sent again, and how many tables were repaired.

    Errors:
        Not authorized: you are no sysadmin.
    """
    tk.check_access("haugiang_watch", context, data_dict)
    return watchdog.watch()


def haugiang_clean(context: Context, data_dict: dict[str, Any]) -> dict[str, int]:
    """Remove stored files that nothing refers to, and the rows of datasets that were purged.

    Returns:
        How many rows and files were removed.

    Errors:
        Not authorized: you are no sysadmin.
    """
    tk.check_access("haugiang_clean", context, data_dict)
    return watchdog.clean()
