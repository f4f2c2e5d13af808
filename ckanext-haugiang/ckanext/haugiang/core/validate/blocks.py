"""Cut a CSV into blocks of whole records, each about one MiB, without knowing what stands in them.

A record ends at a line end outside quotes. Where the quotes of a block are as RFC 4180 wants them, counting them is
enough, and that is done over the whole block at once. Whether they are, whoever screens the block looks
(`refuse_irregular`): cutting is the one thing that is not done side by side. Where they are not (``5" pipe``), the file is
cut again from there with care: Python's ``csv``, with which frictionless reads, says where the records of that block end.
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
from ckanext.haugiang.core.read.quotes import record_ends, regular

BLOCK_BYTES = 1 << 20
# An unclosed quote makes the rest of the file one cell; beyond this it is refused rather than swallowed.
RECORD_BYTES = 64 << 20


@dataclass(frozen=True)
class Block:
    """Some whole records of the file.

    Attributes:
        offset: Where its first byte stands.
        data: Its bytes.
        sure: Whether it is known to end with a record, whatever its quotes.
    """

    offset: int
    data: bytes
    sure: bool = True


class Irregular(Exception):  # noqa: N818 - no error: the file is cut again, with care
    """The block's quotes are not as RFC 4180 wants them, so it may end in the middle of a record."""


@dataclass(frozen=True)
class Marks:
    """The two signs that structure the file; ``quote`` is empty when nothing quotes."""

    delimiter: bytes = b","
    quote: bytes = b'"'


def cut(
    stream: BinaryIO, marks: Marks, *, size: int = BLOCK_BYTES, offset: int = 0, careful: bool = True
) -> Iterator[Block]:
    """Yield the blocks of ``stream``, whose next byte starts a record at ``offset``.

    Args:
        stream: The file.
        marks: The signs that structure it.
        size: About the bytes of a block.
        offset: Where the stream stands.
        careful: Whether to look at each quote here; else the blocks with quotes are for `refuse_irregular`.

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
        sure = careful or not marks.quote or marks.quote not in data
        end = records_end(data, marks) if sure else _even_end(data, marks)
        if not end and not sure:
            end, sure = records_end(data, marks), True
        if not end:
            if len(data) > RECORD_BYTES:
                raise ReadError("quote-unclosed", row="?")
            rest, want = data, max(len(data), size)
            continue
        yield Block(offset, data[:end], sure)
        offset += end
        rest, want = data[end:], size


def refuse_irregular(block: Block, marks: Marks) -> None:
    """Look at each quote of a block that was cut without care.

    Raises:
        Irregular: One is not where RFC 4180 has them.
    """
    if not block.sure and not regular(block.data, marks.delimiter[0], marks.quote[0]):
        raise Irregular


def records_end(data: bytes, marks: Marks) -> int:
    """How many leading bytes of ``data`` are whole records, when more bytes may follow."""
    if not marks.quote or marks.quote not in data:
        return _line_end(data, len(data))
    if regular(data, marks.delimiter[0], marks.quote[0]):
        return _even_end(data, marks)
    return _walk(data, marks)


def _even_end(data: bytes, marks: Marks) -> int:
    """The last line end with an even number of quotes before it."""
    quotes = np.frombuffer(data, np.uint8) == marks.quote[0]
    end = _line_end(data, len(data))
    odd = np.count_nonzero(quotes[:end]) % 2
    while end and odd:  # that line end is in a quoted cell: go before its quote
        before = _line_end(data, data.rfind(marks.quote, 0, end))
        odd ^= np.count_nonzero(quotes[before:end]) % 2
        end = before
    return end


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


def rows_of(data: bytes, marks: Marks, places: np.ndarray) -> Iterator[list[str]]:
    """The records of a block at ``places``, ascending, exactly as frictionless reads them."""
    quote = marks.quote[0] if marks.quote else None
    plain = quote is None or marks.quote not in data or regular(data, marks.delimiter[0], quote)
    if plain and data.count(b"\r") == data.count(b"\r\n"):
        ends = record_ends(data, quote)
        starts = np.concatenate([[0], ends[:-1]])
        wanted = b"".join(data[starts[place] : ends[place]] for place in places)
        yield from cells(wanted, marks)
        return
    left = set(places.tolist())
    for place, row in enumerate(cells(data, marks)):
        if place in left:
            yield row
        if place >= places[-1]:
            break
