"""CSV, TSV and other delimited text as blocks of columns.

One rule for line ends: LF, CR LF and a lone CR outside quotes end a row, nothing else does (U+2028 is text).
The text is cut into chunks of whole rows; Arrow reads a chunk when its quotes and widths are regular, Python's ``csv``
reads it otherwise, and both read the same cells.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from ckanext.haugiang.core.errors import LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import Block, Merged
from ckanext.haugiang.core.read.chunks import Chunk, chunks
from ckanext.haugiang.core.read.encoding import Encoding, utf8_pieces
from ckanext.haugiang.core.read.limits import ReadLimits
from ckanext.haugiang.core.read.pattern import holds

_LINE = re.compile(rb"\r\n|\n|\r")
# RE2; where quotes are regular, two of them with nothing special between are a cell that needs none, or are doubled.
_UNNEEDED = r'"[^",\n]*"'
_Lines = npt.NDArray[np.int64]


class DelimitedTable:
    """A delimited text as a table.

    Args:
        stream: The file, seekable; read anew by each call of `blocks`.
        encoding: Its letters.
        delimiter: Between cells.
        width: How many cells most rows have.
        limits: Where reading stops.
    """

    sheet: str | None = None
    merged: tuple[Merged, ...] = ()

    def __init__(self, stream: BinaryIO, encoding: Encoding, delimiter: str, width: int, limits: ReadLimits) -> None:
        self.width = width
        self._stream = stream
        self._encoding = encoding
        self._delimiter = delimiter
        self._limits = limits

    def blocks(self) -> Iterator[Block]:
        """All rows, in chunks of about 1 MiB.

        Raises:
            ReadError: encoding-unknown, nul-byte, cell-too-large, quote-unclosed.
            LimitExceeded: too-many-columns.
        """
        row = line = 1
        for chunk in chunks(utf8_pieces(self._stream, self._encoding), ord(self._delimiter), self._limits.cell_chars):
            if b"\x00" in chunk.body:
                raise self._nul(chunk.body, row)
            columns = _arrow(chunk.body, self._delimiter, self.width) if chunk.regular else None
            plain = columns is not None and self.width > 1 and self._is_canonical(chunk.body)
            if columns is not None:
                starts = _starts(chunk, len(columns[0]))
            else:
                columns, starts = _python(chunk, self._delimiter, self.width, self._limits)
            self._within_limits(columns, chunk, row)
            height = len(columns[0])
            lines = None if starts is None else starts + line
            if lines is None and line != row:
                lines = np.arange(line, line + height, dtype=np.int64)
            yield Block(columns, row, lines=lines, raw=chunk.body if plain else None)
            row += height
            line += chunk.lines

    def _is_canonical(self, body: bytes) -> bool:
        """Whether a regular chunk is written as the canonical table is: quotes only around cells that need them."""
        if self._delimiter != "," or b"\r" in body:
            return False
        return b'"' not in body or not holds(body, _UNNEEDED)

    def _within_limits(self, columns: tuple[pa.Array, ...], chunk: Chunk, row: int) -> None:
        if len(columns) > self._limits.columns:
            raise LimitExceeded("too-many-columns", columns=len(columns), limit=self._limits.columns)
        if len(chunk.body) <= self._limits.cell_chars:
            return
        for column in columns:
            sizes = np.diff(np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1])
            if len(sizes) and sizes.max() > self._limits.cell_chars:
                at = row + int(sizes.argmax())
                raise ReadError("cell-too-large", row=at, limit=self._limits.cell_chars)

    def _nul(self, body: bytes, row: int) -> ReadError:
        cells = body[: body.index(b"\x00")].decode("utf-8", "replace")
        rows = list(csv.reader(_text_lines(cells.encode()), delimiter=self._delimiter)) or [[""]]
        return ReadError("nul-byte", row=row + len(rows) - 1, column=max(1, len(rows[-1])))


def _arrow(body: bytes, delimiter: str, width: int) -> tuple[pa.Array, ...] | None:
    """Read one chunk with Arrow, or give None when a row has another number of cells."""
    names = [str(number) for number in range(width)]
    try:
        table = pacsv.read_csv(
            pa.py_buffer(body),
            pacsv.ReadOptions(column_names=names, block_size=len(body) + 1, use_threads=False),
            pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[],
                strings_can_be_null=False,
                check_utf8=False,  # utf8_pieces encoded it
            ),
        )
    except pa.ArrowInvalid:
        return None
    return tuple(column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns)


def _python(chunk: Chunk, delimiter: str, width: int, limits: ReadLimits) -> tuple[tuple[pa.Array, ...], _Lines | None]:
    """Read one chunk with Python's csv: ragged rows, quotes in the middle of a cell."""
    before = csv.field_size_limit(max(len(chunk.body), 1))
    rows: list[list[str]] = []
    starts = [0]
    reader = csv.reader(_text_lines(chunk.body), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            starts.append(reader.line_num)
    finally:
        csv.field_size_limit(before)
    width = max(width, *map(len, rows)) if rows else width
    if width > limits.columns:
        raise LimitExceeded("too-many-columns", columns=width, limit=limits.columns)
    for row in rows:
        row.extend([""] * (width - len(row)))
    lines = np.asarray(starts[:-1], np.int64) if chunk.lines != len(rows) else None
    return tuple(pa.array(column, pa.string()) for column in zip(*rows, strict=True)), lines


def _text_lines(body: bytes) -> list[str]:
    """Lines with their ends, for csv: ``str.splitlines`` would also split at U+2028 and form feeds."""
    ends = [match.end() for match in _LINE.finditer(body)]
    if not ends or ends[-1] != len(body):
        ends.append(len(body))
    starts = [0, *ends[:-1]]
    return [body[start:end].decode("utf-8") for start, end in zip(starts, ends, strict=True) if end > start]


def _starts(chunk: Chunk, height: int) -> _Lines | None:
    """On which line of a regular chunk each row starts, when quoted cells hold line ends."""
    if chunk.lines == height:
        return None
    body = np.frombuffer(chunk.body, np.uint8)
    newline = body == 10
    returns = body == 13
    newline[1:] &= ~returns[:-1]  # the LF of CR LF is the same line end
    ends = np.flatnonzero(newline | returns)
    outside = np.searchsorted(np.flatnonzero(body == 34), ends) % 2 == 0
    return np.concatenate(([0], np.flatnonzero(outside) + 1))[:height].astype(np.int64)
