"""Compresses what the portal sends, where no proxy in front does.

Pages of somebody who is signed in are left alone: they hold the form's token beside text of a stranger's choosing, and
the length of their compressed form would give it away letter by letter (the BREACH attack).
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

__all__ = ["Compressed"]

Start = Callable[..., Any]
KINDS = ("text/html", "text/css", "text/csv", "text/plain", "text/turtle", "text/xml", "application/javascript",
         "text/javascript", "application/json", "application/ld+json", "image/svg+xml")  # fmt: skip
SMALLEST, LARGEST, LEVEL = 1024, 4_000_000, 6


class Compressed:
    """A WSGI application whose answers are compressed for clients that understand gzip.

    Args:
        app: The application inside.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer one request."""
        held: dict[str, Any] = {}

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            held.update(status=status, headers=list(headers), exc_info=exc_info)
            return lambda _: None  # nothing in CKAN writes through this relic of WSGI

        body = self.app(environ, hold)
        headers: list[tuple[str, str]] = held["headers"]
        if not _wanted(environ, held["status"], headers):
            start_response(held["status"], headers, held["exc_info"])
            return body
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        packed = _kept(content) if _static(environ) else gzip.compress(content, LEVEL, mtime=0)
        headers[:] = [(name, _weak(value)) if name.lower() == "etag" else (name, value) for name, value in headers]
        headers[:] = [pair for pair in headers if pair[0].lower() != "content-length"]
        headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(packed))), ("Vary", "Accept-Encoding")]
        start_response(held["status"], headers, held["exc_info"])
        return [packed]


@lru_cache(maxsize=64)
def _kept(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _weak(etag: str) -> str:
    """The compressed form has the same content in other bytes, which is what a weak tag says."""
    return etag if etag.startswith("W/") else f"W/{etag}"


def _static(environ: dict[str, Any]) -> bool:
    return environ.get("PATH_INFO", "").lstrip("/").split("/")[0] in ("haugiang", "base", "webassets")


def _wanted(environ: dict[str, Any], status: str, headers: list[tuple[str, str]]) -> bool:
    values = {name.lower(): value for name, value in headers}
    length = values.get("content-length", "")
    return (
        "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        and environ.get("REQUEST_METHOD") == "GET"
        and status.startswith(("200", "404"))
        and (_static(environ) or not (environ.get("HTTP_COOKIE") or environ.get("HTTP_AUTHORIZATION")))
        and "set-cookie" not in values
        and "content-encoding" not in values
        and values.get("content-type", "").split(";")[0] in KINDS
        and length.isdigit()
        and SMALLEST <= int(length) <= LARGEST
    )
