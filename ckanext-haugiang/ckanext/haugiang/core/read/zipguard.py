"""Refuse a zipped workbook before it is unpacked, and a sheet before its box of cells is allocated.

calamine unpacks 1 GiB from 1 MB without a word and allocates the box around two cells in opposite corners of a sheet,
which ends the process. So the archive's own list is judged first (ASVS 5.2.3), then the sheets are unpacked in pieces
to see their real size and their farthest cell.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ckanext.haugiang.core.errors import LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import column_letter, column_number
from ckanext.haugiang.core.read.limits import MIB, ReadLimits
from ckanext.haugiang.core.read.pattern import holds

_ENTRIES = 10_000
_SMALL = 10 * MIB  # below this size a ratio says nothing: an empty styles.xml packs 300 times
_PIECE = MIB
# Excel and all libraries write a cell as ``<c r="A1"…``; patterns that begin with literal text are ten times as fast as
# those for all that XML allows, which are used where a cell is written in another way.
_ODD = re.compile(rb'<c(?=[\s>/])(?! r="[A-Z]{1,4}[0-9]{1,8}"[ >/])|<\w+:c\b')
# RE2 for the same, and for columns beyond Z: where a piece has none of these, nothing but its rows is to be looked for.
_UNUSUAL = (
    r'<c(?:[/>\t\r\n\f\v]| (?:[^r]|r(?:[^=]|=(?:[^"]|"(?:[^A-Z]|[A-Z](?:[^0-9]|[0-9]{9}|[0-9]{1,8}(?:[^0-9"]|"[^ />])))))))'
)
_PREFIXED = r":c[/>\s]"
_ROW = (re.compile(rb'<row r="(\d{1,8})"'), re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d{1,8})"""))
_FAR = (re.compile(rb' r="([A-Z]{2,4})(\d{1,8})"'), re.compile(rb"""\sr\s*=\s*["']([A-Z]{2,4})(\d{1,8})["']"""))
_NEAR = re.compile(rb"""\sr\s*=\s*["'][A-Z](\d{1,8})["']""")
_REF = re.compile(rb"""<(?:\w+:)?dimension [^>]*?ref\s*=\s*["'](?:[A-Z]{1,4}\d{1,8}:)?([A-Z]{1,4})(\d{1,8})["']""")
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_NEAR_COLUMNS = 26  # columns of one letter are not counted one by one


def guard_archive(stream: BinaryIO, limits: ReadLimits) -> None:
    """Judge an archive by its own list of entries.

    Raises:
        ReadError: file-zip-bomb, file-truncated.
    """
    total = 0
    bomb = ReadError("file-zip-bomb", limit=f"{limits.unpacked_bytes // MIB} MB")
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ReadError("file-truncated") from error
    for entry in entries:
        total += entry.file_size
        if entry.file_size > _SMALL and entry.file_size > limits.ratio * max(entry.compress_size, 1):
            raise bomb
    if total > limits.unpacked_bytes or len(entries) > _ENTRIES:
        raise bomb


def entry_sizes(stream: BinaryIO) -> dict[str, int]:
    """Unpacked size of each entry, as the archive says."""
    with zipfile.ZipFile(stream) as archive:
        return {entry.filename: entry.file_size for entry in archive.infolist()}


class SheetScan:
    """What one look through a sheet's XML says.

    Attributes:
        rows: Number of its last row.
        columns: Number of its last column, at least 26.
        has_errors: Whether a cell holds an error value (``#DIV/0!``), which calamine shows as empty.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.columns = _NEAR_COLUMNS
        self.has_errors = False

    def feed(self, text: bytes) -> None:
        """Look at the next piece of XML; pieces end at a tag's end."""
        usual = not holds(text, _PREFIXED) and not holds(text, _UNUSUAL)
        way = int(not usual and _ODD.search(text) is not None)
        rows = _ROW[way].findall(text) or _NEAR.findall(text)
        if rows:
            self.rows = max(self.rows, *map(int, rows))
        if not usual and _FAR[way].search(text):
            far = set(_FAR[way].findall(text))
            self.rows = max(self.rows, *(int(row) for _, row in far))
            self.columns = max(self.columns, *(column_number(letters.decode()) for letters, _ in far))
        self.has_errors = self.has_errors or holds(text, 't="e"') or (way == 1 and _ERROR.search(text) is not None)


def scan_sheet(stream: BinaryIO, entry: str, limits: ReadLimits) -> SheetScan:
    """Unpack one sheet's XML in pieces and find its extent.

    Raises:
        LimitExceeded: sheet-too-large, too-many-columns.
        ReadError: file-truncated, file-unreadable.
    """
    scan = SheetScan()
    for number, text in enumerate(pieces(stream, entry, limits)):
        if number == 0:  # both stand before the first row, if anywhere
            if _ENTITY.search(text):
                raise ReadError("file-unreadable", format=".xlsx")
            declared = _REF.search(text)
            if declared:
                check_extent(int(declared[2]), column_number(declared[1].decode()), limits)
        scan.feed(text)
        check_extent(scan.rows, scan.columns, limits)
    return scan


def check_extent(rows: int, columns: int, limits: ReadLimits) -> None:
    """Refuse a box of more cells or columns than the limits allow.

    Raises:
        LimitExceeded: sheet-too-large, too-many-columns.
    """
    if rows * columns > limits.cells:
        cell = f"{column_letter(columns)}{rows}"
        raise LimitExceeded("sheet-too-large", cell=cell, limit=limits.cells)
    if columns > limits.columns:
        raise LimitExceeded("too-many-columns", columns=columns, limit=limits.columns)


def pieces(stream: BinaryIO, entry: str, limits: ReadLimits) -> Iterator[bytes]:
    """Unpack an entry in pieces that end with a row or a tag; lists lie about sizes, so count again.

    Raises:
        ReadError: file-zip-bomb, file-truncated.
    """
    total = 0
    rest = b""
    try:
        with zipfile.ZipFile(stream) as archive, archive.open(entry) as unpacked:
            while piece := unpacked.read(_PIECE):
                total += len(piece)
                if total > limits.unpacked_bytes:
                    raise ReadError("file-zip-bomb", limit=f"{limits.unpacked_bytes // MIB} MB")
                end = piece.rfind(b"</row>")
                cut = end + 6 if end >= 0 else piece.rfind(b">") + 1
                if cut:
                    yield rest + piece[:cut]
                rest = piece[cut:] if cut else rest + piece
        yield rest
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError) as error:
        raise ReadError("file-truncated") from error
