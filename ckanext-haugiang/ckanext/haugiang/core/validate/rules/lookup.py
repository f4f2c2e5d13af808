"""Find the rows of a register that belong to the rows of a table, by whole columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NOWHERE = -1


class Lookup:
    """A register, ordered by its key; a key may stand in several rows of it.

    Args:
        register: The register.
        keys: Its key's columns, compared as text.
    """

    def __init__(self, register: pa.Table, keys: Sequence[str]) -> None:
        columns = [register.column(key).combine_chunks().cast(pa.string()) for key in keys]
        self._values = [pc.unique(column).drop_null() for column in columns]
        combined = self._combined(columns)
        self.order = np.argsort(combined, kind="stable")
        self.order = self.order[combined[self.order] >= 0]
        self._sorted = combined[self.order]
        self.most = int(np.unique(self._sorted, return_counts=True)[1].max(initial=0))

    def _combined(self, columns: Sequence[pa.Array]) -> np.ndarray:
        whole = np.zeros(len(columns[0]), np.int64)
        for values, column in zip(self._values, columns, strict=True):
            places = pc.index_in(column, value_set=values).fill_null(NOWHERE).to_numpy().astype(np.int64)
            whole = np.where((whole < 0) | (places < 0), NOWHERE, whole * max(len(values), 1) + places)
        return whole

    def rows(self, columns: Sequence[pa.Array]) -> list[np.ndarray]:
        """For each row of the table the first, second … register row of its key; `NOWHERE` where there is none."""
        wanted = self._combined(columns)
        first = np.searchsorted(self._sorted, wanted, "left")
        last = np.searchsorted(self._sorted, wanted, "right")
        found = []
        for number in range(max(self.most, 1)):
            there = (wanted >= 0) & (first + number < last)
            row = np.full(len(wanted), NOWHERE)
            row[there] = self.order[first[there] + number]
            found.append(row)
        return found


def numbers_of(register: pa.Table, column: str) -> np.ndarray:
    """A register's column as numbers, NaN where there is none."""
    texts = register.column(column).combine_chunks()
    if not pa.types.is_string(texts.type):
        return texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
    usable = pc.match_substring_regex(texts, r"^-?[0-9]+(\.[0-9]+)?$")
    return pc.if_else(usable, texts, None).cast(pa.float64()).to_numpy(zero_copy_only=False)


def days_of(register: pa.Table, columns: Sequence[str], otherwise: float) -> np.ndarray:
    """The first of ``columns`` that the register has, as days since 1970; ``otherwise`` where it is empty or absent."""
    name = next((name for name in columns if name in register.column_names), None)
    if name is None:
        return np.full(register.num_rows, otherwise)
    values = register.column(name).combine_chunks()
    if pa.types.is_string(values.type):
        values = pc.if_else(pc.match_substring_regex(values, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), values, None)
    days = values.cast(pa.date32()).cast(pa.int32()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(days), otherwise, days)
