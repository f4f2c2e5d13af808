"""A published table as a page of rows: its columns, its filters and its order all stand in the address."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import ckan.plugins.toolkit as tk

from ckanext.haugiang.core.schema.units import unit_in
from ckanext.haugiang.helpers import haugiang_cell, haugiang_pages, haugiang_plain, haugiang_type_word, haugiang_words
from ckanext.haugiang.views.common import address, arguments, ask, maybe, page_number

PAGE_SIZE, MOST_FILTERS, MOST_CHOICES = 100, 4, 80
# Roles of columns that can be filtered by, in the order in which people ask.
ORDER = ("time", "period", "label", "place", "dimension", "place-version")
# PostgreSQL's types, for tables that came without a schema.
KINDS = {
    "int": "integer",
    "num": "number",
    "flo": "number",
    "dou": "number",
    "dat": "date",
    "tim": "datetime",
    "boo": "boolean",
}
RIGHT = {"number", "integer"}


def schema_of(resource: Mapping[str, Any]) -> dict[str, Any] | None:
    """The table schema that a resource names, if it is known."""
    ref = resource.get("table_schema")
    found = maybe("haugiang_schema_show", ref=ref) if ref else None
    return found["descriptor"] if found else None


def columns(fields: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Columns of the table in their order: title, unit and type from the schema, from the dictionary else."""
    described = {field["name"]: field for field in (schema or {}).get("fields", [])}
    found = []
    for field in fields:
        if field["id"].startswith("_"):
            continue
        about = described.get(field["id"])
        info = field.get("info") or {}
        kind = about["type"] if about else _kind(str(field.get("type", "")))
        found.append(
            {
                "id": field["id"], "kind": kind, "about": about, "right": kind in RIGHT,
                "title": haugiang_words(about) if about else haugiang_plain(info.get("label")) or field["id"],
                "unit": unit_in((about or {}).get("x-unit") or haugiang_plain(info.get("unit")), tk.h.lang()),
                "labels": _labels(about, described),
                "word": haugiang_type_word(about or {"type": kind}),
            }
        )  # fmt: skip
    # The name of a place says more than its code: it leads, and stays in sight when the rest is swiped.
    label = next((column for column in found if (column["about"] or {}).get("x-role") == "label"), None)
    for column in found:
        role = (column["about"] or {}).get("x-role")
        column["coded"] = bool(label) and (role == "place" or (role == "label" and column is not label))
    return sorted(found, key=lambda column: column is not label)


def _kind(name: str) -> str:
    return next((kind for start, kind in KINDS.items() if name.startswith(start)), "string")


def _labels(about: Mapping[str, Any] | None, described: Mapping[str, Any]) -> dict[str, str]:
    """Names of the codes of a column, in the language of the page.

    Codes of places keep standing as they are: one code may mean two places, and the table has a column for the name.
    """
    about = about or {}
    named = {str(code): haugiang_plain(names) for code, names in (about.get("x-labels") or {}).items()}
    versioned = any(field.get("x-role") == "place-version" for field in described.values())
    if named or not about.get("x-codelist") or (about.get("x-role") == "place" and versioned):
        return named
    rows = (maybe("haugiang_codelist_show", name=about["x-codelist"]) or {}).get("rows", [])
    lang = "name_vi" if tk.h.lang() == "vi" else "name_en"
    return {row["code"]: row.get(lang) or row.get("name_vi") or "" for row in rows if "code" in row}


def text(column: Mapping[str, Any], value: Any) -> str:
    """What a cell shows."""
    if value is None:
        return ""
    named = column["labels"].get(str(value))
    return named if named else haugiang_cell(value, column["kind"])


def asked(known: Sequence[str]) -> dict[str, Any]:
    """Filters, order and page out of the address; unknown columns are dropped."""
    filters = {key[2:]: value for key, value in arguments() if key.startswith("f_") and key[2:] in known}
    args = dict(arguments())
    name, _, direction = args.get("sort", "").partition(" ")
    order = (name, "desc" if direction == "desc" else "asc") if name in known else None
    return {
        "filters": filters,
        "order": order,
        "page": page_number(),
        "find": args.get("find", "").strip()[:200],
    }


def read(resource: Mapping[str, Any], base: str, profile: Mapping[str, Any]) -> dict[str, Any] | None:
    """One page of the table, or None where there is no table (yet)."""
    try:
        head = ask("datastore_search", resource_id=resource["id"], limit=0, include_total=True)
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None
    cols = columns(head["fields"], schema_of(resource))
    want = asked([column["id"] for column in cols])
    problem, answer = None, {"records": [], "total": 0}
    try:
        answer = _rows(resource, want, head["total"])
    except tk.ValidationError:
        problem = tk._("This filter does not fit the type of the column. Take it away, or choose a value from the list.")
    got = {"cols": cols, "want": want, "total": head["total"], "answer": answer, "problem": problem, "profile": profile}
    return _page(resource, base, got)


