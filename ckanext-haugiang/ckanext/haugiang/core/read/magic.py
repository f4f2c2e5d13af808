"""What a file is, from its bytes; its name is only what it claims to be.

Formats that are read as tables: csv, tsv, txt, json, ndjson, parquet, xlsx, xls, xlsb, ods. All others get the name
under which the error message mentions them.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePath
from typing import BinaryIO

from ckanext.haugiang.core.errors import ReadError

TEXT = frozenset({"csv", "tsv", "txt"})
SHEETS = frozenset({"xlsx", "xls", "xlsb", "ods"})
READABLE = TEXT | SHEETS | {"json", "ndjson", "parquet"}

# What people call the formats that we can name but do not read, and those whose ending says less than its bytes.
LABELS = {
    "7z": "a 7-Zip archive",
    "csv": "a CSV text",
    "doc": "an old Office document (Word or PowerPoint)",
    "docx": "a Word document",
    "gz": "a gzip archive",
    "html": "a web page (HTML)",
    "image": "a picture",
    "json": "JSON",
    "ndjson": "NDJSON",
    "ods": "an OpenDocument sheet (.ods)",
    "odt": "an OpenDocument text",
    "parquet": "Parquet",
    "pdf": "a PDF",
    "pptx": "a PowerPoint file",
    "rar": "a RAR archive",
    "rtf": "a rich text document (RTF)",
    "tsv": "a text with tabs (TSV)",
    "txt": "a text",
    "xls": "an Excel 97–2003 workbook (.xls)",
    "xlsb": "an Excel binary workbook (.xlsb)",
    "xlsm": "an Excel workbook with macros (.xlsm)",
    "xlsx": "an Excel workbook (.xlsx)",
    "xml": "an XML document",
    "zip": "a ZIP archive",
    "binary": "a binary file that is no table",
}

_SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "7z"),
    (b"\xfd7zXZ\x00", "7z"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"PAR1", "parquet"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"{\\rtf", "rtf"),
)
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Old Excel files (before 1993) and streams without their OLE shell begin with a BOF record.
_BIFF = (b"\x09\x08\x10\x00\x00\x06", b"\x09\x08\x08\x00\x00\x05", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00")
_PACKAGES = (
    (b"ms-excel.sheet.binary", "xl/workbook.bin", "xlsb"),
    (b"spreadsheetml.sheet.main", "xl/workbook.xml", "xlsx"),
    (b"ms-excel.sheet.macroEnabled.main", "xl/workbook.xml", "xlsx"),
    (b"wordprocessingml", "word/document.xml", "docx"),
    (b"presentationml", "ppt/presentation.xml", "pptx"),
)
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLE_SHEETS = tuple(name.encode("utf-16-le") for name in ("Workbook", "WORKBOOK", "Book", "BOOK"))
_OLE_LOOK = 16 * 1024 * 1024


def extension(filename: str) -> str:
    """The ending of a file name in lower case, without its dot."""
    return PurePath(filename).suffix.lower().removeprefix(".")


def binary_format(stream: BinaryIO) -> str | None:
    """The format if the bytes tell it, None for what can only be text.

    Raises:
        ReadError: file-encrypted, file-truncated.
    """
    stream.seek(0)
    head = stream.read(4096)
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head.startswith(_ZIP):
        return _zip_format(stream)
    if head.startswith(_OLE):
        return _ole_format(stream)
    if head.startswith(_BIFF):
        return "xls"
    return None


def text_format(head: str, ending: str) -> str:
    """Tell text formats apart: JSON and web pages announce themselves, all else is a delimited text."""
    start = head.lstrip("\ufeff \t\r\n")[:2000]
    low = start.lower()
    if low.startswith(("<!doctype html", "<html")) or (low.startswith("<") and "<table" in low):
        return "html"
    if low.startswith(("<?xml", "<!doctype")):
        return "html" if "<html" in low else "xml"
    if ending in {"json", "geojson"} or start.startswith(("[{", "[[", "[ {", "[ [", "[\n", "[\r\n")):
        return "json"
    if ending in {"ndjson", "jsonl"}:
        return "ndjson"
    if start.startswith("{") and '"' in start[:200] and ":" in start:
        return "json" if "\n" not in start.strip() or not _each_line_is_object(start) else "ndjson"
    return ending if ending in TEXT else "csv"


def refuse_unless_named_so(found: str, filename: str) -> None:
    """Refuse what is no table, and what its name says it is not.

    Raises:
        ReadError: file-macro, file-type-unsupported, file-type-mismatch.
    """
    ending = extension(filename)
    if found == "xlsm":
        raise ReadError("file-macro")
    family = {"jsonl": "ndjson", "geojson": "json", "pq": "parquet", "tab": "tsv"}.get(ending, ending)
    known = family in READABLE
    if known and family != found and not (family in TEXT and found in TEXT):
        raise ReadError("file-type-mismatch", named=f".{ending}", found=LABELS[found])
    if found not in READABLE:
        raise ReadError("file-type-unsupported", found=LABELS[found])


def _each_line_is_object(start: str) -> bool:
    lines = [line.strip() for line in start.split("\n") if line.strip()]
    whole = lines[:-1] or lines
    return all(line.startswith("{") and line.endswith("}") for line in whole)


def _zip_format(stream: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {info.filename.replace("\\", "/").lstrip("/"): info.filename for info in archive.infolist()}
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise ReadError("file-encrypted")
            kind = _mime_of_opendocument(archive) if "mimetype" in names else _kind_of_package(archive, names)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, NotImplementedError) as error:
        raise ReadError("file-truncated") from error
    return kind or "zip"


def _kind_of_package(archive: zipfile.ZipFile, names: Mapping[str, str]) -> str | None:
    """An Office file says in its list of content types what it is; some writers leave even that out."""
    if any(name.endswith("vbaProject.bin") for name in names):
        return "xlsm"
    types = b""
    if "[Content_Types].xml" in names:
        with archive.open(names["[Content_Types].xml"]) as entry:
            types = entry.read(1024 * 1024)
    for sign, part, kind in _PACKAGES:
        if sign in types or part in names:
            return kind
    return None


def _mime_of_opendocument(archive: zipfile.ZipFile) -> str | None:
    with archive.open("mimetype") as entry:
        mime = entry.read(200)
    if b"opendocument" not in mime:
        return None
    if b"spreadsheet" not in mime:
        return "odt"
    with archive.open("META-INF/manifest.xml") as entry:
        if b"encryption-data" in entry.read(1024 * 1024):
            raise ReadError("file-encrypted")
    return "ods"


def _ole_format(stream: BinaryIO) -> str:
    """An OLE file's directory names its streams in UTF-16; where the directory lies varies, so look at the whole."""
    stream.seek(0)
    body = stream.read(_OLE_LOOK)
    if len(body) < 1536:
        raise ReadError("file-truncated")
    if _OLE_ENCRYPTED in body:
        raise ReadError("file-encrypted")
    if any(name in body for name in _OLE_SHEETS):
        return "xls"
    (directory,) = struct.unpack_from("<I", body, 48)
    sector = 1 << min(body[30], 16)
    if len(body) < _OLE_LOOK and (directory + 2) * sector > len(body):  # the list of streams lies beyond the end
        raise ReadError("file-truncated")
    return "doc"
