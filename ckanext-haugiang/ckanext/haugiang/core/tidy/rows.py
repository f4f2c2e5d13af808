"""Which rows of a block are data: not empty ones, not repeated heads, not the units below the header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np
import numpy.typing as npt

from ckanext.haugiang.core.read import Block
from ckanext.haugiang.core.tidy.changes import ChangeLog
from ckanext.haugiang.core.tidy.steps import blank_rows, repeated_header, unit_row

Flags = npt.NDArray[np.bool_]


class RowFilter:
    """Decides block by block, and notes what is left out.

    Args:
        heads: The heads of the columns.
        first_data_row: Row of the file below the header.
        units: Index of a column → the unit of its field.
        figures: Indices of the columns of figures.
        log: Takes the rows that are left out.
    """

    def __init__(
        self, heads: Sequence[str], first_data_row: int, units: Mapping[int, str], figures: Set[int], log: ChangeLog
    ) -> None:
        self._heads = heads
        self._below = first_data_row
        self._units = units
        self._figures = figures
        self._log = log
        self._blank: list[int] = []
        self._near = True  # until the first row of data

    def keep(self, block: Block) -> Flags:
        """Which rows are data."""
        empty = blank_rows.blank_rows(block.columns)
        heads = repeated_header.repeated_header(block.columns, self._heads)
        near = self._unit_rows(block, empty) if self._near else np.zeros(block.height, np.bool_)
        out = empty | heads | near
        keep = ~out
        last = int(np.flatnonzero(keep)[-1]) if keep.any() else -1
        for index in np.flatnonzero(out).tolist():
            self._leave_out(block, index, blank=bool(empty[index]), head=bool(heads[index]))
        if last >= 0:
            self._note_blank(block.first + last)
            self._near = False
        return keep

    def without_values(self, block: Block, indices: npt.NDArray[np.intp]) -> None:
        """Note rows that turned out to have no value in any field, only words for "none" or a text elsewhere."""
        for index in indices.tolist():
            cells = [column[index].as_py() for column in block.columns]
            self._log.row(blank_rows.NAME, block.first + index, cells)

    def _leave_out(self, block: Block, index: int, *, blank: bool, head: bool) -> None:
        row = block.first + index
        if blank:
            self._blank.append(row)
        else:
            cells = [column[index].as_py() for column in block.columns]
            self._log.row(repeated_header.NAME if head else unit_row.NAME, row, cells)

    def _note_blank(self, before: int) -> None:
        """Note empty rows once a row of data follows them: those at the end are no change."""
        while self._blank and self._blank[0] < before:
            self._log.row(blank_rows.NAME, self._blank.pop(0), ())

    def _unit_rows(self, block: Block, empty: Flags) -> Flags:
        found = np.zeros(block.height, np.bool_)
        for index, cells in enumerate(block.rows(max(0, self._below + unit_row.LOOK - block.first))):
            if empty[index]:
                continue
            if not unit_row.is_unit_row(cells, self._units, self._figures):
                break
            found[index] = True
        return found
