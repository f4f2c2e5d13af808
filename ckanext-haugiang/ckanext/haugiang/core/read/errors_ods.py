"""The error values of an .ods: calamine reads the empty value beside them, not the text that the steward sees."""

from __future__ import annotations

import zipfile
import zlib
from typing import IO, BinaryIO
from xml.etree import ElementTree as ET

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.limits import ReadLimits
from ckanext.haugiang.core.read.ooxml import Errors
from ckanext.haugiang.core.read.zipguard import pieces

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_KIND = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_SIGN = b'value-type="error"'
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_ENTRY = "content.xml"


def ods_errors(stream: BinaryIO, limits: ReadLimits) -> dict[str, Errors]:
    """Name of each sheet → its error values by row and column, both from 1.

    Raises:
        ReadError: file-truncated, file-unreadable, file-zip-bomb.
    """
    if not any(_SIGN in text for text in pieces(stream, _ENTRY, limits)):
        return {}
    try:
        with zipfile.ZipFile(stream) as archive, archive.open(_ENTRY) as content:
            return _walk(content)
    except (zipfile.BadZipFile, zlib.error, OSError, KeyError, ET.ParseError, ValueError) as error:
        raise ReadError("file-unreadable", format=".ods") from error


def _walk(content: IO[bytes]) -> dict[str, Errors]:
    found: dict[str, Errors] = {}
    sheet: Errors = {}
    row = column = 0
    for event, element in ET.iterparse(content, events=("start", "end")):  # noqa: S314 - expat ≥ 2.4.1 bounds entities
        if event == "start":
            if element.tag == f"{_TABLE}table":
                sheet = found.setdefault(element.get(f"{_TABLE}name", ""), {})
                row = 0
            elif element.tag == f"{_TABLE}table-row":
                row, column = row + 1, 0
        elif element.tag in _CELLS:
            column += 1
            if element.get(_KIND) == "error":
                sheet[row, column] = (element.findtext(_TEXT) or "#ERROR!")[:40]
            column += _count(element, "columns") - 1
            element.clear()
        elif element.tag == f"{_TABLE}table-row":
            row += _count(element, "rows") - 1
            element.clear()
    return found


def _count(element: ET.Element, what: str) -> int:
    return int(element.get(f"{_TABLE}number-{what}-repeated", "1"))
