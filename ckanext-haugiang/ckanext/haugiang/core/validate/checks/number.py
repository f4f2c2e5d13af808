"""Numbers with a fraction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, bound_values, cast_plain, sure_mask, values_of
from ckanext.haugiang.core.validate.column import Column

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
        typed, rows = cast_plain(column.cells, pa.float64(), SHAPE, column.nulls)
        values = values_of(typed, np.float64)
        equal = self._constraints(column, typed, values, sure_mask(len(values), column.nulls, rows))
        if equal is not None and equal.any():
            rows = np.union1d(rows, np.flatnonzero(equal))
        self.ask(column, rows)
        column.typed = typed if not len(rows) else column.patched(values, pa.float64(), _as_float)

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
