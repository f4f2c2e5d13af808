"""How large a table may be; every reader stops at the first number that is passed."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds of one table.

    Attributes:
        file_bytes: Size of the file itself.
        cells: Cells of a sheet's bounding box. A reader allocates the whole box, so two cells in opposite corners of a
            sheet cost seventeen thousand million cells.
        columns: Columns; PostgreSQL ends at 1,600.
        cell_chars: Characters in one cell; Excel ends at 32,767, PostgreSQL's full text at a million bytes.
        unpacked_bytes: What a zipped workbook may unpack to, all entries together.
        ratio: What one large entry of it may grow by; a sheet of nothing but equal rows reaches about 100.
    """

    file_bytes: int = 12 * 1024 * MIB
    cells: int = 30_000_000
    columns: int = 2_000
    cell_chars: int = 500_000
    unpacked_bytes: int = 1024 * MIB
    ratio: int = 250
