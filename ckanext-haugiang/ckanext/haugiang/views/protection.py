"""What every request and every answer gets against attackers: a limit for bodies, few tries at a password, headers.

CKAN reads a body before it knows who sends it, counts no failed sign-ins, and lets other sites frame its pages.
"""

from __future__ import annotations

import json
from typing import Protocol

import ckan.plugins.toolkit as tk
from ckan.config.middleware.flask_app import ckan_before_request
from ckan.lib.search.common import SearchError
from flask import Flask, Response, g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest

from ckanext.haugiang import config
from ckanext.haugiang.core.errors import REASONS, fill
from ckanext.haugiang.views import visitor

__all__ = ["Counter", "install"]

MB = 1024 * 1024
# Bodies of the public are forms and queries; those of stewards may also be rows for the DataStore.
PUBLIC_BODY, JSON_BODY = 1 * MB, 64 * MB
# A file that is a little too large still gets its answer in words, from the form.
BESIDE_FILE = 16 * MB
EVERYWHERE = "base-uri 'self'; object-src 'none'; form-action 'self'; frame-ancestors 'self'"
# Vega compiles what it draws.
STRICT = EVERYWHERE + "; script-src 'self' 'unsafe-eval'"
# CKAN's own forms of datasets and files hold script in attributes; scripts of other sites do not run there either.
LOOSE = STRICT + " 'unsafe-inline'"
FORMS = ("new", "edit")
TOO_LARGE = "file-too-large"
SIGN_IN, RESET = "user.login", "user.request_reset"


class Counter(Protocol):
    """Counts what failed, see `adapters.attempts`."""

    def wait(self, name: str, address: str) -> int:
        """Seconds that the next one must wait."""

    def failed(self, name: str, address: str) -> None:
        """One failed."""

    def succeeded(self, name: str, address: str) -> None:
        """One did not."""


def install(app: Flask, sign_ins: Counter, resets: Counter) -> None:
    """Protect an application.

    Args:
        app: CKAN's application.
        sign_ins: Counts passwords that were wrong.
        resets: Counts mails that were asked for.
    """
    config.trusted_proxies()  # what is no network is told at the start
    counters = {SIGN_IN: (sign_ins, "login"), RESET: (resets, "user")}
    before = app.before_request_funcs.setdefault(None, [])
    # CKAN finds out who asks, then its protection of forms reads the body: between the two.
    place = before.index(ckan_before_request) + 1 if ckan_before_request in before else 0
    before[place:place] = [_limit_body, _refuse_nul, _stay_here, lambda: _wait(counters)]
    # Feeds and catalogues ask the search for whatever stands in the address; CKAN calls its refusal a fault of the server.
    for refusal in (SearchError, tk.ValidationError):
        app.register_error_handler(refusal, lambda _: app.handle_http_exception(BadRequest()))
    # Flask asks the first registered last.
    app.after_request_funcs.setdefault(None, []).insert(0, lambda response: _headers(_count(counters, response)))


def _limit_body() -> None:
    """Before anything reads it; a larger one is answered by 413, also when its length is not told."""
    if not g.get("user"):
        request.max_content_length = PUBLIC_BODY
    elif request.mimetype == "multipart/form-data":
        request.max_content_length = config.max_upload_bytes() + BESIDE_FILE
    else:
        request.max_content_length = JSON_BODY


def _refuse_nul() -> None:
    """PostgreSQL takes no NUL in a text, and CKAN answers its refusal with a fault of the server."""
    asked = (request.path, *request.args.values())
    if request.mimetype == "application/json":
        found = b"\\u0000" in request.get_data()
    else:
        found = any("\0" in value for value in request.form.values())
    if found or any("\0" in value for value in asked):
        tk.abort(400)


def _stay_here() -> None:
    """Sign in without being led elsewhere; browsers read a backslash as a slash, and CKAN fails at what is no path."""
    wanted = request.args.get("next", request.args.get("came_from")) or "/"
    odd = "\\" in wanted or not wanted.isprintable() or not wanted.startswith(("/", "http://", "https://"))
    if request.endpoint == SIGN_IN and odd:
        kept = [pair for pair in request.args.items(multi=True) if pair[0] not in ("next", "came_from")]
        request.args = ImmutableMultiDict(kept)


def _who(field: str) -> tuple[str, str]:
    return request.form.get(field, ""), visitor.address()


def _wait(counters: dict[str, tuple[Counter, str]]) -> None:
    if request.method != "POST" or request.endpoint not in counters:
        return
    counter, field = counters[request.endpoint]
    if seconds := counter.wait(*_who(field)):
        g.haugiang_waits = seconds
        tk.abort(429)


def _count(counters: dict[str, tuple[Counter, str]], response: Response) -> Response:
    if request.method != "POST" or request.endpoint not in counters or g.get("haugiang_waits"):
        return response
    counter, field = counters[request.endpoint]
    if request.endpoint == SIGN_IN and response.status_code == 302 and tk.current_user.is_authenticated:
        counter.succeeded(*_who(field))
    elif response.status_code in (200, 302):
        counter.failed(*_who(field))
    return response


def _tell_too_large(response: Response) -> None:
    """CKAN has one status for all that is invalid, and a page for programs whose file it has not even read."""
    if g.get("haugiang_too_large") and response.status_code in (200, 409):
        response.status_code = 413
    elif response.status_code == 413 and request.blueprint == "api" and request.mimetype == "multipart/form-data":
        most = min(config.max_upload_bytes(), request.max_content_length or PUBLIC_BODY) // MB
        sentence = fill(tk._(REASONS[TOO_LARGE]), {"size": f"> {most} MB", "limit": f"{most} MB"})
        error = {"__type": "Validation Error", "upload": [sentence], "code": [TOO_LARGE]}
        response.set_data(json.dumps({"success": False, "error": error}, ensure_ascii=False))
        response.mimetype = "application/json"


def _headers(response: Response) -> Response:
    _tell_too_large(response)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if seconds := g.get("haugiang_waits"):
        response.headers["Retry-After"] = str(seconds)
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    if response.mimetype == "text/html":
        ours = (request.blueprint or "").startswith("haugiang_")
        loose = not ours and (request.endpoint or "").rpartition(".")[2] in FORMS
        response.headers.setdefault("Content-Security-Policy", LOOSE if loose else STRICT)
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    return response
