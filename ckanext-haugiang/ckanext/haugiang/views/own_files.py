"""The portal's own styles, scripts, icons and fonts, out of memory: they are asked for with every first visit.

Each is known by an address that names its content (`helpers.haugiang_asset`), so a browser may keep it for good, and no
database, session or person has a part in it. Any other address of these files goes to CKAN.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FOREVER", "OwnFiles"]

FOREVER = "public, max-age=31536000, immutable"
TEXTS = (".css", ".js", ".svg", ".txt", ".html", ".json")
TYPES = {".js": "text/javascript", ".woff2": "font/woff2"}  # what machines know of types differs
Start = Callable[..., Any]


@dataclass(frozen=True)
class File:
    """A file as it goes out; `packed` is it compressed, None if that gains nothing."""

    content: bytes
    packed: bytes | None
    kind: str
    digest: str


def read(path: Path) -> File:
    """A file from the disk."""
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in TEXTS else None
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind += "; charset=utf-8" if kind.startswith("text/") else ""
    return File(content, packed, kind, hashlib.sha256(content).hexdigest()[:10])


class OwnFiles:
    """A WSGI application that has these files and hands every other request on.

    Args:
        app: The application inside.
        folder: Where the files are; they are read once.
        prefix: Where they are in the address.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], folder: Path, prefix: str) -> None:
        self.app = app
        paths = (path for path in folder.rglob("*") if path.is_file())
        self.files = {f"{prefix}/{path.relative_to(folder).as_posix()}": read(path) for path in paths}

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer one request."""
        file = self.files.get(environ["PATH_INFO"])
        method = environ["REQUEST_METHOD"]
        if file is None or method not in ("GET", "HEAD") or environ.get("QUERY_STRING", "") != f"v={file.digest}":
            return self.app(environ, start_response)
        headers = [
            ("Content-Type", file.kind), ("Cache-Control", FOREVER), ("ETag", f'W/"{file.digest}"'),
            ("X-Content-Type-Options", "nosniff"), ("Vary", "Accept-Encoding"),
        ]  # fmt: skip
        if file.digest in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", headers[1:])
            return []
        body = file.content
        if file.packed is not None and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = file.packed
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body] if method == "GET" else []
