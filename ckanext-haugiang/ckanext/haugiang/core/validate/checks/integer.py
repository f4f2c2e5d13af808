"""Whole numbers, and years, which are whole numbers of four letters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, bound_values, cast_plain, sure_mask, values_of
from ckanext.haugiang.core.validate.column import Column, mask_of

LEAST, MOST = -(2**63), 2**63 - 1


class IntegerCheck(ColumnCheck):
    """Type ``integer`` with ``bareNumber``: an optional minus and up to 18 digits are settled by the mask."""

    arrow = pa.int64()
    shape = r"^-?[0-9]{1,18}$"

    def __init__(self, field: Field, reader: CellReader) -> None:
        super().__init__(field, reader)
        self.bounds = bound_values(field) or {}
        enum = field.constraints.get("enum")
        read = field.create_value_reader()
        members = None if enum is None else [read(value) for value in enum]
        # a member beyond 64 bits equals no value that the mask settles
        self.members = None if members is None else [m for m in members if m is not None and LEAST <= m <= MOST]

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        return field.type == "integer" and getattr(field, "bare_number", True) and bound_values(field) is not None

    def plain_values(self, column: Column) -> tuple[pa.Array, np.ndarray]:
        """The values of the plain texts, and the rows of the others."""
        return cast_plain(column.cells, pa.int64(), self.shape, column.nulls)

    def judge(self, column: Column) -> None:
        """See `ColumnCheck`."""
        typed, rows = self.plain_values(column)
        values = values_of(typed, np.int64)
        self._constraints(column, typed, values, sure_mask(len(values), column.nulls, rows))
        self.ask(column, rows)
        column.typed = typed if not len(rows) else column.patched(values, pa.int64(), _within_64_bits)

    def _constraints(self, column: Column, typed: pa.Array, values: np.ndarray, sure: np.ndarray | None) -> None:
        if not self.bounds and self.members is None:
            return
        least, most = pc.min_max(typed).as_py().values()
        if least is None:
            return
        for name, bound in self.bounds.items():
            if name == "minimum" and least < bound:
                mask = values < bound
            elif name == "maximum" and most > bound:
                mask = values > bound
            elif name == "exclusiveMinimum" and least <= bound:
                mask = values <= bound
            elif name == "exclusiveMaximum" and most >= bound:
                mask = values >= bound
            else:
                continue
            column.add_bad(mask if sure is None else mask & sure, "constraint-error")
        if self.members is not None:
            mask = ~np.isin(values, np.array(self.members, np.int64))
            column.add_bad(mask if sure is None else mask & sure, "constraint-error")


class YearCheck(IntegerCheck):
    """Type ``year``: exactly four letters that are a whole number from 0."""

    shape = r"^[0-9]{4}$"

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        return field.type == "year" and bound_values(field) is not None

    def plain_values(self, column: Column) -> tuple[pa.Array, np.ndarray]:
        """Like whole numbers, where every text has four letters and none is below 0."""
        lengths = pc.min_max(pc.binary_length(column.cells)).as_py()
        if set(lengths.values()) == {4}:
            typed, rows = super().plain_values(column)
            least = pc.min(typed).as_py()
            if least is None or least >= 0:
                return typed, rows
        sure = mask_of(pc.match_substring_regex(column.cells, self.shape).fill_null(False))
        rows = np.flatnonzero(~sure if column.nulls is None else ~sure & ~column.nulls)
        return pc.if_else(pa.array(sure), column.cells, None).cast(pa.int64()), rows


def _within_64_bits(value: int | None) -> int | None:
    return value if value is not None and LEAST <= value <= MOST else None
