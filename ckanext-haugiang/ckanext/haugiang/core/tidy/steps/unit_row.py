"""``unit-row``: leave out the rows of units and of column numbers below the header.

Forms print under their heads a row of units (``ha``, ``tạ/ha``, ``tấn``) and one of numbers (``(1)``, ``(2)``, ``A``,
``B``, ``4=5+6``). Both are part of the header. A row is one of units when each filled cell is its field's unit or a
usual one, and one of numbers when its cells count the columns; real data does neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from ckanext.haugiang.core.tidy.fold import read_key

NAME = "unit-row"
LOOK = 3  # rows below the header that may be part of it
# Separated by semicolons, for some hold spaces.
_USUAL = (
    "ha;m2;m²;km2;km²;m3;m³;m;km;cm;mm;kg;g;tấn;tạ;tạ/ha;tấn/ha;kg/ha;kg/người;%;‰;g/l;mg/l;µg/l;µg/m3;µg/nm3;"
    "mg/m3;°c;độ;con;cái;cây;người;hộ;ca;lượt;giường;đồng;đồng/kg;mpn/100ml;cfu/100ml;ntu;ppm;ms/cm;µs/cm;đvt;"
    "-;người/km2;người/km²;ml;l;lít;chiếc;tr.đồng;1000đ;nghìn đồng;triệu đồng;tỷ đồng;cơ sở;đơn vị tính;"
    "trường hợp;mpn/100 ml"
)
_UNITS = frozenset(_USUAL.split(";"))
_NUMBERED = re.compile(r"^\(?\s*(\d{1,3})\s*\)?(?:\s*=.*)?$")
_LETTER = re.compile(r"^\(?[A-Z]\)?$")


def is_unit_row(cells: Sequence[str], units: Mapping[int, str], figures: Set[int]) -> bool:
    """Whether a row below the header holds units or column numbers.

    Args:
        cells: The row.
        units: Index of a column → the unit of its field.
        figures: Indices of the columns of figures, where a plain 3 is data.
    """
    filled = [(index, cell.strip()) for index, cell in enumerate(cells) if cell.strip()]
    return _units(filled, units) or _numbers(filled, figures)


def _units(filled: Sequence[tuple[int, str]], units: Mapping[int, str]) -> bool:
    own = 0
    words = 0
    for index, cell in filled:
        text = read_key(cell.strip("()[] "))
        if index in units and text == read_key(units[index]):
            own += 1
        elif text not in _UNITS:
            return False
        words += text != "-"
    return own >= 1 or words >= 2


def _numbers(filled: Sequence[tuple[int, str]], figures: Set[int]) -> bool:
    """Letters first (A, B …), then 1, 2, 3 …; without parentheses four must count, one in a column of words."""
    cells = [cell for _, cell in filled]
    while cells and _LETTER.match(cells[0]):
        cells = cells[1:]
    matches = [_NUMBERED.match(cell) for cell in cells]
    numbers = [int(match[1]) for match in matches if match]
    if len(numbers) != len(cells) or len(numbers) < 2:
        return False
    counting = numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in {1, 2}
    words = any(index not in figures for index, _ in filled)
    return counting and (all("(" in cell for cell in cells) or (len(numbers) >= 4 and words))
