"""How a delimited text separates its cells: by the delimiter under which its rows agree on their number of cells."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice

DELIMITERS = (",", ";", "\t", "|")
QUOTE = '"'
_LOOK = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated.

    Attributes:
        delimiter: Between cells.
        width: How many cells most rows have.
        confidence: Share of the looked-at rows that agree with it.
    """

    delimiter: str
    width: int
    confidence: float


def find_dialect(head: str, ending: str = "", delimiters: tuple[str, ...] = DELIMITERS) -> Dialect:
    """Tell the delimiter from the first rows.

    Decimal commas split a row as commas do, but not the header; so what counts is how many rows agree, the header
    among them, and only among equals the wider table wins.

    Args:
        head: The beginning of the text; a cut last line is ignored.
        ending: Ending of the file's name; "tsv" settles a draw.
        delimiters: Those to choose from.
    """
    lines = list(islice(io.StringIO(head, newline=""), _LOOK + 1))  # str.splitlines would split at U+2028 too
    if len(lines) > 1:
        lines = lines[:-1]
    usual = "\t" if ending in {"tsv", "tab"} else ","
    best = Dialect(usual if usual in delimiters else delimiters[0], 1, 1.0)
    for delimiter in delimiters:
        widths = [len(row) for row in _rows(lines, delimiter) if any(cell.strip() for cell in row)]
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        share = count / len(widths)
        found = Dialect(delimiter, width, round(share, 3))
        if _rank(found) > _rank(best):
            best = found
    return best


def _rank(dialect: Dialect) -> tuple[bool, float, int]:
    return dialect.width > 1, dialect.confidence, dialect.width


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter))
    except csv.Error:  # a cell over csv's own limit: the reader proper will say so
        return [line.rstrip("\r\n").split(delimiter) for line in lines]
