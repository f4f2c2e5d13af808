"""``blank-rows``: leave out rows without any text.

Empty rows separate parts of a sheet for the eye; in a table each row is an observation. Empty rows after the last one
are not even recorded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NAME = "blank-rows"


def blank_rows(columns: Sequence[pa.Array]) -> npt.NDArray[np.bool_]:
    """Which rows have no text in any column, spaces aside."""
    blank = np.ones(len(columns[0]), np.bool_)
    for column in columns:
        blank &= np.asarray(pc.equal(column, ""))
        if not blank.any():
            break
    return blank | _only_spaces(columns, blank)


def _only_spaces(columns: Sequence[pa.Array], blank: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Rows of spaces are rare; only rows that begin with a space or nothing are looked at again."""
    rest = ~blank & np.asarray(pc.match_substring_regex(columns[0], r"^\s*$"))
    for index in np.flatnonzero(rest).tolist():
        rest[index] = not any(column[index].as_py().strip("\u00a0\u200b\ufeff \t\r\n") for column in columns)
    return rest
