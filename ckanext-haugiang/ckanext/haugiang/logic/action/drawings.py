"""The charts and the map of a published table."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.haugiang.adapters import runs
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.logic import access

__all__ = ["haugiang_drawing_list"]

Context = dict[str, Any]


@tk.side_effect_free
def haugiang_drawing_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """List the charts and the map that were drawn when a table was published, with the numbers they show.

    Args:
        resource_id (string): The resource.

    Returns:
        ``[{kind, title, note, svg, specification, numbers, left_out, legend?}]``; ``kind`` is line, bar or map; ``title``
        and ``note`` by language, ``svg`` by language and width (``wide`` 564 px, ``narrow`` 340 px), ``specification``
        (Vega-Lite) by language, ``numbers`` by language as ``{columns, rows}``; ``left_out`` counts the lines or bars
        there was no room for; ``legend`` of a map is ``{classes: [{from, to, colour}], missing}``. Empty if nothing is
        published or the schema draws nothing.

    Errors:
        Not found: no such resource. Not authorized: the dataset is private and not yours.
    """
    tk.check_access("haugiang_drawing_list", context, data_dict)
    resource = access.resource_of(context, str(tk.get_or_bust(data_dict, "resource_id")))
    published = runs.publication_of(model.Session, resource.id)
    if not published or not published["drawings_sha256"]:
        return []
    path = store().path(published["drawings_sha256"])
    drawings: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return drawings
