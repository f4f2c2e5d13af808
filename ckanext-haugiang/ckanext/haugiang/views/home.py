"""The start page."""

from __future__ import annotations

import logging
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchError, SolrConnectionError
from flask import Blueprint

from ckanext.haugiang.helpers import haugiang_sectors
from ckanext.haugiang.views.caching import pass_by
from ckanext.haugiang.views.common import ask

blueprint = Blueprint("haugiang_home", __name__)
log = logging.getLogger(__name__)
NEWEST, EXAMPLES = 5, 3


@blueprint.route("/")
def index() -> str:
    """What is here, can I trust it?"""
    extra: dict[str, Any] = {"count": None, "newest": [], "sectors": [], "section": "home", "own_search": True}
    try:
        found = _search(rows=NEWEST, **{"facet.field": ["dataset_type"]})
        counts = {item["name"]: item["count"] for item in found["search_facets"].get("dataset_type", {}).get("items", [])}
        extra |= {"count": found["count"], "newest": found["results"]}
        extra["sectors"] = [{**sector, "count": counts.get(sector["name"], 0)} for sector in haugiang_sectors()]
        for sector in extra["sectors"]:
            sector["examples"] = _examples(sector["name"]) if sector["count"] else []
    except (SearchError, SolrConnectionError):
        # The page still stands when the search does not.
        log.exception("home page: the search failed")
        extra["sectors"] = [{**sector, "count": None, "examples": []} for sector in haugiang_sectors()]
        extra["search_failed"] = True
        pass_by()
    return tk.render("portal/home.html", extra)


def _search(**query: Any) -> dict[str, Any]:
    return ask("package_search", **{"q": "*:*", "sort": "metadata_modified desc", **query})


def _examples(sector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _search(rows=EXAMPLES, fq=f'dataset_type:"{sector}"')["results"]
    return found
