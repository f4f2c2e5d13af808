"""From a row of the tidied table back to its place in the steward's file."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


class Places:
    """Row of the tidied table (its header is row 1) and field → sheet, row, column and cell of the file.

    Rows mostly follow each other in both, so only the places where they part are kept: a few bytes for a whole file.

    Args:
        sheet: Name of the sheet, None for a text.
        columns: Field → letter of its column.
        header_row: Row of the header in the file.
    """

    def __init__(self, sheet: str | None, columns: Mapping[str, str], header_row: int) -> None:
        self.sheet = sheet
        self.columns = dict(columns)
        self.header_row = header_row
        self._tidy = array("q")
        self._row = array("q")
        self._line = array("q")
        self._next = (2, -1, -1)

    def add(self, rows: npt.NDArray[np.int64], lines: npt.NDArray[np.int64] | None) -> None:
        """Note the file's rows (and lines, when they differ) of the next tidy rows."""
        if not len(rows):
            return
        at_lines = rows if lines is None else lines
        breaks = np.flatnonzero((np.diff(rows) != 1) | (np.diff(at_lines) != 1)) + 1
        for start in [0, *breaks.tolist()]:
            here = (self._next[0] + start, int(rows[start]), int(at_lines[start]))
            if start or here[1:] != self._next[1:]:
                self._tidy.append(here[0])
                self._row.append(here[1])
                self._line.append(here[2])
        self._next = (self._next[0] + len(rows), int(rows[-1]) + 1, int(at_lines[-1]) + 1)

    def __call__(self, row: int, field: str) -> dict[str, Any]:
        """The place of one cell; of the whole row when ``field`` is empty."""
        column = self.columns.get(field)
        source, line = self.row(row)
        place: dict[str, Any] = {
            "sheet": self.sheet,
            "row": source,
            "column": column,
            "cell": f"{column}{source}" if column and source else None,
        }
        if line != source:
            place["line"] = line
        return place

    def row(self, row: int) -> tuple[int | None, int | None]:
        """Row and line in the file of a tidy row."""
        if row == 1:
            return self.header_row, self.header_row
        run = bisect_right(self._tidy, row) - 1
        if run < 0:
            return None, None
        offset = row - self._tidy[run]
        return self._row[run] + offset, self._line[run] + offset
