"""Dates in their standard form."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, bound_values, letters, starts, values_of
from ckanext.haugiang.core.validate.column import Column

EPOCH = date(1970, 1, 1).toordinal()
DIGITS = [0, 1, 2, 3, 5, 6, 8, 9]
WEIGHTS = np.array([1000, 100, 10, 1, 10, 1, 10, 1], np.int64)


class DayCheck(ColumnCheck):
    """Type ``date`` with the default format: ten letters ``2024-01-31`` of the years 1 to 9999.

    Arrow takes ``' 2024-01-31'`` and the year 0; the length and the lowest value tell them. Other formats are asked of
    frictionless, once for each distinct text.
    """

    arrow = pa.date32()

    def __init__(self, field: Field, reader: CellReader) -> None:
        super().__init__(field, reader)
        self.bounds = {name: value.toordinal() - EPOCH for name, value in (bound_values(field) or {}).items()}

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        return (
            field.type == "date"
            and field.format == "default"
            and field.constraints.get("enum") is None
            and bound_values(field) is not None
        )

    def judge(self, column: Column) -> None:
        """See `ColumnCheck`."""
        if column.cells.null_count == len(column.cells):
            column.typed = pa.nulls(len(column.cells), pa.date32())
            return
        days = self._at_a_glance(column.cells)
        sure = None if column.nulls is None else ~column.nulls
        rows = np.empty(0, np.int64)
        if days is None:
            coded = column.cells.dictionary_encode()  # the same day stands in many rows
            days, right = calendar_days(coded.dictionary)
            codes = coded.indices.fill_null(0).to_numpy()
            days, right = days[codes], right[codes]
            sure = right if column.nulls is None else right & ~column.nulls
            rows = np.flatnonzero(~sure if column.nulls is None else ~sure & ~column.nulls)
        self._constraints(column, days, sure)
        self.ask(column, rows)
        column.typed = column.patched(days, pa.date32(), _as_day)

    def _at_a_glance(self, cells: pa.Array) -> np.ndarray | None:
        if tuple(pc.min_max(pc.binary_length(cells)).as_py().values()) != (10, 10):
            return None
        try:
            typed = cells.cast(pa.date32())
        except pa.ArrowInvalid:
            return None
        days = values_of(typed, np.int32)
        least = days.min() if not cells.null_count else pc.min(typed).cast(pa.int32()).as_py()
        return days if least > -EPOCH else None

    def _constraints(self, column: Column, days: np.ndarray, sure: np.ndarray | None) -> None:
        for name, bound in self.bounds.items():
            mask = {
                "minimum": days < bound,
                "maximum": days > bound,
                "exclusiveMinimum": days <= bound,
                "exclusiveMaximum": days >= bound,
            }[name]
            column.add_bad(mask if sure is None else mask & sure, "constraint-error")


def calendar_days(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970 of the texts that are dates, and the mask of those texts."""
    ends = starts(cells)
    ten = np.flatnonzero(np.diff(ends) == 10)
    days, right = np.zeros(len(cells), np.int32), np.zeros(len(cells), bool)
    if not len(ten):
        return days, right
    signs = letters(cells)[ends[ten][:, None] + np.arange(10)]
    figures = signs[:, DIGITS].astype(np.int64) - ord("0")
    good = ((figures >= 0) & (figures <= 9)).all(axis=1) & (signs[:, [4, 7]] == ord("-")).all(axis=1)
    figures = np.where(good[:, None], figures, 1) * WEIGHTS
    year, month, day = figures[:, :4].sum(axis=1), figures[:, 4:6].sum(axis=1), figures[:, 6:].sum(axis=1)
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    found = first.astype("datetime64[D]") + (day - 1)
    good &= found.astype("datetime64[M]") == first
    days[ten[good]] = found[good].astype(np.int64)
    right[ten[good]] = True
    return days, right


def _as_day(value: date | None) -> int | None:
    return None if value is None else value.toordinal() - EPOCH
