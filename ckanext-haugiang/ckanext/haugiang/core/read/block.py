"""What every reader yields: some consecutive rows as columns of text, with their place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Merged = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a table as text.

    Attributes:
        columns: One array of text a column; an empty cell is the empty text, never null.
        first: Number of the first row in the file: the row of the sheet, or the number of the record in a text file.
        native: For each column, which cells the file holds as number, date or truth value: their text is exact and
            has no style to guess. None where no cell is.
        lines: Line of the text file on which each row starts; None where it is the row's number.
        raw: The rows' own bytes when they are a canonical text: UTF-8, commas, LF, quotes where needed. Rows that nothing
            has to be done to are written from here.
    """

    columns: tuple[pa.Array, ...]
    first: int
    native: tuple[pa.Array | None, ...] = ()
    lines: npt.NDArray[np.int64] | None = None
    raw: bytes | None = None

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.columns[0]) if self.columns else 0

    def below(self, skip: int) -> Block:
        """The block without its first rows."""
        if not skip:
            return self
        raw = self.raw if self.lines is None else None  # else a cell may hold a line end
        for _ in range(skip if raw is not None else 0):
            raw = (raw or b"").partition(b"\n")[2]
        return Block(
            tuple(column[skip:] for column in self.columns),
            self.first + skip,
            tuple(None if mask is None else mask[skip:] for mask in self.native),
            None if self.lines is None else self.lines[skip:],
            raw,
        )

    def native_of(self, index: int) -> pa.Array | None:
        """Which cells of a column the file holds as values; None when none is."""
        return self.native[index] if index < len(self.native) else None

    def rows(self, count: int) -> list[list[str]]:
        """The first ``count`` rows as lists, to look at a header."""
        return [list(row) for row in zip(*(column[:count].to_pylist() for column in self.columns), strict=True)]


class Table(Protocol):
    """One table of a file, that can be read as often as needed.

    Attributes:
        sheet: Name of the sheet, None for a text file.
        width: Number of columns that most rows have.
        merged: Merged ranges of the sheet: first row, first column, last row, last column; all from 1.
    """

    sheet: str | None
    width: int
    merged: tuple[Merged, ...]

    def blocks(self) -> Iterator[Block]:
        """All rows from the top, title rows too."""


def column_letter(number: int) -> str:
    """The sheet's name of column ``number``: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def column_number(letters: str) -> int:
    """The other way round: AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
