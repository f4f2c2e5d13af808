"""Unique fields and primary keys, as runs that merge: 64 bits of hash a row, in the order of the rows.

A file may be cut in parts and each part hashed elsewhere: `Duplicates` sees only the runs. Whole numbers and dates are
hashed without loss; for texts two different keys meet once in 2**64 pairs. The judge is fed every row of a group that
looks equal and compares the values themselves, so no false detail is written.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.validate.checks import ColumnCheck
from ckanext.haugiang.core.validate.checks.base import letters, starts, values_of
from ckanext.haugiang.core.validate.checks.day import DayCheck
from ckanext.haugiang.core.validate.checks.integer import IntegerCheck
from ckanext.haugiang.core.validate.checks.text import TextCheck
from ckanext.haugiang.core.validate.column import Column

LONGEST = 256
# One random number for each letter at each place (tabulation hashing); fixed, so that parts agree.
TABLE = np.random.default_rng(20_250_701).integers(0, 2**64, (LONGEST, 256), dtype=np.uint64)
NULL = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Run:
    """Hashes of one block's keys.

    Attributes:
        hashes: One for each row that has a key.
        rows: Those rows, counted from 0 in the block; None when all rows have one, in order.
        empty: Mask of rows whose key has no value at all, which a primary key may not have.
    """

    hashes: np.ndarray
    rows: np.ndarray | None
    empty: np.ndarray | None


@dataclass(frozen=True)
class KeyCheck:
    """One unique field, or the primary key.

    Attributes:
        kind: The type of error: ``unique-error`` or ``primary-key``.
        columns: Places of its fields in the file.
        fields: Their names.
    """

    kind: str
    columns: tuple[int, ...]
    fields: tuple[str, ...]

    def run(self, columns: list[Column], checks: tuple[ColumnCheck, ...]) -> Run:
        """Hash the keys of one block."""
        void = [columns[n].void for n in self.columns]
        there = [mask for mask in void if mask is not None]
        empty = np.logical_and.reduce(there) if len(there) == len(void) else None
        whole = np.zeros(len(columns[self.columns[0]].cells), np.uint64)
        for n, mask in zip(self.columns, void, strict=True):
            part = hashes(columns[n], checks[n])
            if mask is not None:
                part = np.where(mask, NULL, part)
            whole = part if len(self.columns) == 1 else mix(whole * np.uint64(31) + part)
        drop = empty
        for n in self.columns:  # not a number equals nothing, not even itself
            odd = _odd(columns[n])
            if odd is not None:
                drop = odd if drop is None else drop | odd
        if drop is None or not drop.any():
            return Run(whole, None, None)
        rows = np.flatnonzero(~drop)
        return Run(whole[rows], rows.astype(np.int32), empty if empty is not None and empty.any() else None)


@dataclass
class Duplicates:
    """The runs of one key over all blocks of a file, or of a part of it."""

    runs: list[Run] = field(default_factory=list)

    def repeated(self) -> tuple[list[np.ndarray | None], int]:
        """For each block the rows of groups of equal keys, and how many rows repeat an earlier one."""
        if not self.runs:
            return [], 0
        ordered = np.concatenate([run.hashes for run in self.runs])
        ordered.sort()
        same = ordered[1:] == ordered[:-1]
        count = int(np.count_nonzero(same))
        if not count:
            return [None] * len(self.runs), 0
        groups = np.unique(ordered[1:][same])
        del ordered
        return [_rows_of(run, groups) for run in self.runs], count


def _rows_of(run: Run, groups: np.ndarray) -> np.ndarray | None:
    places = np.searchsorted(groups, run.hashes)
    places[places == len(groups)] = 0
    found = np.flatnonzero(groups[places] == run.hashes)
    if not len(found):
        return None
    return found if run.rows is None else run.rows[found]


def hashes(column: Column, check: ColumnCheck) -> np.ndarray:
    """A hash of each cell's value; what stands where there is no value means nothing."""
    if isinstance(check, TextCheck):
        return hash_texts(column.cells)
    if isinstance(check, IntegerCheck | DayCheck) and column.typed is not None:
        width: Any = np.int64 if isinstance(check, IntegerCheck) else np.int32
        whole = mix(values_of(column.typed, width).astype(np.int64).view(np.uint64))
        return _beyond(column, whole)
    out = np.zeros(len(column.cells), np.uint64)
    rows = np.arange(len(out)) if column.nulls is None else np.flatnonzero(~column.nulls)
    if len(rows):
        settled = check.reader.settle(column.cells.drop_null())
        out[rows] = settled.each([hash_value(outcome.value) for outcome in settled.outcomes], np.uint64)
    return out


def _beyond(column: Column, whole: np.ndarray) -> np.ndarray:
    """Values of more than 64 bits, which only frictionless could read."""
    if column.settled is None or column.settled_rows is None:
        return whole
    big = [isinstance(o.value, int) and not -(2**63) <= o.value < 2**63 for o in column.settled.outcomes]
    if any(big):
        rows = column.settled_rows[column.settled.each(big, bool)]
        values = column.settled.each([hash_value(o.value) for o in column.settled.outcomes], np.uint64)
        whole = whole.copy()
        whole[rows] = values[column.settled.each(big, bool)]
    return whole


def mix(numbers: np.ndarray) -> np.ndarray:
    """Scatter 64-bit numbers; different ones stay different (the finalizer of splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def hash_texts(cells: pa.Array) -> np.ndarray:
    """A hash of each text, over all bytes of the column at once."""
    ends = starts(cells).astype(np.int64)
    lengths = np.diff(ends)
    data = letters(cells)
    if not len(data):
        return mix(lengths.astype(np.uint64))
    places = np.arange(len(data)) - np.repeat(ends[:-1], lengths)
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(TABLE[np.minimum(places, LONGEST - 1), data], out=sums[1:])
    out = mix((sums[ends[1:]] - sums[ends[:-1]]) ^ lengths.astype(np.uint64))
    for row in np.flatnonzero(lengths > LONGEST):
        out[row] = _digest(data[ends[row] : ends[row + 1]].tobytes())
    return out


def hash_value(value: Any) -> np.uint64:
    """A hash of a Python value that is the same for equal values, in every process."""
    return np.uint64(_digest(repr(_canonical(value)).encode()))


def _canonical(value: Any) -> Any:
    if isinstance(value, bool | int | float | Decimal):
        sign, digits, exponent = Decimal(value).as_tuple()
        text = "".join(map(str, digits)).lstrip("0")
        bare = text.rstrip("0")
        if not isinstance(exponent, int):  # infinity
            return (sign, exponent)
        if not bare:
            return 0
        return (sign, bare, exponent + len(text) - len(bare))
    if isinstance(value, datetime) and value.tzinfo is not None:
        return ("utc", value.astimezone(UTC).isoformat())
    if isinstance(value, tuple):
        return tuple(map(_canonical, value))
    return value


def _odd(column: Column) -> np.ndarray | None:
    if column.settled is None or column.settled_rows is None:
        return None
    odd = [
        o.value is not None and isinstance(o.value, float | Decimal) and o.value != o.value for o in column.settled.outcomes
    ]
    if not any(odd):
        return None
    mask = np.zeros(len(column.cells), bool)
    mask[column.settled_rows[column.settled.each(odd, bool)]] = True
    return mask


def _digest(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
