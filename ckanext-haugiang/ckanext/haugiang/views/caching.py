"""Which pages are kept, for whom and how long: docs/explanation/caching.md tells it in words.

A page of the public is kept in the memory of the process that made it, and given out as long as PostgreSQL says at each
request that nothing has changed since. Everything that might make one visitor's page another's keeps it from being kept.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from flask import Flask, Response, g, request, session

from ckanext.haugiang import config
from ckanext.haugiang.helpers import PUBLIC
from ckanext.haugiang.views.own_files import FOREVER, OwnFiles
from ckanext.haugiang.views.page_store import Key, Page, Store, made

__all__ = ["Pages", "install", "pass_by"]

Environ = dict[str, Any]
Start = Callable[..., Any]
# Pages that depend on nothing but their address, the language and what the public may see.
KEPT = {
    "haugiang_home.index",
    *(f"haugiang_listing.{name}" for name in ("index", "group", "organization", "groups", "organizations")),
    "haugiang_dataset.read",
    "haugiang_resource.read",
    *(f"haugiang_schema.{name}" for name in ("index", "read")),
    *(f"haugiang_about.{name}" for name in ("about", "accessibility", "api", "contact", "guide", "privacy", "terms")),
    *(f"haugiang_sitemap.{name}" for name in ("index", "part", "robots")),
}
STATIC = ("static", "haugiang_resource.drawing_script")
LONGEST_QUERY = 500
# Whoever sends one of these gets a page made for him; so does who sends a cookie or the header of an API token.
PERSONAL = ("HTTP_AUTHORIZATION", "REMOTE_USER", "HTTP_RANGE", "HTTP_ORIGIN")
SLOT = "haugiang.page"
PRIVATE, REVALIDATE = "private, no-store", "private, no-cache"
DAY = "public, max-age=86400"


@dataclass
class Slot:
    """One request for a page that might be kept, on its way through the application."""

    key: Key
    generation: int | None = None
    keep: bool = False
    until: float = 0.0


class Pages:
    """A WSGI application that keeps pages of the one inside.

    Args:
        app: The application inside; the hooks of `install` in it say which answer may be kept.
        store: Where pages are kept.
        generation: Gives the number of the present state of the data, None if that cannot be told.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], store: Store, generation: Callable[[], int | None]) -> None:
        self.app, self.store, self.generation = app, store, generation

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Answer one request."""
        key = key_of(environ) if not personal(environ) else None
        if key is None:
            return self.app(environ, start_response)
        slot = environ[SLOT] = Slot(key)
        page = self.store.get(key)
        if page is not None:
            slot.generation = self.generation()
            if page.generation == slot.generation and time.monotonic() < page.until:
                return answered(page, environ, start_response)
            self.store.drop(key)
        return self._make(slot, environ, start_response)

    def _make(self, slot: Slot, environ: Environ, start_response: Start) -> Iterable[bytes]:
        held: list[Any] = []

        def hold(*arguments: Any) -> Callable[[bytes], None]:
            held[:] = arguments
            return lambda _: None  # nothing in CKAN writes through this relic of WSGI

        body = self.app(environ, hold)
        headers = held[1]
        # Flask sets cookies after all hooks, so only here one sees whether there is one.
        cookies = any(name.lower() == "set-cookie" for name, _ in headers)
        if not slot.keep or slot.generation is None or cookies or environ["REQUEST_METHOD"] != "GET":
            start_response(*held)
            return body
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        kept = tuple(pair for pair in headers if pair[0].lower() not in ("content-length", "etag", "date"))
        page = made(content, kept, slot.generation, slot.until)
        self.store.put(slot.key, page)
        return answered(page, environ, start_response)


def personal(environ: Environ) -> bool:
    """Whether the request may be that of a certain person."""
    token = "HTTP_" + config.api_token_header().upper().replace("-", "_")
    if any(environ.get(name) for name in (*PERSONAL, token)):
        return True
    cookies = environ.get("HTTP_COOKIE", "")
    if not cookies:
        return False
    harmless = config.page_cache_ignored_cookies()
    names = (part.partition("=")[0].strip() for part in cookies.split(";"))
    return not all(any(fnmatchcase(name, pattern) for pattern in harmless) for name in names)


def key_of(environ: Environ) -> Key | None:
    """What a page depends on; None if the request is not one for a page."""
    query = environ.get("QUERY_STRING", "")
    accepted = environ.get("HTTP_ACCEPT", "*/*")
    if (
        environ["REQUEST_METHOD"] not in ("GET", "HEAD")
        or len(query) > LONGEST_QUERY
        or "__no_cache__" in query
        or not ("text/html" in accepted or "*/*" in accepted)
    ):
        return None
    names = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "CKAN_LANG", "CKAN_LANG_IS_DEFAULT", "PATH_INFO")
    return (*(str(environ.get(name, "")) for name in names), query)


def answered(page: Page, environ: Environ, start_response: Start) -> Iterable[bytes]:
    """Send a page, or say that the client has it."""
    headers = [*page.headers, ("ETag", page.etag)]
    known = [tag.strip().removeprefix("W/") for tag in environ.get("HTTP_IF_NONE_MATCH", "").split(",")]
    if page.etag.removeprefix("W/") in known:
        start_response("304 Not Modified", [pair for pair in headers if pair[0].lower() != "content-type"])
        return []
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = page.packed
        headers.append(("Content-Encoding", "gzip"))
    else:
        body = gzip.decompress(page.packed)
    headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def install(app: Flask, generation: Callable[[], int | None]) -> None:
    """Keep pages of an application, and say in every answer who may keep it.

    Args:
        app: CKAN's application.
        generation: See `Pages`.
    """
    room = config.page_cache_bytes()
    if room:
        pages = Pages(app.wsgi_app, Store(room), generation)
        app.wsgi_app = pages  # type: ignore[method-assign]
        app.extensions["haugiang_pages"] = pages
        app.before_request_funcs.setdefault(None, []).insert(0, lambda: _begin(pages))
    app.wsgi_app = OwnFiles(app.wsgi_app, PUBLIC, "/haugiang")  # type: ignore[method-assign]
    # Flask asks the first registered last: these come after CKAN has written its headers.
    app.after_request_funcs.setdefault(None, []).insert(0, _end)


def pass_by() -> None:
    """Do not keep the page that is being made: something on it is missing that will be there in a moment."""
    g.haugiang_passing = True


def _begin(pages: Pages) -> None:
    """The state of the data must be asked for before anything is read."""
    slot: Slot | None = request.environ.get(SLOT)
    if slot is not None and request.endpoint in KEPT and slot.generation is None:
        slot.generation = pages.generation()


def _end(response: Response) -> Response:
    """Say who may keep an answer, and let a page of the public be kept."""
    endpoint = request.endpoint or ""
    if response.status_code in (200, 206, 304) and (endpoint in STATIC or endpoint.startswith("webassets")):
        return _file(response, endpoint)
    if g.get("user"):
        response.headers["Cache-Control"] = PRIVATE
    elif response.mimetype == "text/html" or endpoint in KEPT:
        response.headers["Cache-Control"] = REVALIDATE
    if endpoint in KEPT:
        response.vary.update(("Cookie", "Accept-Encoding"))
    slot: Slot | None = request.environ.get(SLOT)
    if slot is not None and endpoint in KEPT and _of_the_public(response):
        age = min(config.page_cache_seconds(), g.get("haugiang_steady_seconds", float("inf")))
        slot.until, slot.keep = time.monotonic() + age, age > 0
    return response


def _of_the_public(response: Response) -> bool:
    """Whether anybody would get this answer: nobody signed in, no message for one person, nothing that went wrong."""
    return (
        response.status_code == 200
        and not response.is_streamed
        and not response.direct_passthrough
        and not g.get("user")
        and not session
        and not session.modified
        and not g.get("haugiang_passing", False)
    )


def _file(response: Response, endpoint: str) -> Response:
    """CKAN's bundles are named by their content; its other files may be a day old, uploaded ones not."""
    if endpoint.startswith("webassets"):
        response.headers["Cache-Control"] = FOREVER
    elif request.path.startswith("/haugiang/") and "v" in request.args:
        # Not the version that is asked for, or OwnFiles had answered: another host is older or newer than this one.
        response.headers["Cache-Control"] = "no-cache"
    elif not request.path.startswith("/uploads/"):
        response.headers["Cache-Control"] = DAY
    return response
