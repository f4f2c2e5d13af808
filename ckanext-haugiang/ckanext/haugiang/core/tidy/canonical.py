"""Write the canonical table: CSV in UTF-8, LF, header = field names in the schema's order, quotes only where needed."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.tidy.looks import text_bytes

_SIGNS = (b'"', b",", b"\n", b"\r")
_QUOTED = frozenset('",\r\n')
_DOUBLED = '"{}"'
_SPECIAL = '[",\r\n]'


class CanonicalWriter:
    """Writes blocks of columns and hashes what it writes.

    Args:
        stream: Where the table goes.
        names: The header.
    """

    def __init__(self, stream: BinaryIO, names: Sequence[str]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.rows = 0
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(names)
        self._write(buffer.getvalue().encode())

    def block(self, columns: Sequence[pa.Array], surplus: Sequence[Sequence[str]] | None = None) -> None:
        """Write rows.

        Args:
            columns: Text, one array a field.
            surplus: For each row the cells beyond its last column, which the judge must see; None when no row has any.
        """
        height = len(columns[0])
        if not height:
            return
        cells = [_quoted(column) for column in columns]
        if len(cells) == 1:  # an empty line would be no row at all
            cells[0] = pc.if_else(pc.equal(cells[0], ""), '""', cells[0])
        ends = pa.array(["\n"] * height) if surplus is None else pa.array([_tail(row) + "\n" for row in surplus])
        cells[-1] = pc.binary_join_element_wise(cells[-1], ends, "")
        self._write(text_bytes(pc.binary_join_element_wise(*cells, ",")))
        self.rows += height

    def raw(self, content: bytes, rows: int) -> None:
        """Write rows that are canonical already."""
        self._write(content)
        self.rows += rows

    @property
    def sha256(self) -> str:
        """Hash of all that was written."""
        return self._hash.hexdigest()

    def _write(self, content: bytes | memoryview) -> None:
        self._hash.update(content)
        self._stream.write(content)


def _quoted(column: pa.Array) -> pa.Array:
    content = bytes(text_bytes(column))
    if not any(sign in content for sign in _SIGNS):
        return column
    special = pc.match_substring_regex(column, _SPECIAL)
    doubled = pc.replace_substring(column, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), column)


def _tail(cells: Sequence[str]) -> str:
    return "".join("," + (_DOUBLED.format(cell.replace('"', '""')) if set(cell) & _QUOTED else cell) for cell in cells)
