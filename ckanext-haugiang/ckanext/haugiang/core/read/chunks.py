"""Cut a delimited text into chunks of whole rows, so that blocks can be read apart from each other.

A row ends at a line end outside quotes. As long as every quote stands where quotes belong (at the edge of a cell, or
doubled inside one), "outside" is an even number of quotes before it, which numpy counts. A text with other quotes, such
as ``5" pipe``, is given to Python's csv, which knows where each of its rows ends.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.quotes import regular

_LINE = re.compile(rb"\r\n|\n|\r")
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
# A chunk must hold one row at least; beyond so many cells of full size it is no row but an open quote.
_ROW_OF_CELLS = 8


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole rows.

    Attributes:
        body: Their UTF-8, line ends included.
        regular: Whether every quote is at the edge of a cell.
        lines: Number of lines, counting those inside quotes.
    """

    body: bytes
    regular: bool
    lines: int


def chunks(pieces: Iterator[bytes], delimiter: int, cell_chars: int) -> Iterator[Chunk]:
    """Regroup pieces of text into whole rows.

    Raises:
        ReadError: cell-too-large, quote-unclosed.
    """
    rest = b""
    row = 1
    longest = cell_chars * _ROW_OF_CELLS
    for piece in pieces:
        body = rest + piece
        end, usual, rows, lines = _whole_rows(body, delimiter)
        rest = body[end:]
        if end:
            whole = body[:end]
            yield Chunk(whole, usual, lines)
            row += rows
        if len(rest) > longest:
            raise ReadError("cell-too-large", row=row, limit=cell_chars)
    if rest:
        yield _last(rest, delimiter, row)


def _last(rest: bytes, delimiter: int, row: int) -> Chunk:
    """The end of the file: the last row needs no line end, but its quotes must close."""
    whole = rest if rest.endswith((b"\n", b"\r")) else rest + b"\n"
    end, usual, rows, lines = _whole_rows(whole, delimiter, final=True)
    if end != len(whole):
        raise ReadError("quote-unclosed", row=row + rows)
    return Chunk(whole, usual, lines)


def _whole_rows(body: bytes, delimiter: int, *, final: bool = False) -> tuple[int, bool, int, int]:
    """Where the last whole row of ``body`` ends, whether its quotes are regular, how many rows and lines end there."""
    if b'"' not in body:
        end = _last_line_end(body, final=final)
        lines = _count_lines(body, end)
        return end, True, lines, lines
    view = np.frombuffer(body, np.uint8)
    ends = _line_ends(view)
    if not final and len(ends) and ends[-1] == len(view) - 1 and view[-1] == _RETURN:
        ends = ends[:-1]  # its \n may come with the next piece
    if not regular(body, delimiter, _QUOTE):
        return _whole_rows_of_csv(body, delimiter, final=final)
    before = np.searchsorted(np.flatnonzero(view == _QUOTE), ends)
    outside = np.flatnonzero(before % 2 == 0)
    if not len(outside):
        return 0, True, 0, 0
    return int(ends[outside[-1]]) + 1, True, len(outside), int(outside[-1]) + 1


def _whole_rows_of_csv(body: bytes, delimiter: int, *, final: bool) -> tuple[int, bool, int, int]:
    """The same by Python's csv, which decides what a quote in the middle of a cell means."""
    last = _last_line_end(body, final=final)
    ends = [match.end() for match in _LINE.finditer(body[:last])]
    lines = [body[start:end].decode("utf-8") for start, end in zip([0, *ends[:-1]], ends, strict=False)]
    before = csv.field_size_limit(max(len(body), 1))
    done = rows = 0
    reader = csv.reader(lines, delimiter=chr(delimiter))
    try:
        for _ in reader:
            if reader.line_num == len(lines) and _open_at(lines[done:], delimiter):
                break  # csv closes an open quote at the end by itself
            done = reader.line_num
            rows += 1
    finally:
        csv.field_size_limit(before)
    return (ends[done - 1] if done else 0), False, rows, done


def _open_at(lines: list[str], delimiter: int) -> bool:
    """Whether these lines, which begin with a row, end inside a quote: then one line more makes no row more."""
    alone = sum(1 for _ in csv.reader(lines, delimiter=chr(delimiter)))
    return sum(1 for _ in csv.reader([*lines, "x\n"], delimiter=chr(delimiter))) == alone


def _last_line_end(body: bytes, *, final: bool) -> int:
    end = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
    if not final and end == len(body) and body.endswith(b"\r"):
        end = max(body.rfind(b"\n", 0, -1), body.rfind(b"\r", 0, -1)) + 1
    return end


def _line_ends(view: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    newline = view == _NEWLINE
    returns = view == _RETURN
    if not returns.any():
        return np.flatnonzero(newline)
    returns[:-1] &= view[1:] != _NEWLINE  # \r\n ends at its \n
    return np.flatnonzero(newline | returns)


def _count_lines(body: bytes, end: int) -> int:
    if b"\r" not in body:
        return body.count(b"\n", 0, end)
    return len(_LINE.findall(body, 0, end))
