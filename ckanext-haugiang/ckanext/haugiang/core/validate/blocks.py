"""Cut a CSV into blocks of whole records, each about one MiB, without knowing what stands in them.

A record ends at a line end outside quotes. Where the quotes of a block are as RFC 4180 wants them, counting them is
enough, and that is done over the whole block at once. Where they are not (``5" pipe``), Python's ``csv``, with which
frictionless reads, says where the records end; the next block starts afresh, so one odd quote costs one block.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from ckanext.haugiang.core.errors import ReadError

BLOCK_BYTES = 1 << 20
# An unclosed quote makes the rest of the file one cell; beyond this it is refused rather than swallowed.
RECORD_BYTES = 64 << 20


@dataclass(frozen=True)
class Block:
    """Some whole records of the file.

    Attributes:
        offset: Where its first byte stands.
        data: Its bytes.
    """

    offset: int
    data: bytes


@dataclass(frozen=True)
class Marks:
    """The two signs that structure the file; ``quote`` is empty when nothing quotes."""

    delimiter: bytes = b","
    quote: bytes = b'"'


def cut(stream: BinaryIO, marks: Marks, *, size: int = BLOCK_BYTES, offset: int = 0) -> Iterator[Block]:
    """Yield the blocks of ``stream``, whose next byte starts a record at ``offset``.

    Raises:
        ReadError: ``quote-unclosed`` when a record has more than `RECORD_BYTES`.
    """
    rest = b""
    want = size
    while True:
        chunk = stream.read(want)
        data = rest + chunk
        if not chunk:
            if data:
                yield Block(offset, data)
            return
        end = records_end(data, marks)
        if not end:
            if len(data) > RECORD_BYTES:
                raise ReadError("quote-unclosed", row="?")
            rest, want = data, max(len(data), size)
            continue
        yield Block(offset, data[:end])
        offset += end
        rest, want = data[end:], size


def records_end(data: bytes, marks: Marks) -> int:
    """How many leading bytes of ``data`` are whole records, when more bytes may follow."""
    if not marks.quote or marks.quote not in data:
        return _line_end(data, len(data))
    letters = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(letters == marks.quote[0])
    if not regular(letters, quotes, marks):
        return _walk(data, marks)
    end = _line_end(data, len(data))
    while end:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            return end
        end = _line_end(data, int(quotes[before - 1]))  # that line end is in a quoted cell: go before its quote
    return 0


def regular(letters: np.ndarray, quotes: np.ndarray, marks: Marks) -> bool:
    """Whether every quote opens at the start of a cell, closes at its end, or is doubled within."""
    borders = np.zeros(256, bool)
    borders[[marks.delimiter[0], marks.quote[0], 10, 13]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = letters[opening[opening > 0] - 1]
    after = letters[closing[closing < len(letters) - 1] + 1]
    return bool(borders[before].all() and borders[after].all())


def _line_end(data: bytes, stop: int) -> int:
    end = data.rfind(b"\n", 0, stop) + 1
    if not end and b"\r" in data:  # old Macintosh files; a "\r" at the very end may be half of "\r\n"
        end = data.rfind(b"\r", 0, min(stop, len(data) - 1)) + 1
    return end


class _Lines:
    """Lines of a text as ``csv`` wants them, that knows how far it was read and whether more was asked for."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.position = 0
        self.exhausted = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.exhausted = True
            raise StopIteration
        self.position += len(line)
        return line


def _walk(data: bytes, marks: Marks) -> int:
    text = data.decode("latin-1")  # a letter a byte; the signs that matter are ASCII
    lines = _Lines(text)
    end = 0
    for _ in _reader(lines, marks):
        if lines.exhausted or text[lines.position - 1] not in "\r\n":
            break
        if lines.position < len(text) or text[-1] == "\n":
            end = lines.position
    return end


def first_record_end(data: bytes, marks: Marks) -> int:
    """How many bytes the first record has, a byte order mark included."""
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    lines = _Lines(data[mark:].decode("latin-1"))
    next(_reader(lines, marks), None)
    return mark + lines.position


def _reader(lines: Iterable[str], marks: Marks) -> Iterator[list[str]]:
    if not marks.quote:
        return csv.reader(lines, delimiter=marks.delimiter.decode(), quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=marks.delimiter.decode(), quotechar=marks.quote.decode())


def cells(data: bytes, marks: Marks) -> Iterator[list[str]]:
    """The records of a block exactly as frictionless reads them."""
    return _reader(io.StringIO(data.decode("utf-8"), newline=""), marks)
