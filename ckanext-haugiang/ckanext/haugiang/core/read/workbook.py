"""Sheets of .xlsx, .xls, .xlsb and .ods as tables, through calamine.

Always run in a child process: a workbook can end the process that reads it. The limits here catch what is known
beforehand, so that the steward gets a reason instead of "the reader crashed".
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)

from ckanext.haugiang.core.errors import HauGiangError, LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import Block, Merged
from ckanext.haugiang.core.read.cells import text_column
from ckanext.haugiang.core.read.errors_ods import ods_errors
from ckanext.haugiang.core.read.errors_xls import xls_errors
from ckanext.haugiang.core.read.errors_xlsb import xlsb_errors
from ckanext.haugiang.core.read.limits import ReadLimits
from ckanext.haugiang.core.read.merged import LARGE, path_of, ranges_first
from ckanext.haugiang.core.read.ooxml import Errors, error_cells, sheet_entries
from ckanext.haugiang.core.read.zipguard import check_extent, entry_sizes, guard_archive, scan_sheet

# The first block is small, so that the mixture of header texts and numbers above a table stays out of the fast columns.
_FIRST_ROWS = 100
_ROWS = 8192
# Rows come as lists of objects. So few at a time are turned into columns that Python's collector finds nothing to do:
# three times as fast as a whole block of lists at once.
_PIECE = 256


class SheetTable:
    """One sheet as a table, all of it in memory as Arrow text.

    Args:
        sheet: Its name.
        blocks: Its rows.
        width: Its columns.
        merged: Its merged ranges.
    """

    def __init__(self, sheet: str, blocks: list[Block], width: int, merged: tuple[Merged, ...]) -> None:
        self.sheet: str | None = sheet
        self.width = width
        self.merged = merged
        self._blocks = blocks

    def blocks(self) -> Iterator[Block]:
        """All rows from the first row of the sheet."""
        return iter(self._blocks)


def sheet_tables(stream: BinaryIO, kind: str, limits: ReadLimits) -> Iterator[SheetTable]:
    """The sheets of a workbook that hold data, in order, the visible ones first.

    Raises:
        ReadError: file-encrypted, file-truncated, file-unreadable, file-zip-bomb, cell-too-large.
        LimitExceeded: sheet-too-large, too-many-columns.
    """
    if kind != "xls":
        guard_archive(stream, limits)
    errors = _ErrorValues(stream, kind, limits)
    book = _open(stream, kind, errors.copy)
    sheets = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    order = {meta.name: number for number, meta in enumerate(book.sheets_metadata)}
    visible = [meta.name for meta in sheets if meta.visible == SheetVisibleEnum.Visible]
    hidden = [meta.name for meta in sheets if meta.visible != SheetVisibleEnum.Visible]
    with ThreadPoolExecutor(1, thread_name_prefix="sheet-scan") as pool:
        for name in visible + hidden:
            # A scan is twice as fast as calamine, which leaves Python's lock: a large sheet is scanned beside its
            # reading, and refused before calamine has come to the end and allocates the box. Small ones wait.
            scanned = pool.submit(errors.of, name, order[name])
            if errors.size_of(name) < LARGE:
                scanned.result()
            sheet = _sheet(book, name, kind)
            found = scanned.result()
            if sheet.end is not None or found:
                yield _table(sheet, found, limits)


class _ErrorValues:
    """The error values of a workbook, which calamine shows as empty cells; each format keeps them elsewhere.

    Attributes:
        copy: The workbook in the form that is read fastest, if that is another one.
    """

    def __init__(self, stream: BinaryIO, kind: str, limits: ReadLimits) -> None:
        self._kind = kind
        self._limits = limits
        self._entries = sheet_entries(stream) if kind == "xlsx" else {}
        self._sizes = entry_sizes(stream) if kind == "xlsx" else {}
        self.copy = ranges_first(stream, self._sizes, frozenset(self._entries.values()), limits)
        self._stream = self.copy or stream
        self._named = ods_errors(stream, limits) if kind == "ods" else {}
        if kind == "xlsb":
            self._named = xlsb_errors(stream, limits)
        self._numbered = xls_errors(stream) if kind == "xls" else []

    def size_of(self, name: str) -> int:
        """Unpacked size of one sheet of an .xlsx; 0 for other formats."""
        return self._sizes.get(self._entries.get(name, ""), 0)

    def of(self, name: str, number: int) -> Errors:
        """Those of one sheet, by its name and its number; an .xlsx is scanned for its extent by the way."""
        if self._kind == "xlsx":
            if name not in self._entries:  # nobody has looked how far it reaches
                raise ReadError("file-unreadable", format=".xlsx")
            entry = self._entries[name]
            if scan_sheet(self._stream, entry, self._limits).has_errors:
                return error_cells(self._stream, entry, self._limits)
            return {}
        if self._kind == "xls":
            return self._numbered[number] if number < len(self._numbered) else {}
        return self._named.get(name, {})


def _open(stream: BinaryIO, kind: str, copy: BufferedRandom | None = None) -> CalamineWorkbook:
    with _named(kind):
        # A stream of its own in both cases: the scan seeks in the other one at the same time.
        if copy is not None:
            return CalamineWorkbook.from_path(path_of(copy))
        stream.seek(0)
        return CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))


def _sheet(book: CalamineWorkbook, name: str, kind: str) -> CalamineSheet:
    with _named(kind):
        return book.get_sheet_by_name(name)


@contextmanager
def _named(kind: str) -> Iterator[None]:
    """Give what calamine raises its code; a panic of its Rust code is no Exception and would pass by."""
    try:
        yield
    except PasswordError as error:
        raise ReadError("file-encrypted") from error
    except ZipError as error:
        raise ReadError("file-truncated") from error
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(error, kind) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise ReadError("reader-crashed") from error
        raise


def _unreadable(error: Exception, kind: str) -> HauGiangError:
    said = str(error).lower()
    if "password" in said or "encrypt" in said:
        return ReadError("file-encrypted")
    if "cell limit" in said:
        return LimitExceeded("sheet-too-large", cell="…", limit=100_000_000)
    if any(sign in said for sign in ("eof", "unexpected end", "truncated", "not enough", "sector", "io error")):
        return ReadError("file-truncated")
    return ReadError("file-unreadable", format=f".{kind}")


def _table(sheet: CalamineSheet, errors: Errors, limits: ReadLimits) -> SheetTable:
    last_row, last_column = sheet.end or (0, 0)
    start = (sheet.start or (0, 0))[1]
    for row, column in errors:  # an error value in the last row or column is empty to calamine
        last_row, last_column = max(last_row, row - 1), max(last_column, column - 1)
    box = _Box(start, last_column + 1, errors, limits)
    check_extent(last_row + 1, box.width, limits)
    rows = sheet.iter_rows()
    blocks: list[Block] = []
    first = 1
    while cells := _columns(rows, _FIRST_ROWS if first == 1 else _ROWS):
        blocks.append(box.block(cells, len(cells[0]), first))
        first += len(cells[0])
    if first <= last_row + 1:
        blocks.append(box.block([], last_row + 2 - first, first))
    ranges = sorted((r1 + 1, c1 + 1, r2 + 1, c2 + 1) for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or ())
    return SheetTable(sheet.name, blocks, box.width, tuple(ranges))


def _columns(rows: Iterator[list[Any]], most: int) -> list[list[Any]]:
    """The next rows as columns, none when there are no more."""
    columns: list[list[Any]] = []
    while piece := list(islice(rows, min(_PIECE, most))):
        columns = columns or [[] for _ in piece[0]]
        for column, cells in zip(columns, zip(*piece, strict=True), strict=True):
            column.extend(cells)
        most -= len(piece)
    return columns


@dataclass(frozen=True, slots=True)
class _Box:
    """The box of cells that calamine gives, and how it lies in the sheet.

    Attributes:
        start: Columns to the left of the box, which are empty.
        width: Columns of the sheet.
        errors: Error values, which the box shows as empty.
        limits: Bounds of a cell.
    """

    start: int
    width: int
    errors: Errors
    limits: ReadLimits

    def block(self, given: Sequence[Sequence[Any]], height: int, first: int) -> Block:
        """Some rows of the box, given as columns, as columns of text."""
        columns: list[pa.Array] = []
        native: list[pa.Array | None] = []
        for number in range(self.width):
            inside = self.start <= number < self.start + len(given)
            cells: Sequence[Any] = given[number - self.start] if inside else [""] * height
            text, exact = text_column(self._with_errors(cells, first, number + 1))
            _within(text, first, number + 1, self.limits)
            columns.append(text)
            native.append(exact)
        return Block(tuple(columns), first, tuple(native))

    def _with_errors(self, cells: Sequence[Any], first: int, column: int) -> Sequence[Any]:
        if not self.errors:
            return cells
        return [self.errors.get((first + index, column), cell) for index, cell in enumerate(cells)]


def _within(column: pa.Array, first: int, number: int, limits: ReadLimits) -> None:
    if column.nbytes and b"\x00" in bytes(column.buffers()[2] or b""):
        at = next(index for index, text in enumerate(column.to_pylist()) if "\x00" in text)
        raise ReadError("nul-byte", row=first + at, column=number)
    if column.nbytes <= limits.cell_chars:
        return
    for index, text in enumerate(column.to_pylist()):
        if len(text) > limits.cell_chars:
            raise ReadError("cell-too-large", row=first + index, limit=limits.cell_chars)
