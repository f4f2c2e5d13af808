"""The error values of an .xlsb, from the records of its sheets ([MS-XLSB] 2.4): calamine shows them as empty cells."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree as ET

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.limits import ReadLimits
from ckanext.haugiang.core.read.ooxml import Errors

CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_ROW, _CELL_ERROR, _FORMULA_ERROR, _SHEET = 0, 3, 11, 156


def xlsb_errors(stream: BinaryIO, limits: ReadLimits) -> dict[str, Errors]:
    """Name of each sheet → its error values by row and column, both from 1.

    Raises:
        ReadError: file-truncated, file-zip-bomb.
    """
    found: dict[str, Errors] = {}
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = {info.filename for info in archive.infolist()}
            targets = _targets(archive)
            for name, relation in _sheets(archive.read("xl/workbook.bin")):
                entry = targets.get(relation, "")
                if entry in entries:
                    if archive.getinfo(entry).file_size > limits.unpacked_bytes:
                        raise ReadError("file-zip-bomb", limit=f"{limits.unpacked_bytes >> 20} MB")
                    found[name] = sheet_errors(archive.read(entry))
    except KeyError:  # parts in other places: calamine reads what it finds
        return {}
    except (zipfile.BadZipFile, zlib.error, OSError, struct.error, IndexError) as error:
        raise ReadError("file-truncated") from error
    return found


def sheet_errors(body: bytes) -> Errors:
    """The error values in the records of one sheet."""
    errors: Errors = {}
    row = 0
    for kind, start, size in records(body):
        if kind == _ROW and size >= 4:
            row = int.from_bytes(body[start : start + 4], "little")
        elif kind in (_CELL_ERROR, _FORMULA_ERROR) and size >= 9:
            column = int.from_bytes(body[start : start + 4], "little")
            errors[row + 1, column + 1] = CODES.get(body[start + 8], "#ERROR!")
    return errors


def records(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and size of each record; kinds take one or two bytes, sizes up to four of seven bits each."""
    at = 0
    end = len(body)
    while at < end:
        kind = body[at]
        at += 1
        if kind & 0x80 and at < end:
            kind = (kind & 0x7F) | (body[at] << 7)
            at += 1
        size = shift = 0
        while at < end:
            byte = body[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, at, size
        at += size


def _sheets(body: bytes) -> Iterator[tuple[str, str]]:
    """Name and relation of each sheet of a workbook: state, id, relation, name."""
    for kind, start, size in records(body):
        if kind == _SHEET:
            relation, after = _text(body, start + 8)
            name, _ = _text(body, after)
            if after < start + size:
                yield name, relation


def _text(body: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", body, at)
    if length == 0xFFFFFFFF:  # no text
        return "", at + 4
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le", "replace"), end


def _targets(archive: zipfile.ZipFile) -> dict[str, str]:
    text = archive.read("xl/_rels/workbook.bin.rels")
    if b"<!" in text or len(text) > 8 * 1024 * 1024:
        raise ReadError("file-unreadable", format=".xlsb")
    found = {}
    for item in ET.fromstring(text):  # noqa: S314 - without a document type there are no entities to blow up
        target = item.get("Target", "")
        found[item.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found
