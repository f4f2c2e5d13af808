"""Downloads: the file of a resource, its canonical table, and dumps of the DataStore.

CKAN's own views of these addresses are replaced. Files go out as attachments that no browser runs, of a type that the portal
found out itself (F60-F62); dumps come from the immutable file of the published version, because CKAN pages through a table
that may be swapped meanwhile.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response, request, send_file

__all__ = ["files"]

files = Blueprint("haugiang_files", __name__)
CHUNK = 2000
# Arguments of CKAN's dump that choose rows or columns; with one of them the whole file is no answer.
CHOOSING = ("offset", "limit", "filters", "q", "distinct", "plain", "language", "fields", "sort")
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}


def _context() -> dict[str, Any]:
    return {"user": tk.current_user.name, "auth_user_obj": tk.current_user, "haugiang_local": True}


def _find(resource_id: str, version: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = tk.get_action("haugiang_file_show")(
            _context(), {"resource_id": resource_id, "version": version}
        )
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error.message or tk._("There is no such file, or none is published yet.")))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error.message or tk._("Not authorized to download this file.")))
    return found


def _resource(package_id: str, resource_id: str) -> dict[str, Any]:
    """The resource; or the page that says 410 if it was the public's once, 404 else, private or not there."""
    try:
        return dict(tk.get_action("resource_show")(_context(), {"id": resource_id}))
    except (tk.ObjectNotFound, tk.NotAuthorized):
        asked = ({"id": package_id}, {"id": package_id, "resource_id": resource_id})
        gone = any(tk.get_action("haugiang_withdrawn")(_context(), one) for one in asked)
        return tk.abort(410 if gone else 404, tk._("Resource not found"))


def _send(found: dict[str, Any], *, public: bool) -> Response:
    response = send_file(
        found["path"],
        mimetype=found["mimetype"],
        as_attachment=True,
        download_name=found["name"],
        etag=found["sha256"],
        conditional=True,
        max_age=None,
    )
    return _guarded(response, public=public)


def _guarded(response: Response, *, public: bool) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if public else "same-origin"
    if not public:
        response.headers["Cache-Control"] = "private, no-store"
        request.environ["__no_cache__"] = True
    return response


def download(id: str, resource_id: str, filename: str | None = None, **_: Any) -> Any:  # noqa: A002 - CKAN's name
    """The published file for everybody; with ``?candidate=1`` or ``?version=<run>`` another for editors."""
    resource = _resource(id, resource_id)
    if resource.get("url_type") != "upload":
        return _follow(str(resource.get("url") or ""))
    version = "candidate" if tk.asbool(request.args.get("candidate", False)) else request.args.get("version", "published")
    return _send(_find(resource_id, version), public=version == "published" and tk.current_user.is_anonymous)


def _follow(url: str) -> Any:
    # Also for links that were stored before the rule against them.
    if not url.lower().startswith(("http://", "https://", "ftp://")) or not url.isprintable():
        tk.abort(404, tk._("No download is available"))
    return tk.redirect_to(url)


def published(id: str, resource_id: str) -> Any:  # noqa: A002 - CKAN's name
    """The canonical table of the published version: UTF-8, ISO dates, decimal point."""
    _resource(id, resource_id)
    return _send(_find(resource_id, "table"), public=tk.current_user.is_anonymous)


def dump_instead(core: Callable[..., Any]) -> Callable[..., Any]:
    """CKAN's view of a DataStore dump, replaced for tables that the portal publishes."""

    def dump(resource_id: str) -> Any:
        try:
            found = tk.get_action("haugiang_file_show")(_context(), {"resource_id": resource_id, "version": "table"})
        except (tk.ObjectNotFound, tk.NotAuthorized):
            try:
                return core(resource_id)
            except tk.ObjectNotFound:  # CKAN 2.12 lets it through
                tk.abort(404, tk._("No download is available"))
        wanted = request.args.get("format", "csv")
        if wanted not in FORMATS:
            tk.abort(400, tk._("format must be one of {formats}").format(formats=", ".join(FORMATS)))
        chosen = [name for name in CHOOSING if request.args.get(name)]
        if chosen:
            return _one_page(resource_id, wanted, chosen)
        bom = tk.asbool(request.args.get("bom", False))
        if wanted == "csv" and not bom:
            return _send(found, public=tk.current_user.is_anonymous)
        return _streamed(_convert(found["path"], wanted, bom=bom), resource_id, wanted)

    return dump


