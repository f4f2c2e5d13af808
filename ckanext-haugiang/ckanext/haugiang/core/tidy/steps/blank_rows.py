"""``blank-rows``: leave out rows without a value.

Empty rows separate parts of a sheet for the eye; in a table each row is an observation. Empty rows after the last one are
not even recorded. A row with a text in a column that is no field (a number counted on, a note below the table), or with
nothing but words for "no value", is left out too, and recorded with its text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.tidy.looks import text_bytes

NAME = "blank-rows"
_SPACES = (b" ", b"\t", b"\n", b"\r", b"\v", b"\f")


def blank_rows(columns: Sequence[pa.Array]) -> npt.NDArray[np.bool_]:
    """Which rows have no text in any column, spaces aside."""
    blank = np.asarray(pc.equal(_trimmed(columns[0]), ""))
    for column in columns[1:]:
        if not blank.any():
            break
        blank = blank & np.asarray(pc.equal(_trimmed(column), ""))
    return blank


def _trimmed(column: pa.Array) -> pa.Array:
    content = bytes(text_bytes(column))
    if content.isascii() and not any(sign in content for sign in _SPACES):
        return column
    return pc.utf8_trim_whitespace(column)
