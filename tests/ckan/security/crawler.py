"""Asks the portal everything that may be asked without writing, as a given person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from ckan import logic

FACETS = ["tags", "res_format", "organization", "groups", "dataset_type", "vocab_state", "license_id", "state", "capacity"]
# What changes between two visits though nothing has happened.
MOVING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?|\d\d/\d\d/\d{4} \d\d:\d\d"
    r"|\"(oid|db_size)\": ?\"?\d+\"?|<time .*?</time>|<span class=\"date\".*?</span>|_:N[0-9a-f]{32}|\"last_active\": [^,]*"
    r"|name=\"_csrf_token\" (content|value)=\"[^\"]*\""
    r"|<script type=\"application/ld\+json\">.*?</script>",  # RDF in no order, on pages that are CKAN's own
    re.DOTALL,
)
ENDINGS = ("", "/report", "/report.csv", "/published.csv", "/download", "/download/x.csv", "/download?candidate=1",
           "/drawing/0.json", "/upload", "/upload/status")  # fmt: skip
# They tell of what the process does, or, as RDF, in an order that differs each time.
VOLATILE = ("/job_list", "/user_show", "/user_list", "/dcat_catalog", "/catalog.", ".rdf", ".ttl", ".xml", ".jsonld")


def actions() -> list[str]:
    """Every action that a GET may call."""
    logic.get_action("package_show")
    return sorted(name for name, action in logic._actions.items() if getattr(action, "side_effect_free", False))


def questions(portal: Any, word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Actions with arguments that make them say as much as they can; names that one does not know it leaves alone."""
    many = {"limit": 1000, "rows": 1000, "all_fields": "true", "include_private": "true", "include_drafts": "true"}
    many |= {"include_deleted": "true", "include_datasets": "true", "include_dataset_count": "true"}
    many |= {"include_users": "true", "include_tags": "true", "include_groups": "true", "include_followers": "true"}
    for action in actions():
        yield action, {}
        yield action, {**many, "id": portal.org["id"], "object_type": "package", "q": word, "query": word}
        yield action, {"id": portal.package["id"], "package_id": portal.package["id"], "limit": 100}
        yield action, {"resource_id": portal.resource, "id": portal.resource, "limit": 100}
        if action.startswith(("group", "member")):
            yield action, {**many, "id": "sector-of-all"}
        if action.startswith(("organization", "member")):
            yield action, {**many, "id": portal.org["id"]}
        if action.startswith(("user", "dashboard", "activity", "follow")) or action.endswith("_for_user"):
            yield action, {"id": portal.steward["id"], "user_id": portal.steward["id"], "limit": 100}
        if action.startswith("datastore"):
            yield action, {"resource_id": "_table_metadata", "id": "_table_metadata", "limit": 1000}
    for field in ("name", "url", "description", "format", "hash"):
        yield "resource_search", {"query": f"{field}:{word}"}
    for query in ("*:*", f"{word}*", f"state:draft OR capacity:private OR {word}"):
        for facets in (FACETS, []):
            found = {"q": query, "fq": "+state:*", "facet.field": json.dumps(facets), "facet.limit": -1, **many}
            yield "package_search", {**found, "rows": 100}


def lures(ids: list[str]) -> Iterator[dict[str, Any]]:
    """Arguments that name what is hidden, as somebody may who once saw it."""
    for each in ids:
        names = ("id", "resource_id", "package_id", "dataset_id", "object_id", "name", "ref")
        yield dict.fromkeys(names, each) | {"limit": 100}


def pages(portal: Any, word: str) -> Iterator[str]:
    """Addresses that the public finds by itself."""
    org, package, steward = portal.org["name"], portal.package["name"], portal.steward["name"]
    listings = ("", "/dataset", f"/dataset?q={word}", f"/dataset?tags={word}tag", "/organization", f"/organization/{org}",
                "/group", "/group/sector-of-all", f"/dataset/{package}", f"/dataset/activity/{package}", "/schema",
                f"/dataset/groups/{package}", f"/dataset/followers/{package}", f"/organization/about/{org}",
                f"/organization/activity/{org}", f"/organization/members/{org}", "/group/activity/sector-of-all",
                f"/user/{steward}", f"/user/activity/{steward}", "/schema/agri_annual_crop_season/1.0.0", "/my", "/upload",
                *portal.tables.values(), *(f"{address}/report" for address in portal.tables.values()))  # fmt: skip
    for address in listings:
        yield address or "/"
        yield f"/en{address}"
    for ending in ("ttl", "xml", "rdf", "jsonld"):
        yield f"/catalog.{ending}"
        yield f"/catalog.{ending}?q={word}"
        yield f"/dataset/{package}.{ending}"
    yield from ("/feeds/dataset.atom", f"/feeds/organization/{org}.atom", "/feeds/group/sector-of-all.atom",
                f"/feeds/custom.atom?q={word}", f"/feeds/tag/{word}tag.atom", "/sitemap.xml", "/robots.txt",
                "/datastore/dump/_table_metadata", f"/api/2/util/tag/autocomplete?incomplete={word}",
                f"/api/2/util/dataset/autocomplete?incomplete={word}", f"/api/2/util/user/autocomplete?q={word}",
                f"/api/2/util/resource/format_autocomplete?incomplete={word}", f"/api/2/util/group/autocomplete?q={word}",
                f"/api/2/util/organization/autocomplete?q={word}", f"/user/{steward}/groups")  # fmt: skip


def hidden_pages(packages: list[str], resources: list[str]) -> Iterator[str]:
    """Addresses of what is hidden, by its ids."""
    for each in packages:
        yield from (f"/dataset/{each}{ending}" for ending in ("", ".ttl", ".jsonld", ".rdf", "/croissant.jsonld"))
        yield from (f"/dataset/{word}/{each}" for word in ("activity", "edit", "groups", "followers", "resources", "delete"))
        yield f"/agriculture/{each}"
        for one in resources:
            base = f"/dataset/{each}/resource/{one}"
            yield from (base + end for end in ENDINGS)
            yield f"/dataset/{each}/dictionary/{one}"
    for one in resources:
        yield from (f"/datastore/dump/{one}{end}" for end in ("", "?format=json", "?limit=5", "?format=xml&bom=true"))


def address_of(action: str, data: dict[str, Any]) -> str:
    """Where an action is asked."""
    return f"/api/3/action/{action}?{urlencode(data)}"


def settled(text: str) -> str:
    """A text without what moves."""
    return MOVING.sub("…", text)
