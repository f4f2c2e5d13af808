"""Where an error stands in the file as the steward gave it.

A report numbers the rows of the tidied table; a steward looks at a sheet with title rows and dropped columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import frictionless

# (row of the tidied table, header = 1; field name or "" for the whole row) -> {"sheet", "row", "column", "cell"}
Sources = Callable[[int, str], Mapping[str, Any]]

SAME_ROW = re.compile(r"the same as in the row at position (\d+)")


def column_letter(number: int) -> str:
    """The sheet's name of column ``number``: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def plain_sources(field_names: Sequence[str]) -> Sources:
    """Places for a table that is its own source: the CSV opened in a spreadsheet."""
    letters = {name: column_letter(number) for number, name in enumerate(field_names, start=1)}

    def place(row: int, field: str) -> Mapping[str, Any]:
        column = letters.get(field)
        return {"sheet": None, "row": row, "column": column, "cell": f"{column}{row}" if column else None}

    return place


def place_of(error: frictionless.Error, sources: Sources) -> dict[str, Any]:
    """The place of one error; ``same_row`` is the source row that a repeated key stood in before."""
    row: int | None = getattr(error, "row_number", None)
    number: int | None = getattr(error, "field_number", None)
    name: str = getattr(error, "field_name", "") or ""
    if row is None:  # an error of the header or of the whole file
        column = column_letter(number) if number else None
        return {"sheet": None, "row": None, "column": column, "cell": None}
    place = dict(sources(row, name))
    if number and not name and place.get("column") is None:  # an extra cell has no field
        place["column"] = column_letter(number)
        place["cell"] = f"{place['column']}{place['row']}"
    same = SAME_ROW.fullmatch(error.note)
    if same:
        place["same_row"] = dict(sources(int(same[1]), "")).get("row")
    return place
