"""What every check of a column has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.column import Column

SEVERAL = 4
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


class ColumnCheck(ABC):
    """The mask of one type, made for one field.

    Attributes:
        arrow: Type of the typed output.
    """

    arrow: ClassVar[pa.DataType] = pa.string()

    def __init__(self, field: Field, reader: CellReader) -> None:
        self.field = field
        self.reader = reader

    @classmethod
    @abstractmethod
    def knows(cls, field: Field) -> bool:
        """Whether the mask understands this field's type, format and options."""

    @abstractmethod
    def judge(self, column: Column) -> None:
        """Fill in a column that knows its nulls only."""

    def ask(self, column: Column, rows: np.ndarray) -> None:
        """Leave the cells of ``rows`` to frictionless."""
        if len(rows):
            column.add_settled(rows, self.reader.settle(column.cells.take(pa.array(rows))))

    def ask_all(self, column: Column) -> None:
        """Leave every cell that is there to frictionless."""
        rows = np.arange(len(column.cells)) if column.nulls is None else np.flatnonzero(~column.nulls)
        if len(rows):
            column.add_settled(rows, self.reader.settle(column.cells.drop_null()))

    def typed(self, column: Column) -> pa.Array:
        """The values as Arrow; the text itself where the mask makes no typed values."""
        if column.typed is not None:
            return column.typed
        void = column.type_errors
        return column.cells if void is None else pc.if_else(pa.array(~void), column.cells, None)


def bound_values(field: Field) -> dict[str, Any] | None:
    """The field's bounds as frictionless reads them; None when one cannot be read."""
    read = field.create_value_reader()
    bounds = {name: read(field.constraints[name]) for name in BOUNDS if field.constraints.get(name) is not None}
    return None if any(value is None for value in bounds.values()) else bounds


def letters(cells: pa.Array) -> np.ndarray:
    """All bytes of a text array, one after the other."""
    _, offsets, data = cells.buffers()
    if data is None or not len(cells):
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)
    return np.frombuffer(data, np.uint8)[ends[cells.offset] : ends[cells.offset + len(cells)]]


def starts(cells: pa.Array) -> np.ndarray:
    """Where each text starts in `letters`, and at last where they end."""
    ends = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return ends - ends[0]


def beyond_digits(cells: pa.Array) -> np.ndarray:
    """Rows whose text has a byte above the digits: a letter, an underscore, a Vietnamese or Arabic sign."""
    data = letters(cells)
    if not len(data) or data.max() <= ord("9"):
        return np.empty(0, np.int64)
    places = np.flatnonzero(data > ord("9"))
    return np.unique(np.searchsorted(starts(cells), places, "right") - 1)


def cast_plain(cells: pa.Array, arrow: pa.DataType, shape: str, nulls: np.ndarray | None) -> tuple[pa.Array, np.ndarray]:
    """The values of the plain texts, null elsewhere, and the rows whose text is not plain.

    Where a cast takes the whole column, or all of it but the rows that hold a letter, Arrow and frictionless agree: Arrow
    takes more than it should only of texts with letters (``0x10``). Else ``shape`` tells, cell by cell.
    """
    rows = beyond_digits(cells)
    if len(rows) * SEVERAL <= len(cells):  # else 1e3 in every row: not odd letters but a way of writing
        try:
            if not len(rows):
                return cells.cast(arrow), rows
            sure = np.ones(len(cells), bool)
            sure[rows] = False
            return pc.if_else(pa.array(sure), cells, None).cast(arrow), rows
        except pa.ArrowInvalid:
            pass
    sure = pc.match_substring_regex(cells, shape).fill_null(False).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(~sure if nulls is None else ~sure & ~nulls)
    return pc.if_else(pa.array(sure), cells, None).cast(arrow), rows


def sure_mask(size: int, nulls: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """Mask of the rows that a mask has settled: not null, and not among ``rows``; None for all."""
    if not len(rows):
        return None if nulls is None else ~nulls
    sure = np.ones(size, bool) if nulls is None else ~nulls
    sure[rows] = False
    return sure


def values_of(typed: pa.Array, dtype: Any) -> np.ndarray:
    """The values behind a primitive Arrow array, whatever stands where it is null."""
    return np.frombuffer(typed.buffers()[1], dtype)[typed.offset : typed.offset + len(typed)]
