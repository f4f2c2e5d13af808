"""Tell at the price of one look that nothing in a column needs a repair, which is so for most columns of most files.

A column of figures or days that Arrow casts as a whole holds nothing but canonical cells; a column of texts is looked at
by its distinct texts, and those that were found clean once are known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import Field
from ckanext.haugiang.core.tidy.looks import casts, has_separators
from ckanext.haugiang.core.tidy.number_style import AMBIGUOUS, Style

_CASTS = {"integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}
_SURVEYED = (pa.float64(), pa.date32())
_KNOWN = 50_000
_DENSE = 0.5  # with more distinct texts than this share of the cells, one by one is not cheaper


class CleanFigures:
    """Columns of numbers and days.

    Args:
        field: The field.
        tokens: Its words for "no value".
        style: What its column or the file proves.
    """

    def __init__(self, field: Field, tokens: frozenset[str], style: Style | None) -> None:
        self._kind = _CASTS.get(field.type) if field.format in ("", "default") else None
        if {"decimalChar", "groupChar"} & field.descriptor.keys():
            self._kind = None
        if self._kind is not None and any(casts(pa.array([token]), self._kind) for token in tokens):
            self._kind = None  # -999 is a number to Arrow and nothing to the schema
        self._ambiguous = field.type == "number" and style != "point"

    def __call__(self, cells: pa.Array, native: pa.Array | None, *, sound: bool = False) -> bool:
        """Whether nothing is to be done.

        Args:
            cells: The column.
            native: Which cells the file holds as values.
            sound: Whether the survey has seen that all are numbers, or all are days.
        """
        if self._kind is None or not ((sound and self._kind in _SURVEYED) or casts(cells, self._kind)):
            return False
        if not self._ambiguous or native is not None or not has_separators(cells):
            return native is None or not self._ambiguous
        return not pc.any(pc.match_substring_regex(cells, AMBIGUOUS)).as_py()


class CleanTexts:
    """Columns of texts.

    Args:
        repair: All steps of the column, over an array of texts.
    """

    def __init__(self, repair: Callable[[pa.Array], pa.Array]) -> None:
        self._repair = repair
        self._known: set[str] = set()

    def __call__(self, cells: pa.Array) -> bool:
        """Whether nothing is to be done."""
        distinct = pc.unique(cells)
        if len(distinct) > _DENSE * len(cells) and len(cells) > 1000:
            return False
        new = [text for text in distinct.to_pylist() if text not in self._known]
        if not new:
            return True
        texts = pa.array(new, pa.string())
        changed = np.asarray(pc.not_equal(self._repair(texts), texts))
        if len(self._known) < _KNOWN:
            self._known.update(text for text, moved in zip(new, changed.tolist(), strict=True) if not moved)
        return not changed.any()
