"""The list of datasets, and the same list with one facet fixed for a sector or a department."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchError, SearchQueryError, SolrConnectionError
from flask import Blueprint

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.helpers import STATES, haugiang_pages, haugiang_sector, haugiang_title
from ckanext.haugiang.views.caching import pass_by
from ckanext.haugiang.views.common import address, arguments, ask, page_number, shown, without

blueprint = Blueprint("haugiang_listing", __name__)
log = logging.getLogger(__name__)
PAGE_SIZE, MOST_VALUES = 20, 50
SORTS = {
    "relevance": (N_("Best match"), "score desc, metadata_modified desc"),
    "new": (N_("Latest update"), "metadata_modified desc"),
    "name": (N_("Name A–Z"), "title_string asc"),
}


@dataclass(frozen=True)
class Facet:
    """One group of filters: name in the address, field of the index, legend."""

    name: str
    index: str
    legend: str


FACETS = (
    Facet("sector", "dataset_type", N_("Sector")),
    Facet("state", "vocab_state", N_("Check result")),
    Facet("organization", "organization", N_("Department")),
    Facet("place", "vocab_place", N_("Area")),
    Facet("year", "vocab_year", N_("Year")),
    Facet("format", "res_format", N_("Format")),
    Facet("tags", "tags", N_("Keyword")),
)
# What a page may fix, and the field of the index for it.
FIXED = {"sector": "dataset_type", "organization": "organization", "groups": "groups"}
# Names that CKAN's own links and old addresses use for the same filters.
ALIASES = {"res_format": "format", "groups": "sector", "dataset_type": "sector"}


@dataclass
class Asked:
    """What the visitor asked for, read from the address.

    Attributes:
        q: The words.
        chosen: Values by facet name.
        sort: A key of `SORTS`.
        page: The page, from 1.
        fixed: The facet that the page fixes, with its value, or None.
        args: The arguments as they stand in the address.
    """

    q: str
    chosen: dict[str, list[str]]
    sort: str
    page: int
    fixed: tuple[str, str] | None
    args: list[tuple[str, str]] = field(default_factory=list)

    def filters(self, leaving: str | None = None, but: tuple[str, str] | None = None) -> list[str]:
        """Filter queries: any of the values of a facet, all of the facets.

        Args:
            leaving: A facet not to filter by (its own counts must not depend on it).
            but: One pair of facet and value to leave out.
        """
        found = [f"{FIXED[self.fixed[0]]}:{quoted(self.fixed[1])}"] if self.fixed else []
        for facet in FACETS:
            values = [v for v in self.chosen.get(facet.name, []) if (facet.name, v) != but and facet.name != leaving]
            if values and not (self.fixed and self.fixed[0] == facet.name):
                found.append(f"{facet.index}:({' OR '.join(quoted(value) for value in values)})")
        return found


def quoted(value: str) -> str:
    """A value as a phrase of a query."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def asked(fixed: tuple[str, str] | None = None) -> Asked:
    """Read the address."""
    args = [(ALIASES.get(key, key), value) for key, value in arguments()]
    chosen: dict[str, list[str]] = {}
    for key, value in args:
        if value and any(facet.name == key for facet in FACETS) and value not in chosen.get(key, []):
            chosen.setdefault(key, []).append(value[:200])
    given = dict(args)
    q = given.get("q", "").strip()[:500]
    sort = given.get("sort", "")
    if sort not in SORTS:
        sort = "relevance" if q else "new"
    kept = [(k, v) for k, v in args if v and (k in chosen or k in ("q", "sort", "page"))]
    return Asked(q, chosen, sort, page_number(), fixed, kept)


def search(want: Asked, **more: Any) -> dict[str, Any]:
    """Ask the index."""
    query = {
        "q": want.q or "*:*", "fq_list": want.filters(), "sort": SORTS[want.sort][1],
        "include_private": True, "facet.field": [], **more,
    }  # fmt: skip
    return ask("package_search", **query)


