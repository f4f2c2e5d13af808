"""What a file is, from its first bytes: the type that it is served as and the format that is shown.

The type that a browser or a client claims is never used: a page of HTML named ``.csv`` would be run in the reader's browser
under the portal's name (F60-F62).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

HEAD = 4096
BINARY = "application/octet-stream"


@dataclass(frozen=True)
class FileType:
    """The format shown to people and the type sent to their programs."""

    format: str
    mimetype: str


_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIPPED = {
    "xlsx": FileType("XLSX", _OFFICE + "spreadsheetml.sheet"),
    "xlsm": FileType("XLSM", BINARY),
    "xlsb": FileType("XLSB", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    "docx": FileType("DOCX", _OFFICE + "wordprocessingml.document"),
    "pptx": FileType("PPTX", _OFFICE + "presentationml.presentation"),
    "ods": FileType("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    "odt": FileType("ODT", "application/vnd.oasis.opendocument.text"),
    "zip": FileType("ZIP", "application/zip"),
}
_TEXT = {
    "csv": FileType("CSV", "text/csv"),
    "tsv": FileType("TSV", "text/tab-separated-values"),
    "txt": FileType("TXT", "text/plain"),
    "json": FileType("JSON", "application/json"),
    "geojson": FileType("GeoJSON", "application/geo+json"),
    "md": FileType("TXT", "text/plain"),
}
_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType("XLS", "application/vnd.ms-excel")),
    (b"%PDF-", FileType("PDF", "application/pdf")),
    (b"\x89PNG\r\n\x1a\n", FileType("PNG", "image/png")),
    (b"\xff\xd8\xff", FileType("JPEG", "image/jpeg")),
    (b"\x1f\x8b", FileType("GZ", "application/gzip")),
    (b"PAR1", FileType("Parquet", "application/vnd.apache.parquet")),
    (b"Rar!\x1a\x07", FileType("RAR", "application/vnd.rar")),
    (b"7z\xbc\xaf\x27\x1c", FileType("7Z", "application/x-7z-compressed")),
)
_MARKUP = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|script|svg|\?xml|!--)", re.IGNORECASE)


def of(head: bytes, name: str) -> FileType:
    """The type of a file that begins with ``head``; its name only tells kinds apart that have the same bytes."""
    ending = PurePath(name).suffix.lower().lstrip(".")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            old_word = kind.format == "XLS" and ending in ("doc", "ppt")
            return FileType(ending.upper(), BINARY) if old_word else kind
    if head.startswith(b"PK\x03\x04"):
        return _ZIPPED.get(ending, _ZIPPED["zip"])
    if _MARKUP.match(head):
        return FileType({"svg": "SVG", "xml": "XML"}.get(ending, "HTML"), BINARY)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return FileType(_label(ending), BINARY)
    return _TEXT.get(ending, FileType(_label(ending), BINARY))


def clean_name(name: str) -> str:
    """A file's own name, letters and all, without folders and control characters and of bearable length."""
    base = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in base if c.isprintable() and c not in '"<>|:*?;').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[:150]}.{ending}"
    return kept[:150] or "file"


def _label(ending: str) -> str:
    return ending.upper() if re.fullmatch(r"[a-z0-9]{1,8}", ending) else "DATA"


def mimetype(format: str) -> str:  # noqa: A002 - CKAN's word for it
    """The type that belongs to a format of `of`."""
    kinds = (*_ZIPPED.values(), *_TEXT.values(), *(kind for _, kind in _MAGIC))
    return next((kind.mimetype for kind in kinds if kind.format == format), BINARY)
