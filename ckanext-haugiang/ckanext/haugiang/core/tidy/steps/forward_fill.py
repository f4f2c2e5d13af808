"""``forward-fill``: write the text of a merged cell into each row that it spans.

A cell that is merged downwards says its text once for several rows. Only where the sheet really has such a merged
range is it repeated; an empty cell below a filled one means "empty" everywhere else. Fields of figures are left out,
unless they belong to the primary key: a merged sum is not the value of each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ckanext.haugiang.core.read import Merged
from ckanext.haugiang.core.schema import TableSchema

NAME = "forward-fill"
_FIGURES = frozenset({"number", "integer"})


class ForwardFill:
    """See the module.

    Args:
        merged: The sheet's merged ranges.
        fields: Index of a column → its field.
        schema: Tells figures and the primary key.
        first_data_row: Row of the file below the header.
    """

    def __init__(
        self, merged: Sequence[Merged], fields: Mapping[int, str], schema: TableSchema, first_data_row: int
    ) -> None:
        self._ranges: dict[int, list[tuple[int, int]]] = {}
        self._carried: dict[tuple[int, int], str] = {}
        for r1, c1, r2, c2 in merged:
            name = fields.get(c1 - 1)
            if name is None or r2 <= r1 or c2 != c1 or r1 < first_data_row:
                continue
            if schema.field(name).type not in _FIGURES or name in schema.primary_key:
                self._ranges.setdefault(c1 - 1, []).append((r1, r2))

    def fill(self, index: int, cells: pa.Array, rows: npt.NDArray[np.int64]) -> tuple[pa.Array, npt.NDArray[np.intp]]:
        """Fill one column of a block.

        Args:
            index: Of the column in the file.
            cells: Its text.
            rows: The file's row of each cell.

        Returns:
            The column after it, and the indices of the cells it filled.
        """
        ranges = [span for span in self._ranges.get(index, ()) if len(rows) and span[1] >= rows[0] and span[0] <= rows[-1]]
        if not ranges:
            return cells, np.zeros(0, np.intp)
        texts = cells.to_pylist()
        filled = []
        for r1, r2 in ranges:
            inside = np.flatnonzero((rows >= r1) & (rows <= r2)).tolist()
            for at in inside:
                if rows[at] == r1:
                    self._carried[index, r1] = texts[at]
                elif not texts[at].strip() and self._carried.get((index, r1)):
                    texts[at] = self._carried[index, r1]
                    filled.append(at)
        return pa.array(texts, pa.string()), np.asarray(sorted(filled), np.intp)
