"""``date-formats``: write dates as ISO 8601.

Dates are published as ``2024-08-05``. Read are the field's ``x-input-formats``, the first that fits; without any,
day, month and year with ``/``, ``-`` or ``.`` between them, in this order, as Vietnamese are. A year of two figures
is read only where the schema names such a format. When a column holds dates that can only be month before day
(``08/25/2024``), its other cells are not believed either: only what has a day over 12 is read, the rest stays for the
judge.

A sheet's own date in a datetime column gets midnight as its time, because that is what the sheet holds.

Before: ``5/8/2024``. After: ``2024-08-05``.
"""

from __future__ import annotations

import datetime as dt
import re

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import Field

_ISO = {
    "date": r"^(\d{4}-\d{2}-\d{2})?$",
    "datetime": r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*)?$",
    "yearmonth": r"^(\d{4}-\d{2})?$",
    "time": r"^(\d{2}:\d{2}:\d{2})?$",
}
_USUAL = {
    "date": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
    "datetime": ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S"),
    "yearmonth": ("%m/%Y", "%m-%Y"),
    "time": ("%H:%M", "%Hh%M"),
}
_ALSO = {"datetime": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"), "date": ("%Y-%m-%dT00:00:00",)}
_OUT = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%S", "yearmonth": "%Y-%m", "time": "%H:%M:%S"}
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_THREE = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}\b")
# RE2: a second number over 12 in the place of the month.
MONTH_FIRST = r"^\d{1,2}[/.-](1[3-9]|2\d|3[01])[/.-]\d{4}\b"


class DateFormats:
    """See the module.

    Args:
        field: A date, datetime, yearmonth or time field with the default format.
        month_first: Whether the column holds dates that can only be month before day.
    """

    name = "date-formats"

    def __init__(self, field: Field, *, month_first: bool = False) -> None:
        self._type = field.type
        self._formats = (*(field.input_formats or _USUAL[field.type]), *_ALSO.get(field.type, ()))
        self._month_first = month_first

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """All that is not ISO."""
        return pc.invert(pc.match_substring_regex(cells, _ISO[self._type]))

    def repair(self, text: str) -> str:
        """The ISO form of a date that one format fits."""
        parts = _THREE.match(text)
        if self._month_first and parts and int(parts[1]) <= 12:
            return text
        if self._type == "datetime" and _DAY.match(text):
            return text
        for form in self._formats:
            try:
                moment = dt.datetime.strptime(text, form)  # noqa: DTZ007 - tables hold local days without a zone
            except ValueError:
                continue
            # strftime does not pad years before 1000
            return moment.strftime(_OUT[self._type]) if moment.year >= 1000 else text
        return text


class SheetDays:
    """``date-formats`` for days that a sheet holds as such, in a datetime column.

    Args:
        field: A datetime field.
    """

    name = "date-formats"

    def __init__(self, field: Field) -> None:
        self._field = field

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """Native cells without a time."""
        return None if native is None else pc.and_(native, pc.equal(pc.utf8_length(cells), 10))

    def repair(self, text: str) -> str:
        """The day at midnight."""
        return f"{text}T00:00:00" if _DAY.match(text) else text
