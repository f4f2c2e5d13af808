"""The fast way through a text and Python's csv read the same cells, wherever the text is cut."""

from __future__ import annotations

import csv
import io
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.chunks import chunks
from ckanext.haugiang.core.read.delimited import DelimitedTable
from ckanext.haugiang.core.read.encoding import Encoding
from ckanext.haugiang.core.read.limits import ReadLimits

CELLS = st.text(st.sampled_from('ab1,;"\n\r \u1ecb\u2028'), max_size=6)
TEXTS = st.text(st.sampled_from('ab,"\n\r\u1ecb'), min_size=1, max_size=60)
LIMITS = ReadLimits()


def lines_of(text: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)


def read(text: str) -> tuple[list[list[str]], list[int]]:
    """Rows without the cells that were added to make them of one width, and their lines."""
    table = DelimitedTable(io.BytesIO(text.encode()), Encoding("utf-8", 0, 1.0), ",", 2, LIMITS)
    rows: list[list[str]] = []
    lines: list[int] = []
    for block in table.blocks():
        rows += block.rows(block.height)
        lines += list(range(block.first, block.first + block.height)) if block.lines is None else block.lines.tolist()
    return rows, lines


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    out = []
    for row in rows:
        cells = list(row)
        while cells and not cells[-1]:
            cells.pop()
        out.append(cells)
    return out


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=12))
def test_written_rows_are_read_back(rows: list[list[str]]) -> None:
    """What Python's csv writes is read as it was."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    assert trimmed(read(buffer.getvalue())[0]) == trimmed(rows)


@settings(max_examples=800, deadline=None)
@given(TEXTS)
@example('a"b,1\n"c"d,"e\nf"\n')
@example('1,"a""b"\r\r\n"')
def test_any_text_reads_as_csv_reads_it(text: str) -> None:
    """Any text of quotes, delimiters and line ends gives csv's rows on csv's lines, or is refused for an open quote."""
    reader = csv.reader(lines_of(text))
    expected, starts, before = [], [], 0
    for row in reader:
        expected.append(row)
        starts.append(before + 1)
        before = reader.line_num
    try:
        rows, lines = read(text)
    except ReadError as error:
        open_quote = len(list(csv.reader([*lines_of(text), "x\n"]))) == len(expected)
        if error.code == "quote-unclosed" and open_quote:
            return
        raise
    assert trimmed(rows) == trimmed(expected)
    assert lines == starts


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_chunks_do_not_depend_on_pieces(text: str, sizes: list[int]) -> None:
    """However the bytes arrive, the same rows come out."""
    data = text.encode()

    def pieces() -> list[bytes]:
        out, at, turn = [], 0, 0
        while at < len(data):
            size = sizes[turn % len(sizes)]
            out.append(data[at : at + size])
            at, turn = at + size, turn + 1
        return out

    def bodies(parts: list[bytes]) -> bytes | str:
        try:
            return b"".join(chunk.body for chunk in chunks(iter(parts), ord(","), 1000))
        except ReadError as error:
            return error.code

    assert bodies(pieces()) == bodies([data])
