"""Text: its length, its pattern, its list of values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.base import ColumnCheck, letters
from ckanext.haugiang.core.validate.column import Column, mask_of


class TextCheck(ColumnCheck):
    """Type ``string`` with the default format: every cell is of the type, so constraints alone can fail.

    Each constraint is asked of the distinct texts of a block when texts repeat, of all of them otherwise. Addresses,
    UUIDs, base64 and shapes (``format``) are left to frictionless.
    """

    def __init__(self, field: Field, reader: CellReader) -> None:
        super().__init__(field, reader)
        constraints = field.constraints
        self.shortest, self.longest = constraints.get("minLength"), constraints.get("maxLength")
        self.pattern = constraints.get("pattern")
        enum = constraints.get("enum")
        self.members = None if enum is None else pa.array([v for v in enum if isinstance(v, str)], pa.string())
        self.constrained = any(c is not None for c in (self.shortest, self.longest, self.pattern, enum))

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        return field.type == "string" and field.format == "default"

    def judge(self, column: Column) -> None:
        """See `ColumnCheck`."""
        column.typed = column.cells
        if not self.constrained or len(column.cells) == column.cells.null_count:
            return
        if self.pattern is None and self.members is None and self._lengths_fit(column.cells):
            return
        if self.pattern is not None and (letters(column.cells) == 10).any():
            # Python's `$` also matches before a last line end; cells with line ends are rare enough to ask about
            self.ask_all(column)
            return
        coded = column.cells.dictionary_encode()
        violations = self._violations(coded.dictionary)
        if not violations.any():
            return
        per_row = violations[coded.indices.fill_null(0).to_numpy()]
        if column.nulls is not None:
            per_row[column.nulls] = 0
        total = int(per_row.sum())
        if total:
            column.bad = per_row > 0
            column.counts["constraint-error"] = total

    def _lengths_fit(self, cells: pa.Array) -> bool:
        shortest, longest = pc.min_max(pc.binary_length(cells)).as_py().values()
        if self.longest is not None and longest > self.longest:  # bytes; letters are at most as many
            return False
        return self.shortest is None or shortest >= 4 * self.shortest  # a letter has four bytes at most

    def _violations(self, texts: pa.Array) -> np.ndarray:
        """How many constraints each distinct text violates."""
        count = np.zeros(len(texts), np.int64)
        if self.shortest is not None or self.longest is not None:
            lengths = pc.utf8_length(texts).to_numpy()
            if self.shortest is not None:
                count += lengths < self.shortest
            if self.longest is not None:
                count += lengths > self.longest
        if self.pattern is not None:
            count += ~mask_of(pc.match_substring_regex(texts, f"^(?:^{self.pattern}$)"))
        if self.members is not None:
            count += ~mask_of(pc.is_in(texts, value_set=self.members))
        return count
