"""What a step over cells is, and how it is applied to a column."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


class CellStep(Protocol):
    """One repair of cells, made for one field.

    Attributes:
        name: Stable name, the same as its file's with hyphens; it stands in each recorded change.
    """

    name: str

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """The cells that `repair` might change, as a mask; None when there are none.

        Args:
            cells: Text of one column, without nulls.
            native: Which of them the file holds as number, date or truth value.
        """

    def repair(self, text: str) -> str:
        """One cell's repaired text; the same text when it is left as it is."""


def apply(step: CellStep, cells: pa.Array, native: pa.Array | None) -> tuple[pa.Array, npt.NDArray[np.intp]]:
    """Run a step over a column.

    Returns:
        The column after it, and the indices of the cells it changed.
    """
    mask = step.suspects(cells, native)
    if mask is None:
        return cells, _NONE
    at = np.flatnonzero(np.asarray(mask))
    if not len(at):
        return cells, _NONE
    coded = pc.dictionary_encode(cells.take(pa.array(at)))
    before = coded.dictionary.to_pylist()
    after = [step.repair(text) for text in before]
    moved = np.fromiter((old != new for old, new in zip(before, after, strict=True)), np.bool_, len(before))
    if not moved.any():
        return cells, _NONE
    indices = np.asarray(coded.indices)
    changed = moved[indices]
    at = at[changed]
    new = pa.array(after, pa.string()).take(pa.array(indices[changed]))
    flags = np.zeros(len(cells), np.bool_)
    flags[at] = True
    return pc.replace_with_mask(cells, pa.array(flags), new), at


_NONE = np.zeros(0, np.intp)
