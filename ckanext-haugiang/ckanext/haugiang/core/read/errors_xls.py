"""The error values of an .xls, from its BIFF records ([MS-XLS] 2.4): calamine shows them as empty cells."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.errors_xlsb import CODES
from ckanext.haugiang.core.read.ole import CutShortError, ole_stream
from ckanext.haugiang.core.read.ooxml import Errors

_SHEET, _BOOLERR, _FORMULA, _EOF = 0x0085, 0x0205, 0x0006, 0x000A
_NUMBERLESS = b"\xff\xff"  # at the end of a formula's result: it is no number
_NEW = b"\xd0\xcf\x11\xe0"


def xls_errors(stream: BinaryIO) -> list[Errors]:
    """The error values of each sheet in the workbook's order; none where the file does not tell.

    Raises:
        ReadError: file-truncated.
    """
    stream.seek(0)
    body = stream.read()
    try:
        book = ole_stream(body, ("Workbook", "Book")) if body.startswith(_NEW) else body
    except CutShortError as error:
        raise ReadError("file-truncated") from error
    except ValueError:
        return []  # calamine reads, or refuses, what we do not understand
    return workbook_errors(book or b"")


def workbook_errors(book: bytes) -> list[Errors]:
    """The same from the workbook's records."""
    starts = [struct.unpack_from("<I", book, at)[0] for kind, at, size in records(book, 0) if kind == _SHEET and size > 4]
    return [_sheet_errors(book, start) for start in starts]


def _sheet_errors(book: bytes, start: int) -> Errors:
    errors: Errors = {}
    for kind, at, size in records(book, start):
        if kind == _BOOLERR and size >= 8:
            row, column, _, value, is_error = struct.unpack_from("<HHHBB", book, at)
            if is_error:
                errors[row + 1, column + 1] = CODES.get(value, "#ERROR!")
        elif kind == _FORMULA and size >= 14 and book[at + 12 : at + 14] == _NUMBERLESS and book[at + 6] == 2:
            row, column = struct.unpack_from("<HH", book, at)
            errors[row + 1, column + 1] = CODES.get(book[at + 8], "#ERROR!")
    return errors


def records(book: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Kind, start and size of the records of one part, to its end, without the parts inside it (charts)."""
    at, depth = start, 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind in (0x0809, 0x0409, 0x0209, 0x0009):
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        if at + 4 + size > len(book):
            return
        if depth == 1:
            yield kind, at + 4, size
        at += 4 + size
