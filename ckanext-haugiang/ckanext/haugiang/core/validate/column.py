"""One column of one block: what is null, what is wrong, and the values in a form that keys and rules can use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.validate.cells import Settled


def mask_of(values: pa.Array) -> np.ndarray:
    """A boolean Arrow array without nulls as a mask."""
    return values.to_numpy(zero_copy_only=False)


def null_mask(cells: pa.Array) -> np.ndarray | None:
    """Mask of the nulls, None when there are none."""
    return mask_of(cells.is_null()) if cells.null_count else None


@dataclass
class Column:
    """The judgement on one column of one block.

    Masks are over the rows of the block; None stands for "nowhere".

    Attributes:
        cells: The texts; null where the cell is missing.
        nulls: Mask of missing cells.
        bad: Mask of cells with a type or constraint error other than ``required``.
        type_errors: Mask of the cells that are not of their type; their value counts as null.
        counts: Errors by type, ``required`` not among them.
        typed: The values as Arrow, null where there is none; None when the mask of this type makes none.
        settled: Outcomes of `settled_rows`, where frictionless had to be asked.
        settled_rows: The rows that `settled` speaks of.
    """

    cells: pa.Array
    nulls: np.ndarray | None = None
    bad: np.ndarray | None = None
    type_errors: np.ndarray | None = None
    counts: dict[str, int] = field(default_factory=dict)
    typed: pa.Array | None = None
    settled: Settled | None = None
    settled_rows: np.ndarray | None = None

    @classmethod
    def of(cls, cells: pa.Array) -> Column:
        """A column of which nothing but its nulls is known."""
        return cls(cells, null_mask(cells))

    def add_bad(self, mask: np.ndarray, kind: str) -> None:
        """One more error of ``kind`` in each cell of ``mask``."""
        count = int(np.count_nonzero(mask))
        if count:
            self.counts[kind] = self.counts.get(kind, 0) + count
            self.bad = mask if self.bad is None else self.bad | mask

    def add_settled(self, rows: np.ndarray, settled: Settled) -> None:
        """Take over what frictionless said about the cells of ``rows``."""
        self.settled, self.settled_rows = settled, rows
        if any(outcome.type_error for outcome in settled.outcomes):
            self.type_errors = np.zeros(len(self.cells), bool)
            self.type_errors[rows[settled.type_errors]] = True
            self.add_bad(self.type_errors, "type-error")
        if any(outcome.constraint_errors for outcome in settled.outcomes):
            violated = settled.constraint_errors
            mask = np.zeros(len(self.cells), bool)
            mask[rows[violated > 0]] = True
            self.bad = mask if self.bad is None else self.bad | mask
            self.counts["constraint-error"] = self.counts.get("constraint-error", 0) + int(violated.sum())

    @property
    def void(self) -> np.ndarray | None:
        """Mask of the rows that have no value: missing, or not of the type."""
        if self.nulls is None or self.type_errors is None:
            return self.type_errors if self.nulls is None else self.nulls
        return self.nulls | self.type_errors

    def patched(self, values: np.ndarray, arrow: pa.DataType, convert: Any) -> pa.Array:
        """``values`` with what frictionless read in the settled rows put in, null where there is no value."""
        void = self.void
        if self.settled is not None and self.settled_rows is not None:
            values = values.copy()
            parts = [convert(outcome.value) for outcome in self.settled.outcomes]
            lost = self.settled.each([part is None for part in parts], bool)
            if lost.any():
                void = np.zeros(len(values), bool) if void is None else void.copy()
                void[self.settled_rows[lost]] = True
            values[self.settled_rows] = self.settled.each([0 if part is None else part for part in parts], values.dtype)
        return pa.array(values, mask=void).view(arrow) if void is not None else pa.array(values).view(arrow)
