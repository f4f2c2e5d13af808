"""The form that ckanext-dcat asks for.

dcat's profiles load the form of the type ``dataset``, whatever the type of the dataset they describe, and answer 404
where there is none. This portal has no such type on purpose: every dataset belongs to a sector and carries its
metadata. The forms of all sectors have the same fields, so dcat may have any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk

__all__ = ["scheming_dataset_schema_show"]

PLAIN_TYPE = "dataset"


@tk.chained_action
@tk.side_effect_free
def scheming_dataset_schema_show(
    next_action: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]],
    context: dict[str, Any],
    data_dict: dict[str, Any],
) -> dict[str, Any]:
    """Return the form of a dataset type; for the plain type ``dataset`` the form that all sectors share.

    Args:
        next_action: scheming's own action.
        context: CKAN's context.
        data_dict: ``type``, and ``expanded`` as scheming has it.

    Returns:
        The form.
    """
    if data_dict.get("type") == PLAIN_TYPE:
        types = tk.get_action("scheming_dataset_schema_list")({}, {})
        if types and PLAIN_TYPE not in types:
            data_dict = {**data_dict, "type": sorted(types)[0]}
    return next_action(context, data_dict)
