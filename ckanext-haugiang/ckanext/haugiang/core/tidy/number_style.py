"""How a column writes its numbers: with decimal comma and thousand dot, with decimal point and thousand comma, or both.

"73.322" is seventy-three thousand in one style and seventy-three in the other. Most cells can be read in one way only
and so prove a style: "118,67", "1.234.567", "0.25". The style of a column is what its cells prove; a column that
proves none takes what all other columns of the file prove alike; a file that proves none leaves its ambiguous cells
as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.tidy.looks import casts, has_separators

Style = Literal["comma", "point", "both"]

_SIGN = "[+-]?"


def _only(comma: str, dot: str) -> str:
    """Numbers that can only be read with ``comma`` before the fraction; RE2 and Python read the pattern alike."""
    grouped = rf"\d{{1,3}}({dot}\d{{3}})+{comma}\d+|\d{{1,3}}({dot}\d{{3}}){{2,}}"
    short_or_long = rf"\d+{comma}(\d{{1,2}}|\d{{4,}})"
    of_three = rf"0+{comma}\d{{3}}|\d{{4,}}{comma}\d{{3}}"
    return f"^{_SIGN}({grouped}|{short_or_long}|{of_three})$"


COMMA_ONLY = _only(",", r"\.")
POINT_ONLY = _only(r"\.", ",")
# A group of three after one to three figures is thousands as well as a fraction.
AMBIGUOUS = rf"^{_SIGN}(0*[1-9]\d{{0,2}})[.,]\d{{3}}$"
_COMMA = re.compile(COMMA_ONLY)
_POINT = re.compile(POINT_ONLY)
_AMBIGUOUS = re.compile(AMBIGUOUS)
_GROUPED = re.compile(r"^([+-]?\d{1,3}(?: \d{3})+)([.,]\d+)?$")


@dataclass(slots=True)
class Evidence:
    """What the cells of one column prove.

    Attributes:
        comma: A cell can only be read with a decimal comma.
        point: A cell can only be read with a decimal point.
        ambiguous: How many cells can be read both ways.
    """

    comma: bool = False
    point: bool = False
    ambiguous: int = 0

    @property
    def style(self) -> Style | None:
        """The style that is proven, if any."""
        if self.comma and self.point:
            return "both"
        return "comma" if self.comma else "point" if self.point else None

    def look(self, cells: pa.Array, native: pa.Array | None) -> bool:
        """Take one block's cells into account; cells that the file holds as numbers prove nothing about texts.

        Returns:
            Whether all cells were seen to be numbers as Arrow reads them; False says nothing.
        """
        if native is not None:
            cells = cells.filter(pc.invert(native))
        if not len(cells) or not has_separators(cells):
            return False  # nothing to tell styles apart by
        if self.point and casts(cells, pa.float64()):
            return native is None  # nothing new
        texts = pc.utf8_trim_whitespace(cells)
        self.comma = self.comma or _any(texts, COMMA_ONLY)
        self.point = self.point or _any(texts, POINT_ONLY)
        self.ambiguous += _count(texts, AMBIGUOUS)
        return False


def file_style(evidence: Iterable[Evidence]) -> Style | None:
    """The style that all columns together prove."""
    total = Evidence()
    for item in evidence:
        total.comma |= item.comma
        total.point |= item.point
    style = total.style
    return None if style == "both" else style


def read_number(text: str, style: Style | None, *, whole: bool) -> str | None:
    """The number in its canonical form, or None when it is none or could be two.

    Args:
        text: A cell.
        style: What the column or the file proves.
        whole: Whether the field takes whole numbers only, so that "1.024" cannot have a fraction.
    """
    text = text.replace("−", "-").replace("–", "-").strip()
    spaced = _GROUPED.match(text)
    if spaced:
        text = spaced[1].replace(" ", "") + (spaced[2] or "").replace(",", ".")
        return None if whole and spaced[2] else text
    if _AMBIGUOUS.match(text):
        return _read_ambiguous(text, style, whole=whole)
    if _COMMA.match(text):
        text = text.replace(".", "").replace(",", ".")
    elif _POINT.match(text):
        text = text.replace(",", "")
    elif not re.fullmatch(r"[+-]?\d+", text):
        return None
    return None if whole and "." in text else text


def _read_ambiguous(text: str, style: Style | None, *, whole: bool) -> str | None:
    sign = "," if "," in text else "."
    thousands = {"comma": ".", "point": ","}
    if whole:
        # A whole number has no fraction, unless the column writes fractions of zeros: "1.0" beside "2.000".
        return None if style == ("point" if sign == "." else "comma") else text.replace(sign, "")
    if style is None or style == "both":
        return None
    return text.replace(sign, "") if thousands[style] == sign else text.replace(sign, ".")


def comma_numbers(cells: pa.Array, style: Style | None) -> pa.Array | None:
    """A whole column of decimal commas at once, or None when a cell needs a closer look."""
    if style != "comma":
        return None
    moved = pc.replace_substring(pc.replace_substring(cells, ".", ""), ",", ".")
    good = pc.match_substring_regex(cells, rf"^({_SIGN}(\d{{1,3}}(\.\d{{3}})+|\d+)(,\d+)?)?$")
    return moved if bool(np.asarray(good).all()) else None


def _any(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _count(texts: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0)