def _rows(resource: Mapping[str, Any], want: Mapping[str, Any], total: int) -> dict[str, Any]:
    """The rows of a page; those of the second half of a table are counted from its end, which is twice as quick or more."""
    start = (want["page"] - 1) * PAGE_SIZE
    query: dict[str, Any] = {"resource_id": resource["id"], "limit": PAGE_SIZE, "offset": start}
    backwards = False
    if want["filters"] or want["find"]:
        query |= {key: value for key, value in (("filters", want["filters"]), ("q", want["find"])) if value}
    else:
        query["include_total"] = False
        if backwards := total > start >= total // 2:
            rows = min(PAGE_SIZE, total - start)
            query |= {"limit": rows, "offset": total - start - rows}
    name, direction = want["order"] or ("_id", "asc")
    if backwards:
        direction = "asc" if direction == "desc" else "desc"
    # Rows of equal value need an order too, or a row stands on two pages and another on none.
    query["sort"] = f'"{name}" {direction}' + (f", _id {'desc' if backwards else 'asc'}" if name != "_id" else "")
    answer = ask("datastore_search", **query)
    records = list(answer["records"])
    return {"records": records[::-1] if backwards else records, "total": answer.get("total", total)}


def preview(resource: Mapping[str, Any], rows: int = 5) -> dict[str, Any] | None:
    """The first rows, for the page of a dataset with one table."""
    try:
        answer = ask("datastore_search", resource_id=resource["id"], limit=rows, sort="_id")
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None
    cols = [column for column in columns(answer["fields"], schema_of(resource)) if not _aside(column)]
    return {"columns": cols, "rows": [_row(cols, record) for record in answer["records"]], "total": answer["total"]}


def _aside(column: Mapping[str, Any]) -> bool:
    """Columns that a glance does without: codes beside names, versions of lists, notes."""
    return column["coded"] or (column["about"] or {}).get("x-role") in ("place-version", "note")


def _page(resource: Mapping[str, Any], base: str, got: dict[str, Any]) -> dict[str, Any]:
    cols, want, answer = got["cols"], got["want"], got["answer"]
    args = [pair for pair in arguments() if pair[0] != "page"]
    for column in cols:
        up = want["order"] == (column["id"], "asc")
        column["sorted"] = want["order"][1] if want["order"] and want["order"][0] == column["id"] else None
        column["sort_url"] = address(base, args, sort=f"{column['id']} {'desc' if up else 'asc'}") + "#bang"
    filtered = bool(want["filters"] or want["find"])
    start = (want["page"] - 1) * PAGE_SIZE

    def to_page(number: int) -> str:
        return address(base, args, page=str(number)) + "#bang"

    return {
        "columns": cols, "total": got["total"], "found": answer["total"], "filtered": filtered,
        "problem": got["problem"],
        "rows": [_row(cols, record) for record in answer["records"]],
        "first": start + 1 if answer["records"] else 0, "last": start + len(answer["records"]),
        "filters": filters(resource, cols, want, got["profile"]), "find": want["find"], "order": want["order"],
        "base": base,
        "pages": haugiang_pages(want["page"], answer["total"], PAGE_SIZE, to_page),
        "part": download(resource, want) if filtered else None, "want": want,
    }  # fmt: skip


def _row(cols: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> list[tuple[Any, Any, str]]:
    return [(column, record.get(column["id"]), text(column, record.get(column["id"]))) for column in cols]


def filters(
    resource: Mapping[str, Any], cols: Sequence[dict[str, Any]], want: dict[str, Any], profile: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Columns with few values, each with its values: when, where, what. At most four, and those that are in use."""
    found: list[dict[str, Any]] = []
    for column in sorted(filter(_filterable, cols), key=lambda column: ORDER.index(column["about"]["x-role"])):
        used = column["id"] in want["filters"]
        if len(found) >= MOST_FILTERS and not used:
            continue
        values = _values(resource, column, profile.get(column["id"]) or {})
        if 1 < len(values) <= MOST_CHOICES or used:
            options = [{"value": str(value), "label": text(column, value)} for value in values]
            found.append({"column": column, "options": options, "value": want["filters"].get(column["id"], "")})
    return found


def _filterable(column: Mapping[str, Any]) -> bool:
    about = column["about"] or {}
    # Of a place its name is offered where the table has one, its code else.
    return about.get("x-role") in ORDER and column["kind"] in ("string", "integer", "year") and not column["coded"]


def _values(resource: Mapping[str, Any], column: Mapping[str, Any], profile: Mapping[str, Any]) -> list[Any]:
    """All values of a column, from the profile where it has them."""
    distinct, top = int(profile.get("distinct") or 0), profile.get("top") or []
    if not 1 < distinct <= MOST_CHOICES:
        return []
    if column["kind"] != "string" and profile.get("min") is not None:
        return list(range(int(profile["min"]), int(profile["max"]) + 1))[: MOST_CHOICES + 1]
    if len(top) >= distinct:
        return sorted((item["value"] for item in top), key=str)
    # CKAN limits the rows before it looks for distinct values, so all rows must be asked for.
    query = {"fields": [column["id"]], "distinct": True, "limit": 32000, "include_total": False}
    records = ask("datastore_search", resource_id=resource["id"], **query)["records"]
    return sorted({record[column["id"]] for record in records if record[column["id"]] is not None}, key=str)


def download(resource: Mapping[str, Any], want: Mapping[str, Any]) -> str:
    """The rows that the filters leave, as CSV."""
    query = {"q": want["find"], "filters": json.dumps(want["filters"], ensure_ascii=False), "bom": "true"}
    base = tk.h.url_for("datastore.dump", resource_id=resource["id"])
    return f"{base}?{urlencode({key: value for key, value in query.items() if value})}"