def facets(want: Asked, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Facets with counts; one that is filtered by counts as if it were not, so that its other values stay visible."""
    shown_facets = []
    for facet in FACETS:
        picked = want.chosen.get(facet.name, [])
        if (facet.name == "tags" and not picked) or (want.fixed and want.fixed[0] == facet.name):
            continue  # keywords are links on the pages; as a facet they would be hundreds
        counts = found["search_facets"]
        if picked:
            extra = {"rows": 0, "fq_list": want.filters(leaving=facet.name), "facet.field": [facet.index]}
            counts = search(want, **extra, **{"facet.limit": MOST_VALUES})["search_facets"]
        counted = list(counts.get(facet.index, {}).get("items", []))
        cut = len(counted) >= MOST_VALUES
        counted += _rare(want, facet, {item["name"] for item in counted}) if cut else []
        items = _items(facet, counted, picked)
        if items:
            told = {"name": facet.name, "legend": tk._(facet.legend), "values": items, "picked": len(picked), "cut": cut}
            shown_facets.append(told)
    return shown_facets


def _rare(want: Asked, facet: Facet, known: set[str]) -> list[dict[str, Any]]:
    """Chosen values that are too rare to be among the counted, each with its own count."""
    found = []
    for value in [value for value in want.chosen.get(facet.name, []) if value not in known][:8]:
        only = [*want.filters(leaving=facet.name), f"{facet.index}:{quoted(value)}"]
        found.append({"name": value, "count": search(want, rows=0, fq_list=only)["count"]})
    return found


def _items(facet: Facet, counted: list[dict[str, Any]], picked: list[str]) -> list[dict[str, Any]]:
    counts = {item["name"]: item["count"] for item in counted}
    titles = {item["name"]: item.get("display_name") for item in counted}
    names = list(dict.fromkeys([*counts, *picked]))
    if facet.name == "sector":
        names = list(dict.fromkeys([*(s["name"] for s in tk.h.haugiang_sectors()), *names]))
    if facet.name == "state":
        names = [name for name in STATES if name in names]
    items = [
        {"value": n, "label": label(facet.name, n, titles.get(n)), "count": counts.get(n, 0), "on": n in picked}
        for n in names
    ]
    if facet.name == "year":
        return sorted(items, key=lambda item: str(item["value"]), reverse=True)
    return items if facet.name in ("sector", "state") else sorted(items, key=lambda i: (-i["count"], i["label"]))


def label(facet: str, value: str, title: str | None = None) -> str:
    """What a value of a facet is called."""
    if facet == "sector":
        sector = haugiang_sector(value)
        return str(sector["title"]) if sector else title or value
    if facet == "state" and value in STATES:
        return str(tk._(STATES[value]["label"]))
    return title or value


def chips(want: Asked, shown_facets: list[dict[str, Any]], base: str) -> list[dict[str, str]]:
    """The filters that are on, each with the address that takes it away."""
    labels = {(f["name"], v["value"]): v["label"] for f in shown_facets for v in f["values"]}
    return [
        {"label": labels.get((name, value)) or label(name, value), "name": name, "value": value,
         "url": address(base, without(want.args, (name, value)))}
        for name, values in want.chosen.items() for value in values if (name, value) in want.args
    ]  # fmt: skip


def rescue(want: Asked, on: list[dict[str, str]]) -> dict[str, Any] | None:
    """The filter whose removal gives most results, for a search that found nothing."""
    best: dict[str, Any] | None = None
    for chip in on[:8]:
        count = search(want, rows=0, fq_list=want.filters(but=(chip["name"], chip["value"])))["count"]
        if count and (best is None or count > best["count"]):
            best = {**chip, "count": count}
    return best


def render(base: str, fixed: tuple[str, str] | None = None, **extra: Any) -> str:
    """The list page."""
    want = asked(fixed)
    # `base` has the language in it already, so CKAN's url_for would add it once more.
    extra["canonical"] = urljoin(tk.config["ckan.site_url"], base)
    extra |= {"want": want, "base": base, "sorts": {key: tk._(words) for key, (words, _) in SORTS.items()}}
    extra |= {"section": extra.get("section", "data"), "own_search": True, "failed": False}
    try:
        start = (want.page - 1) * PAGE_SIZE
        names = [facet.index for facet in FACETS if facet.name != "tags"]
        found = search(want, rows=PAGE_SIZE, start=start, **{"facet.field": names, "facet.limit": MOST_VALUES})
        extra["facets"] = facets(want, found)
        extra["chips"] = chips(want, extra["facets"], base)
        extra |= {"count": found["count"], "results": found["results"]}
        extra["rescue"] = rescue(want, extra["chips"]) if not found["count"] else None
        extra["pages"] = haugiang_pages(
            want.page, found["count"], PAGE_SIZE, lambda number: address(base, want.args, page=str(number))
        )
    except SearchQueryError:
        tk.abort(400, tk._("This search could not be read. Check quotes and brackets, or search for plain words."))
    except (SearchError, SolrConnectionError):
        log.exception("list page: the search failed")
        pass_by()
        extra |= {"failed": True, "facets": [], "chips": [], "count": 0, "results": [], "rescue": None, "pages": None}
    return tk.render("portal/list.html", extra)


@blueprint.route("/dataset/", strict_slashes=False)
def index() -> str:
    """Which datasets fit?"""
    return render(tk.h.url_for("dataset.search"))


@blueprint.route("/group/<id>")
def group(id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """One sector: the same list with the sector fixed."""
    entity = shown("group_show", id=id, include_datasets=False, include_users=False)
    if entity["name"] != id:
        return tk.redirect_to("group.read", id=entity["name"])
    about = {"entity": entity, "title": haugiang_title(entity), "section": "sectors"}
    # A sector is a type of dataset; any other group holds what was put into it.
    fixed = "sector" if haugiang_sector(entity["name"]) else "groups"
    return render(tk.h.url_for("group.read", id=entity["name"]), (fixed, entity["name"]), **about)


@blueprint.route("/organization/<id>")
def organization(id: str) -> Any:  # noqa: A002 - the name that CKAN's links use
    """One department: the same list with the department fixed."""
    entity = shown("organization_show", id=id, include_datasets=False, include_users=False)
    if entity["name"] != id:
        return tk.redirect_to("organization.read", id=entity["name"])
    about = {"entity": entity, "title": haugiang_title(entity), "section": "organizations"}
    return render(tk.h.url_for("organization.read", id=entity["name"]), ("organization", entity["name"]), **about)


@blueprint.route("/group/", strict_slashes=False)
def groups() -> str:
    """All sectors."""
    entities = ask("group_list", all_fields=True, include_dataset_count=True)
    icons = {sector["name"]: sector["icon"] for sector in tk.h.haugiang_sectors()}
    extra = {"entities": entities, "icons": icons, "kind": "group", "section": "sectors"}
    return tk.render("portal/entities.html", extra)


@blueprint.route("/organization/", strict_slashes=False)
def organizations() -> str:
    """All departments."""
    entities = ask("organization_list", all_fields=True, include_dataset_count=True, sort="package_count desc")
    extra = {"entities": entities, "icons": {}, "kind": "organization", "section": "organizations"}
    return tk.render("portal/entities.html", extra)
