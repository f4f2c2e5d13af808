"""Values of a spreadsheet as the text that a reader of the sheet sees, without its display format.

Numbers lose the noise of binary fractions (Excel computes with 17 digits and shows 15), whole ones their ``.0``; dates
become ISO. What a cell holds as number or date is marked as native: its text has no decimal comma to guess.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence, Set
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_EXACT = 1e15
_SMALL = 1e-4  # below it Arrow may write an exponent
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


def text_column(values: Sequence[Any]) -> tuple[pa.Array, pa.Array | None]:
    """One column of a sheet as text, and which of its cells are native (None when none is)."""
    if values and type(values[0]) is str and (texts := _texts(values)) is not None:
        return texts, None
    kinds = set(map(type, values))
    if kinds <= {str}:
        return pa.array(values, pa.string()), None
    if str not in kinds:
        return _values(values, kinds), pa.array(np.ones(len(values), np.bool_))
    native = pa.array([type(value) is not str for value in values], pa.bool_())
    texts = pa.array([value if type(value) is str else None for value in values], pa.string())
    others = _values([value for value in values if type(value) is not str], kinds - {str})
    return pc.replace_with_mask(texts, native, others), native


def _texts(values: Sequence[Any]) -> pa.Array | None:
    """A column of nothing but texts, or None; Arrow looks at each cell once anyway."""
    try:
        texts = pa.array(values, pa.string())
    except pa.ArrowTypeError:  # stops at the first cell that is none
        return None
    return None if texts.null_count else texts


def _values(values: Sequence[Any], kinds: Set[type]) -> pa.Array:
    """Cells that are no texts; of one kind, all at once."""
    if kinds == {float}:
        return _floats(np.asarray(values, np.float64))
    if kinds == {bool}:
        return pc.cast(pa.array(values, pa.bool_()), pa.string())
    if kinds == {dt.date}:
        return pc.cast(pa.array(values, pa.date32()), pa.string())
    if kinds in ({dt.datetime}, {dt.date, dt.datetime}):
        return _moments(values)
    return pa.array([cell_text(value) for value in values], pa.string())


def _moments(values: Sequence[dt.date]) -> pa.Array:
    """Days, and days with a time: the day alone at midnight sharp, else to the second, as `cell_text` writes them."""
    is_day = np.fromiter((type(value) is dt.date for value in values), np.bool_, len(values))
    days = pa.array([value if day else None for value, day in zip(values, is_day, strict=True)], pa.date32())
    moments = pa.array([None if day else value for value, day in zip(values, is_day, strict=True)], pa.timestamp("us"))
    micros = np.asarray(pc.fill_null(moments.cast(pa.int64()), 0))
    seconds = pa.array((micros + _SECOND // 2) // _SECOND, pa.timestamp("s"))
    texts = pc.replace_substring(pc.cast(seconds, pa.string()), " ", "T")
    sharp = pc.cast(pc.if_else(pa.array(is_day), days, pc.cast(moments, pa.date32(), safe=False)), pa.string())
    return pc.if_else(pa.array(is_day | (micros % _DAY == 0)), sharp, texts)


def cell_text(value: Any) -> str:  # noqa: PLR0911 - one way out for each kind of cell
    """One cell as text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return value.date().isoformat()
        return _rounded(value).isoformat(sep="T")
    if isinstance(value, dt.timedelta):
        return _duration(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def number_text(value: float) -> str:
    """A number with at most 15 digits, whole ones without a fraction, never with an exponent where none is needed."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN is unequal to itself
        return str(value)
    if value == int(value) and abs(value) < _EXACT:
        return str(int(value))
    text = format(value, ".15g")
    return text if "e" not in text or abs(value) >= _EXACT else _plain(text)


def _plain(text: str) -> str:
    """0.00001 rather than 1e-05."""
    digits, _, exponent = text.partition("e")
    places = len(digits.partition(".")[2]) - int(exponent)
    return f"{float(text):.{max(0, min(places, 30))}f}"


def _floats(values: npt.NDArray[np.float64]) -> pa.Array:
    """Arrow writes the shortest text of the same number; noise and exponents need a second look."""
    if len(values) and bool((values == np.trunc(values)).all()) and np.abs(values).max() < _EXACT:
        return pc.cast(pa.array(values.astype(np.int64)), pa.string())
    texts = pc.cast(pa.array(values), pa.string())
    odd = np.asarray(pc.greater(pc.binary_length(texts), 15)) | (np.abs(values) >= _EXACT) | (np.abs(values) < _SMALL)
    odd |= ~np.isfinite(values)
    if odd.any():
        repaired = [number_text(value) for value in values[odd].tolist()]
        texts = pc.replace_with_mask(texts, pa.array(odd), pa.array(repaired, pa.string()))
    return texts


def float_texts(column: pa.Array) -> pa.Array:
    """A column of floating point numbers as text, null for null."""
    values = pc.cast(column, pa.float64())
    missing = np.asarray(pc.is_null(values))
    texts = _floats(np.asarray(pc.fill_null(values, 0.0)))
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), texts)


def _rounded(value: dt.datetime) -> dt.datetime:
    """To the second: a sheet counts days in binary fractions, 08:30 comes as 08:29:59.999997."""
    if value.microsecond >= 500_000:
        value += dt.timedelta(seconds=1)
    return value.replace(microsecond=0)


def _duration(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
