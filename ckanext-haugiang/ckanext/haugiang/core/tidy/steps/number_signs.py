"""``number-signs``: write numbers with a decimal point and without thousand signs.

Vietnamese writes ``1.234,5``, programs write ``1234.5``, and one table often holds both. A cell that can be read in
one way only is read so. ``1.050`` can be read in two: it is read in the style that its column proves (other cells
such as ``12,5`` or ``1.234.567``), else in the one that all columns of the file prove alike, and stays as it is when
nothing proves one or the column uses both; then the report asks. In a field of whole numbers it is 1050, for it has
no fraction.

Spaces between groups of three and the long minus sign are read too. What has a unit, a range or other words
(``61,5 tạ``, ``22.000-25.000``) stays for the judge.

Before: ``4.512,3``. After: ``4512.3``.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import Field
from ckanext.haugiang.core.tidy.number_style import AMBIGUOUS, Style, comma_numbers, read_number

_PLAIN = r"^([+-]?\d+(\.\d+)?)?$"


class NumberSigns:
    """See the module.

    Args:
        field: A number or integer field.
        style: What its column proves, or else the file.
    """

    name = "number-signs"

    def __init__(self, field: Field, style: Style | None) -> None:
        self._whole = field.type == "integer"
        self._style = style

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """What is no plain number, and plain ones that could be thousands; never a sheet's own number."""
        odd = pc.invert(pc.match_substring_regex(cells, _PLAIN))
        if self._style != "point" or self._whole:
            odd = pc.or_(odd, pc.match_substring_regex(cells, AMBIGUOUS))
        return odd if native is None else pc.and_not(odd, native)

    def repair(self, text: str) -> str:
        """The number's canonical form."""
        number = read_number(text, self._style, whole=self._whole)
        return text if number is None else number

    def at_once(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """A whole column of decimal commas, without a look at each distinct text."""
        if native is not None or self._whole:
            return None
        return comma_numbers(cells, self._style)


def ambiguous_cells(cells: pa.Array, native: pa.Array | None) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Indices of cells that still can be read in two ways."""
    mask = pc.match_substring_regex(cells, AMBIGUOUS)
    if native is not None:
        mask = pc.and_not(mask, native)
    return np.flatnonzero(np.asarray(mask))
