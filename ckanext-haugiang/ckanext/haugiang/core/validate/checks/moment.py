"""Dates with a time of day in their standard form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, bound_values, values_of
from ckanext.haugiang.core.validate.column import Column, mask_of

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the type of the standard has no zone
SHAPE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}$"
YEAR_ONE = -62_135_596_800


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
        cells = column.cells
        shaped = mask_of(pc.match_substring_regex(cells, SHAPE).fill_null(False))
        typed = None
        try:
            typed = pc.if_else(pa.array(shaped), cells, None).cast(pa.timestamp("s"))
        except pa.ArrowInvalid:  # the 31st of February, 24:00
            self.ask_all(column)
            column.typed = column.patched(np.zeros(len(cells), np.int64), pa.timestamp("us"), _microseconds)
            return
        seconds = values_of(typed, np.int64)
        sure = shaped & (seconds >= YEAR_ONE)
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


def _seconds(value: datetime) -> int:
    return (value - EPOCH) // timedelta(seconds=1)


def _microseconds(value: Any) -> int | None:
    if value is None:
        return None
    plain = value.replace(tzinfo=None) - (value.utcoffset() or timedelta())
    return (plain - EPOCH) // timedelta(microseconds=1)
