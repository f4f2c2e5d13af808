"""From the bytes of a block to columns of text, by Arrow, telling apart what Arrow would pass over."""

from __future__ import annotations

import csv as python_csv
import io
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ckanext.haugiang.core.read.encoding import is_utf8
from ckanext.haugiang.core.validate.blocks import Block, Marks
from ckanext.haugiang.core.validate.plan import Plan


class NotForArrow(Exception):  # noqa: N818 - no error: the caller takes another road
    """The block holds what Arrow reads differently from frictionless, such as bytes that are no UTF-8."""


@dataclass(frozen=True)
class Ragged:
    """Rows with more or fewer cells than the header.

    Attributes:
        rows: Their places in the block, from 0.
        cells: Their cells.
    """

    rows: np.ndarray
    cells: list[list[str]]


@dataclass(frozen=True)
class Parsed:
    """The rows of a block.

    Attributes:
        size: How many there are in all.
        rows: Places of the rows in `columns`; None when all rows are there.
        columns: The texts of the rows that fit the header, null where missing.
        ragged: The other rows.
    """

    size: int
    rows: np.ndarray | None
    columns: list[pa.Array]
    ragged: Ragged | None


def parse(block: Block, plan: Plan) -> Parsed:
    """Read one block.

    Raises:
        NotForArrow: frictionless has to read the file.
    """
    if not is_utf8(block.data):
        raise NotForArrow
    if plan.missing is None or "" not in plan.missing:
        _refuse_blank_lines(block.data)
    invalid: list[tuple[int, str]] = []

    def keep(row: csv.InvalidRow) -> str:
        invalid.append((row.number - 1, row.text))
        return "skip"

    names = [str(number) for number in range(len(plan.fields))]
    try:
        table = csv.read_csv(
            pa.py_buffer(block.data),
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block.data) + 1),
            parse_options=csv.ParseOptions(
                delimiter=plan.marks.delimiter.decode(),
                quote_char=plan.marks.quote.decode() or False,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=list(plan.missing or ()),
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise NotForArrow from error
    columns = [_one(column) for column in table.columns]
    if plan.missing is None:
        columns = [_without(c, missing) for c, missing in zip(columns, plan.missing_by_column, strict=True)]
    size = table.num_rows + len(invalid)
    if not invalid:
        return Parsed(size, None, columns, None)
    places = np.array([number for number, _ in invalid])
    kept = np.delete(np.arange(size), places)
    if places[-1] == size - 1:  # in a quote that never closes, the last line end belongs to the cell
        invalid[-1] = (size - 1, invalid[-1][1] + _last_line_end(block.data))
    cells = [_cells(text, plan.marks) for _, text in invalid]
    return Parsed(size, kept, columns, Ragged(places, cells))


def ragged_columns(ragged: Ragged, plan: Plan) -> list[pa.Array]:
    """The cells of ragged rows by column; what a row lacks is null."""
    columns = []
    for number, missing in enumerate(plan.missing_by_column):
        texts = (cells[number] if number < len(cells) else None for cells in ragged.cells)
        columns.append(pa.array([None if text in missing else text for text in texts], pa.string()))
    return columns


def _refuse_blank_lines(data: bytes) -> None:
    """A blank line has no cells, which differs from empty cells where those are values."""
    if data[:1] in b"\r\n" or b"\n\n" in data or b"\r" in data:
        raise NotForArrow


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], pa.string())])


def _without(cells: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    if not missing:
        return cells
    return pc.if_else(pc.is_in(cells, value_set=pa.array(missing, pa.string())), None, cells)


def _last_line_end(data: bytes) -> str:
    return next((end.decode() for end in (b"\r\n", b"\n", b"\r") if data.endswith(end)), "")


def _cells(text: str, marks: Marks) -> list[str]:
    options = {"quotechar": marks.quote.decode()} if marks.quote else {"quoting": python_csv.QUOTE_NONE}
    return next(python_csv.reader(io.StringIO(text, newline=""), delimiter=marks.delimiter.decode(), **options), [])
