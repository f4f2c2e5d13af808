"""Parquet files as tables of text, read row group by row group; the names of the columns count as row 1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ckanext.haugiang.core.errors import LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import Block, Merged
from ckanext.haugiang.core.read.cells import float_texts
from ckanext.haugiang.core.read.limits import ReadLimits

_ROWS = 16_384


class ParquetTable:
    """A Parquet file as a table.

    Args:
        stream: The file.
        limits: Where reading stops.

    Raises:
        ReadError: file-truncated.
        LimitExceeded: too-many-columns.
    """

    sheet: str | None = None
    merged: tuple[Merged, ...] = ()

    def __init__(self, stream: BinaryIO, limits: ReadLimits) -> None:
        self._stream = stream
        self._limits = limits
        self._names = self._open().schema_arrow.names
        self.width = len(self._names)
        if self.width > limits.columns:
            raise LimitExceeded("too-many-columns", columns=self.width, limit=limits.columns)

    def blocks(self) -> Iterator[Block]:
        """The header and all rows.

        Raises:
            ReadError: file-unreadable, cell-too-large, nul-byte.
        """
        yield Block(tuple(pa.array([name], pa.string()) for name in self._names), 1)
        row = 2
        try:
            for batch in self._open().iter_batches(_ROWS):
                texts = [text_of(column) for column in batch.columns]
                for number, column in enumerate(texts, start=1):
                    self._check(column, row, number)
                whole = pa.array(np.ones(batch.num_rows, np.bool_))
                native = tuple(None if _is_text(column.type) else whole for column in batch.columns)
                yield Block(tuple(texts), row, native)
                row += batch.num_rows
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise ReadError("file-unreadable", format=".parquet") from error

    def _open(self) -> pq.ParquetFile:
        self._stream.seek(0)
        try:
            return pq.ParquetFile(self._stream)
        except (pa.ArrowInvalid, OSError) as error:
            raise ReadError("file-truncated") from error

    def _check(self, column: pa.Array, row: int, number: int) -> None:
        longest = pc.max(pc.binary_length(column)).as_py() or 0
        if longest > self._limits.cell_chars:
            at = int(np.asarray(pc.binary_length(column)).argmax())
            raise ReadError("cell-too-large", row=row + at, limit=self._limits.cell_chars)
        if pc.any(pc.match_substring(column, "\x00")).as_py():
            at = int(np.asarray(pc.match_substring(column, "\x00")).argmax())
            raise ReadError("nul-byte", row=row + at, column=number)


def text_of(column: pa.Array) -> pa.Array:
    """A column as text, an empty text for null."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_float64(kind) or pa.types.is_float32(kind):
        texts = float_texts(column)
    elif pa.types.is_timestamp(kind):
        texts = pc.replace_substring(
            pc.cast(pc.floor_temporal(column, unit="second"), pa.string()), " ", "T", max_replacements=1
        )
        texts = pc.replace_substring_regex(texts, r"\.0+(Z?)$", r"\1")
    elif pa.types.is_time(kind):
        texts = pc.replace_substring_regex(pc.cast(column, pa.string()), r"\.0+$", "")
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        values = column.to_pylist()
        texts = pa.array(
            [None if v is None else json.dumps(v, ensure_ascii=False, separators=(",", ":"), default=str) for v in values],
            pa.string(),
        )
    else:
        texts = pc.cast(column, pa.string())
    return pc.fill_null(texts, "")


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
