"""What tidy changed, cell by cell, in the rows and columns of the steward's file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TEXT = 500


class ChangeLog:
    """Writes each change as a line of JSON and counts them all.

    Args:
        stream: Where the lines go.
        limit: How many lines are written; a file of ten million decimal commas needs not all of them said. The
            counts stay exact.
    """

    def __init__(self, stream: BinaryIO, limit: int = 200_000) -> None:
        self._stream = stream
        self._limit = limit
        self.written = 0
        self.by_step: Counter[str] = Counter()

    def cells(  # noqa: PLR0913, PLR0917 - the columns of the record
        self,
        step: str,
        field: str,
        column: str | None,
        rows: npt.NDArray[np.int64],
        before: pa.Array,
        after: pa.Array,
    ) -> None:
        """Note changed cells of one column."""
        self.by_step[step] += len(rows)
        room = max(0, self._limit - self.written)
        for row, old, new in zip(rows[:room].tolist(), before[:room].to_pylist(), after[:room].to_pylist(), strict=True):
            cell = f"{column}{row}" if column else None
            self._line(
                {
                    "row": row,
                    "column": column,
                    "cell": cell,
                    "field": field,
                    "before": old[:_TEXT],
                    "after": new[:_TEXT],
                    "step": step,
                }
            )

    def row(self, step: str, row: int, cells: Sequence[str]) -> None:
        """Note a row that was left out."""
        self.by_step[step] += 1
        if self.written < self._limit:
            before = " | ".join(cell for cell in cells if cell)[:_TEXT]
            self._line(
                {
                    "row": row,
                    "column": None,
                    "cell": None,
                    "field": None,
                    "before": before,
                    "after": None,
                    "step": step,
                }
            )

    def _line(self, change: dict[str, object]) -> None:
        self._stream.write(json.dumps(change, ensure_ascii=False).encode() + b"\n")
        self.written += 1
