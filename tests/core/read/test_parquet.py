"""Parquet as text: what each type is written as, and what a damaged file says."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.read import Block, ReadLimits, detect, open_tables


def parquet(columns: dict[str, Any]) -> io.BytesIO:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream


def blocks_of(stream: io.BytesIO, limits: ReadLimits | None = None) -> list[Block]:
    (table,) = open_tables(stream, detect(stream, "a.parquet"), limits)
    return list(table.blocks())


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None], pa.int8()), ["1", ""]),
        (pa.array([1.5, None, 2.0, 0.1 + 0.2]), ["1.5", "", "2", "0.3"]),
        (pa.array(["x", None, ""]), ["x", "", ""]),
        (pa.array([True, None]), ["true", ""]),
        (pa.array([date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([datetime(2024, 1, 2, 8, 30)], pa.timestamp("us")), ["2024-01-02T08:30:00"]),  # noqa: DTZ001
        (pa.array([datetime(2024, 1, 2, 8, 30, tzinfo=UTC)], pa.timestamp("ms", "UTC")), ["2024-01-02T08:30:00Z"]),
        (pa.array([time(7, 5)], pa.time32("s")), ["07:05:00"]),
        (pa.array([Decimal("1.50")], pa.decimal128(5, 2)), ["1.50"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array([[1, 2], None]), ["[1,2]", ""]),
        (pa.array([{"a": "ơ"}]), ['{"a":"ơ"}']),
    ],
)
def test_types(values: pa.Array, texts: list[str]) -> None:
    """Each type has the text that the canonical table has for it."""
    header, block = blocks_of(parquet({"a": values}))
    assert header.rows(1) == [["a"]]
    assert [row[0] for row in block.rows(block.height)] == texts
    assert (block.first, header.first) == (2, 1)


def test_numbers_are_native_and_texts_are_not() -> None:
    """A text such as 1.050 may still be two numbers."""
    _, block = blocks_of(parquet({"a": [1.05], "b": ["1.050"]}))
    assert [mask is not None for mask in block.native] == [True, False]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PAR1" + bytes(100), "file-truncated"),
        (parquet({"a": [1, 2, 3]}).getvalue()[:-20], "file-truncated"),
        (parquet({"a": ["x\x00y"]}).getvalue(), "nul-byte"),
        (parquet({"a": ["x" * 2000]}).getvalue(), "cell-too-large"),
        (parquet({f"c{n}": [1] for n in range(20)}).getvalue(), "too-many-columns"),
    ],
)
def test_refusals(content: bytes, code: str) -> None:
    """Damaged, hostile and too large files have their codes."""
    with pytest.raises(HauGiangError) as caught:
        blocks_of(io.BytesIO(content), ReadLimits(cell_chars=1000, columns=10))
    assert caught.value.code == code


def test_a_page_that_is_damaged() -> None:
    """A file whose list of parts is whole, but whose data is not."""
    content = bytearray(parquet({"a": list(range(50_000))}).getvalue())
    content[200:5000] = bytes(4800)
    with pytest.raises(HauGiangError) as caught:
        blocks_of(io.BytesIO(bytes(content)))
    assert caught.value.code == "file-unreadable"
