"""Looks at a whole column of text: its bytes, and whether all of it is of a type."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def text_bytes(column: pa.Array) -> memoryview:
    """The bytes of all texts of a column, one after the other."""
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return memoryview(b"")
    at = np.frombuffer(offsets, np.int32)
    return memoryview(data)[int(at[column.offset]) : int(at[column.offset + len(column)])]


def casts(cells: pa.Array, kind: pa.DataType) -> bool:
    """Whether every cell that is not empty is of a type, as Arrow reads it."""
    try:
        pc.cast(_nulls_for_empty(cells), kind)
    except pa.ArrowInvalid:
        return False
    return True


def _nulls_for_empty(cells: pa.Array) -> pa.Array:
    offsets = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    if not len(cells) or np.diff(offsets).min() > 0:
        return cells
    return pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)


def has_separators(cells: pa.Array) -> bool:
    """Whether any dot or comma stands in a column."""
    content = bytes(text_bytes(cells))
    return b"." in content or b"," in content
