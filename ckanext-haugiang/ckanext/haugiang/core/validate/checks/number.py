"""Numbers with a fraction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, bound_values, plain, values_of
from ckanext.haugiang.core.validate.column import Column, mask_of

SHAPE = r"^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?$"
OPTIONS = {"group_char", "decimal_char", "bare_number"}


class NumberCheck(ColumnCheck):
    """Type ``number`` written plainly, compared exactly though the mask works with binary fractions.

    Rounding keeps order: a text whose rounded value lies beside the rounded bound lies on the same side itself. Where
    the two are equal, frictionless is asked, which compares decimals.
    """

    arrow = pa.float64()

    def __init__(self, field: Field, reader: CellReader) -> None:
        super().__init__(field, reader)
        self.bounds = {name: float(value) for name, value in (bound_values(field) or {}).items()}

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        if field.type != "number" or OPTIONS & set(field.list_defined()) or field.constraints.get("enum") is not None:
            return False
        bounds = bound_values(field)
        return bounds is not None and not any(math.isnan(value) for value in bounds.values())

    def judge(self, column: Column) -> None:
        """See `ColumnCheck`."""
        cells = column.cells
        typed = self._at_a_glance(cells)
        sure = None if column.nulls is None else ~column.nulls
        open_rows = None
        if typed is None:
            sure = mask_of(pc.match_substring_regex(cells, SHAPE).fill_null(False))
            typed = pc.if_else(pa.array(sure), cells, None).cast(pa.float64())
            open_rows = ~sure if column.nulls is None else ~sure & ~column.nulls
        values = values_of(typed, np.float64)
        equal = self._constraints(column, typed, values, sure)
        if equal is not None:
            open_rows = equal if open_rows is None else open_rows | equal
        rows = np.empty(0, np.int64) if open_rows is None else np.flatnonzero(open_rows)
        self.ask(column, rows)
        column.typed = typed if not len(rows) else column.patched(values, pa.float64(), _as_float)

    def _at_a_glance(self, cells: pa.Array) -> pa.Array | None:
        if not plain(cells):
            return None
        try:
            return cells.cast(pa.float64())
        except pa.ArrowInvalid:
            return None

    def _constraints(
        self, column: Column, typed: pa.Array, values: np.ndarray, sure: np.ndarray | None
    ) -> np.ndarray | None:
        """Mark what is surely beyond a bound, and give back the mask of what equals one."""
        if not self.bounds:
            return None
        least, most = pc.min_max(typed).as_py().values()
        if least is None:
            return None
        equal = None
        beyond = {}
        for name, bound in self.bounds.items():
            below = name.lower().endswith("minimum")
            if (below and least > bound) or (not below and most < bound):
                continue
            same = values == bound
            equal = same if equal is None else equal | same
            beyond[name] = values < bound if below else values > bound
        if equal is None:
            return None
        equal = equal if sure is None else equal & sure
        for mask in beyond.values():  # a cell that equals one bound is asked about all of them
            known = mask & ~equal
            column.add_bad(known if sure is None else known & sure, "constraint-error")
        return equal


def _as_float(value: Any) -> float | None:
    if value is None:
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None
