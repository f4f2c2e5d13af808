"""Dates with a time of day in their standard form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, bound_values, letters, starts, values_of
from ckanext.haugiang.core.validate.checks.day import calendar_days
from ckanext.haugiang.core.validate.column import Column, mask_of

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the type of the standard has no zone
SHAPE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}$"
YEAR_ONE = -62_135_596_800
LETTERS = 19
DAY = 86_400
FIGURES = [1, 2, 4, 5, 7, 8]  # in "T09:14:00"
TENS = np.array([10, 1])
SEPARATORS = np.frombuffer(b"T ", np.uint8)


class MomentCheck(ColumnCheck):
    """Type ``datetime`` with the default format and no zone: ``2024-01-31T09:14:00``, or a space for the T.

    With a zone or a fraction of a second frictionless is asked. It raises where a value with a zone meets a bound
    without one; so do we, by name.
    """

    arrow = pa.timestamp("us")

    def __init__(self, field: Field, reader: CellReader) -> None:
        super().__init__(field, reader)
        self.bounds = {name: _seconds(value) for name, value in (bound_values(field) or {}).items()}

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        if field.type != "datetime" or field.format != "default" or field.constraints.get("enum") is not None:
            return False
        bounds = bound_values(field)
        return bounds is not None and all(b.tzinfo is None and not b.microsecond for b in bounds.values())

    def judge(self, column: Column) -> None:
        """See `ColumnCheck`."""
        if column.cells.null_count == len(column.cells):
            column.typed = pa.nulls(len(column.cells), self.arrow)
            return
        seconds, sure = self._at_a_glance(column)
        for name, bound in self.bounds.items():
            mask = {
                "minimum": seconds < bound,
                "maximum": seconds > bound,
                "exclusiveMinimum": seconds <= bound,
                "exclusiveMaximum": seconds >= bound,
            }[name]
            column.add_bad(mask & sure, "constraint-error")
        self.ask(column, np.flatnonzero(~sure if column.nulls is None else ~sure & ~column.nulls))
        column.typed = column.patched(seconds * 1_000_000, pa.timestamp("us"), _microseconds)

    def _at_a_glance(self, column: Column) -> tuple[np.ndarray, np.ndarray]:
        """Seconds since 1970, and the mask of the rows where they are sure."""
        cells = column.cells
        there = np.ones(len(cells), bool) if column.nulls is None else ~column.nulls
        if set(pc.min_max(pc.binary_length(cells)).as_py().values()) != {LETTERS}:
            there = mask_of(pc.match_substring_regex(cells, SHAPE).fill_null(False))
            cells = pc.if_else(pa.array(there), cells, None)
        try:
            seconds = values_of(cells.cast(pa.timestamp("s")), np.int64)
        except pa.ArrowInvalid:  # the 31st of February, 24:00
            return clock_seconds(cells)
        return seconds, there & (seconds >= YEAR_ONE)


def clock_seconds(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since 1970 of the texts that are a day and a time of it, and the mask of those texts."""
    days, right = calendar_days(pc.utf8_slice_codeunits(cells, 0, 10))
    ends = starts(cells)
    rows = np.flatnonzero(right & (np.diff(ends) == LETTERS))
    seconds, sure = np.zeros(len(cells), np.int64), np.zeros(len(cells), bool)
    if not len(rows):
        return seconds, sure
    signs = letters(cells)[ends[rows][:, None] + np.arange(10, LETTERS)]
    figures = signs[:, FIGURES].astype(np.int64) - ord("0")
    hour, minute, second = figures[:, 0:2] @ TENS, figures[:, 2:4] @ TENS, figures[:, 4:6] @ TENS
    good = ((figures >= 0) & (figures <= 9)).all(axis=1) & (hour < 24) & (minute < 60) & (second < 60)
    good &= (signs[:, [3, 6]] == ord(":")).all(axis=1) & np.isin(signs[:, 0], SEPARATORS)
    seconds[rows[good]] = days[rows[good]].astype(np.int64) * DAY + (hour * 3600 + minute * 60 + second)[good]
    sure[rows[good]] = True
    return seconds, sure


def _seconds(value: datetime) -> int:
    return (value - EPOCH) // timedelta(seconds=1)


def _microseconds(value: Any) -> int | None:
    if value is None:
        return None
    plain = value.replace(tzinfo=None) - (value.utcoffset() or timedelta())
    return (plain - EPOCH) // timedelta(microseconds=1)
