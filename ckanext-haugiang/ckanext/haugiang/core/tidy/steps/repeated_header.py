"""``repeated-header``: leave out rows that repeat the column heads.

Sheets that were made for printing, and files that were put together from several, repeat their header. A row is one
when each of its cells is empty or equals its column's head, and at least two equal it (one, in a table of one
column).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.tidy.fold import fold

NAME = "repeated-header"


def repeated_header(columns: Sequence[pa.Array], heads: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which rows repeat the header.

    Args:
        columns: The file's columns.
        heads: Their heads, as they stand in the file.
    """
    height = len(columns[0])
    named = [(column, head) for column, head in zip(columns, heads, strict=False) if head]
    needed = min(2, len(named))
    if not named:
        return np.zeros(height, np.bool_)
    hits = np.zeros(height, np.int32)
    for column, head in named[:2]:  # two columns suffice to find the few rows worth a closer look
        hits += np.asarray(pc.equal(column, head)).astype(np.int32)
    found = hits > 0
    for index in np.flatnonzero(found).tolist():
        cells = [(column[index].as_py(), head) for column, head in named]
        equal = [fold(cell) == fold(head) for cell, head in cells if cell.strip()]
        found[index] = all(equal) and len(equal) >= needed
    return found
