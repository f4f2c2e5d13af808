"""Rows that are passed on as they came are, byte for byte, those that would have been written."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tidy_tables import make_schema, run_tidy

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read import Block
from ckanext.haugiang.core.read.delimited import DelimitedTable
from ckanext.haugiang.core.read.encoding import Encoding
from ckanext.haugiang.core.read.limits import ReadLimits
from ckanext.haugiang.core.tidy.canonical import CanonicalWriter
from ckanext.haugiang.core.tidy.steps.blank_rows import blank_rows

CELLS = st.text(st.sampled_from('ab,"\n\u1ecb'), max_size=5)
PIECES = st.lists(st.sampled_from(["a", "ị", ",", '"', '""', "\n", '","', '"\n', ',"', '",']), max_size=30)


def blocks_of(text: str) -> list[Block]:
    table = DelimitedTable(io.BytesIO(text.encode()), Encoding("utf-8", 0, 1.0), ",", 2, ReadLimits())
    try:
        return list(table.blocks())
    except ReadError:
        return []


def written(block: Block) -> bytes:
    out = io.BytesIO()
    writer = CanonicalWriter(out, ["a", "b"])
    begin = out.tell()
    writer.block(block.columns)
    return out.getvalue()[begin:]


@settings(max_examples=600, deadline=None)
@given(PIECES)
@example(["a", ',"', '""', '",', "a", "\n"])
@example(['"', "a", ",", '"', ",", "a", "\n"])
def test_raw_rows_are_canonical(pieces: list[str]) -> None:
    """Whatever the quotes, only rows that the writer would write so are called canonical; empty ones are left out."""
    for block in blocks_of("".join(pieces)):
        if block.raw is not None and not blank_rows(block.columns).any():
            assert block.raw == written(block)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_was_written_is_raw(rows: list[tuple[str, str]]) -> None:
    """A table with quotes where they are needed needs no second writing; doubled quotes are looked at closely."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    if all(a or b for a, b in rows) and not any('"' in cell for row in rows for cell in row):
        assert all(block.raw == written(block) for block in blocks_of(buffer.getvalue()))


@pytest.mark.parametrize("title", ['"Bảng\n1",\n', '"Bảng, 1",\n', "Bảng,\n", ""])
def test_the_header_is_cut_off_where_it_ends(title: str) -> None:
    """Line ends in cells above the table do not move the place where its rows begin."""
    text = title + "a,b\n" + 'x,"1, 2"\n' * 3
    result = run_tidy(DelimitedTable(io.BytesIO(text.encode()), Encoding("utf-8", 0, 1.0), ",", 2, ReadLimits()),
                      make_schema({"a": "string", "b": "string"}))  # fmt: skip
    assert result.rows == [["x", "1, 2"]] * 3