def _streamed(body: Iterator[str], resource_id: str, wanted: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(resource_id)}.{wanted}"
    headers = {"Content-Type": FORMATS[wanted], "Content-Disposition": disposition}
    return _guarded(Response(body, headers=headers), public=tk.current_user.is_anonymous)


def _one_page(resource_id: str, wanted: str, chosen: list[str]) -> Response:
    """A choice of rows, from one query, so that it is of one version."""
    most = int(tk.config["ckan.datastore.search.rows_max"])
    asked: dict[str, Any] = {name: request.args[name] for name in chosen}
    try:
        limit, offset = min(int(asked.pop("limit", most)), most), int(asked.get("offset", 0))
        if "filters" in asked:
            asked["filters"] = dict(json.loads(asked["filters"]).items())
        found = tk.get_action("datastore_search")(
            {"user": tk.current_user.name, "auth_user_obj": tk.current_user},
            {**asked, "resource_id": resource_id, "limit": limit, "records_format": "lists", "include_total": True},
        )
    except (ValueError, AttributeError, tk.ValidationError) as error:
        tk.abort(400, json.dumps(getattr(error, "error_dict", str(error)), ensure_ascii=False))
    if "limit" not in request.args and found["total"] - offset > limit:
        tk.abort(400, tk._("More than {limit} rows. Ask for fewer, or take the whole table.").format(limit=limit))
    names = [field["id"] for field in found["fields"]]
    rows = ([("" if cell is None else cell) for cell in row] for row in found["records"])
    return _streamed(_written(names, rows, wanted), resource_id, wanted)


def _convert(path: str, wanted: str, *, bom: bool) -> Iterator[str]:
    if bom:
        yield "\ufeff"
    with open(path, encoding="utf-8", newline="") as stream:  # noqa: PTH123 - a path from the action
        rows = csv.reader(stream)
        yield from _written(next(rows), rows, wanted)


def _written(names: list[str], rows: Any, wanted: str) -> Iterator[str]:
    if wanted in ("csv", "tsv"):
        yield from _separated(names, rows, "," if wanted == "csv" else "\t")
    elif wanted == "json":
        yield '{"fields": ' + json.dumps([{"id": name} for name in names]) + ', "records": [\n'
        for number, row in enumerate(rows):
            yield (",\n" if number else "") + json.dumps([cell if cell != "" else None for cell in row], ensure_ascii=False)
        yield "\n]}\n"
    else:
        yield "<data>\n"
        for row in rows:
            cells = "".join(f"<{n}>{escape(str(v))}</{n}>" for n, v in zip(names, row, strict=True) if v != "")
            yield f"<row>{cells}</row>\n"
        yield "</data>\n"


def _separated(names: list[str], rows: Any, delimiter: str) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def replace_core_views(app: Any) -> None:
    """Put these views in the place of CKAN's, for datasets of every type."""
    for endpoint in list(app.view_functions):
        if endpoint.endswith("resource.download"):
            app.view_functions[endpoint] = download
    core = app.view_functions.get("datastore.dump")
    if core is not None:
        app.view_functions["datastore.dump"] = dump_instead(core)
    # Flask asks the first registered last: this comes after CKAN has written its headers.
    app.after_request_funcs.setdefault(None, []).insert(0, _reading_only)


def _reading_only(response: Response) -> Response:
    """Pages of other sites may read from the portal, not write to it."""
    if response.headers.get("Access-Control-Allow-Origin") == "*":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    return response


files.add_url_rule("/dataset/<id>/resource/<resource_id>/published.csv", view_func=published)
