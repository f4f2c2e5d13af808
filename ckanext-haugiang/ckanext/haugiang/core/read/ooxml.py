"""What calamine leaves out of an .xlsx: where its sheets lie in the archive, and the error values of their cells."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO
from xml.etree import ElementTree as ET

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.block import column_number
from ckanext.haugiang.core.read.limits import MIB, ReadLimits
from ckanext.haugiang.core.read.zipguard import pieces

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_LIST_BYTES = 8 * MIB
_CELL = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^>]*\bt\s*=\s*["']e["'])[^>]*?\br\s*=\s*["']([A-Z]{1,4})(\d{1,8})["'][^>]*>(.*?)</(?:\w+:)?c>""",
    re.DOTALL,
)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)</")
# ISO 29500 and what newer Excels add; anything else is written as it stands, for the steward knows it from the sheet.
_LONGEST = 40

Errors = dict[tuple[int, int], str]


def sheet_entries(stream: BinaryIO) -> dict[str, str]:
    """Name of each sheet → its entry in the archive.

    Raises:
        ReadError: file-unreadable, file-truncated.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {_plain(info.filename): info.filename for info in archive.infolist()}
            book = _workbook(archive, names)
            folder, _, base = book.rpartition("/")
            sheets = _parse(archive, names[book.lower()])
            relations = _parse(archive, names[_plain(f"{folder}/_rels/{base}.rels")])
    except (zipfile.BadZipFile, zlib.error, KeyError, ET.ParseError, OSError, EOFError) as error:
        raise ReadError("file-truncated") from error
    targets = {item.get("Id"): item.get("Target", "") for item in relations}
    entries = {}
    for element in sheets.iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        target = targets.get(element.get(_RELATION) or element.get(_STRICT_RELATION), "")
        path = _plain(_resolve(folder, target))
        if path in names:
            entries[element.get("name", "")] = names[path]
    return entries


def _workbook(archive: zipfile.ZipFile, names: Mapping[str, str]) -> str:
    """The workbook's path; the package may say where it is."""
    if "_rels/.rels" in names:
        for item in _parse(archive, names["_rels/.rels"]):
            if item.get("Type", "").endswith("/officeDocument"):
                return _resolve("", item.get("Target", ""))
    return "xl/workbook.xml"


def _plain(path: str) -> str:
    """Some writers use backslashes, other capitals or a slash in front."""
    return path.replace("\\", "/").lstrip("/").lower()


def _resolve(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}").lstrip("/")


def error_cells(stream: BinaryIO, entry: str, limits: ReadLimits) -> Errors:
    """The error values of a sheet by row and column, both from 1."""
    found: Errors = {}
    for text in pieces(stream, entry, limits):
        if b"e" not in text:
            continue
        for match in _CELL.finditer(text):
            value = _VALUE.search(match[3])
            text_value = value[1].decode("utf-8", "replace")[:_LONGEST] if value else "#ERROR!"
            found[int(match[2]), column_number(match[1].decode())] = text_value
    return found


def _parse(archive: zipfile.ZipFile, entry: str) -> ET.Element:
    with archive.open(entry) as unpacked:
        text = unpacked.read(_LIST_BYTES + 1)
    if len(text) > _LIST_BYTES or b"<!" in text.replace(b"<!--", b""):
        raise ReadError("file-unreadable", format=".xlsx")
    return ET.fromstring(text)  # noqa: S314 - a text without a document type has no entities to blow up
