"""`tidy`: a table as a steward made it becomes the canonical table of its schema, and every change is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.read import Block, Table, column_letter
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.tidy.canonical import CanonicalWriter
from ckanext.haugiang.core.tidy.changes import ChangeLog
from ckanext.haugiang.core.tidy.columns import Columns
from ckanext.haugiang.core.tidy.places import Places
from ckanext.haugiang.core.tidy.plan import Plan, data_blocks, make_plan, settle, units_of
from ckanext.haugiang.core.tidy.rows import RowFilter
from ckanext.haugiang.core.tidy.steps.blank_rows import blank_rows
from ckanext.haugiang.core.tidy.survey import FIGURES, Survey

OnRows = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Tidied:
    """What came out.

    Attributes:
        rows: Rows of the canonical table, its header not counted.
        sha256: Its hash.
        places: From its rows back to the file's.
        info: changes, by_step, columns, dropped_columns and questions, as JSON.
        header: row, rows, titles of the file, as JSON.
    """

    rows: int
    sha256: str
    places: Places
    info: dict[str, Any]
    header: dict[str, Any]


def tidy(  # noqa: PLR0913 - what goes in and the two files that come out
    table: Table,
    schema: TableSchema,
    registers: Mapping[str, pa.Table],
    out: BinaryIO,
    changes: BinaryIO,
    *,
    constants: Mapping[str, str] | None = None,
    on_rows: OnRows | None = None,
) -> Tidied:
    """Bring a table into its canonical form.

    Args:
        table: The table as it was read.
        schema: What it shall become.
        registers: Registers and code lists by name, for fields that hold names instead of codes.
        out: Takes the canonical CSV; written anew, so it must be able to seek.
        changes: Takes the changes, one JSON object a line; the same.
        constants: Values for fields that the file has no column for.
        on_rows: Told after each block how many rows are done.

    Raises:
        TidyError: the header does not fit the schema.
        ReadError: why the file cannot be read.
        UnknownRegister: a register is not given.
    """
    plan = make_plan(table, schema, registers, constants or {})
    columns = {name: match.column for name, match in plan.matches.items()}
    # Most files are written as programs write, with decimal points and ISO days. They need one pass, which ends when a
    # block says otherwise; then the whole file is looked at before its first cell is changed.
    survey = Survey(schema, columns)
    settle(plan, schema, dict.fromkeys(survey.styles(), "point"), frozenset())
    job = _Job(table, schema, plan, out, changes)
    if job.run(on_rows, survey):
        plan.styles = survey.styles()
        return job.result()
    survey = Survey(schema, columns)
    for block in data_blocks(table, plan.first_data_row):
        survey.look(block)
    settle(plan, schema, survey.styles(), survey.month_first)
    job = _Job(table, schema, plan, out, changes)
    job.run(on_rows, None)
    return job.result()


class _Job:
    """One pass over one table."""

    def __init__(self, table: Table, schema: TableSchema, plan: Plan, out: BinaryIO, changes: BinaryIO) -> None:
        for stream in (out, changes):
            stream.seek(0)
            stream.truncate()
        self._table = table
        self._schema = schema
        self._plan = plan
        self._log = ChangeLog(changes)
        self._writer = CanonicalWriter(out, [field.name for field in schema.fields])
        letters = {}
        for field in schema.fields:
            index = plan.column_of(field.name)
            if index is not None:
                letters[field.name] = column_letter(index + 1)
        self._places = Places(table.sheet, letters, plan.header.row)
        figures = {match.column for name, match in plan.matches.items() if schema.field(name).type in FIGURES}
        self._rows = RowFilter(plan.header.names, plan.first_data_row, units_of(plan, schema), figures, self._log)
        self._columns = Columns(plan, schema, letters, table.merged, table.sheet, self._log)
        self._width = max((at for at, texts in enumerate(plan.header.heads, start=1) if texts), default=0)
        self._unnamed: set[int] = set()
        order = [match.column for match in plan.matches.values()]
        names = [field.name for field in schema.fields]
        self._in_order = list(plan.matches) == names and order == list(range(len(names)))

    def run(self, on_rows: OnRows | None, survey: Survey | None) -> bool:
        """Tidy all blocks; False when the survey, asked before each, finds that the plan's styles do not hold."""
        with closing(data_blocks(self._table, self._plan.first_data_row)) as blocks:
            for block in blocks:
                sound = survey.look(block) if survey else frozenset[str]()
                if survey and not survey.plain:
                    return False
                self._block(block, sound)
                if on_rows:
                    on_rows(self._writer.rows)
        return survey is None or survey.settled

    def _block(self, block: Block, sound: Set[str]) -> None:
        keep = self._rows.keep(block)
        at = np.flatnonzero(keep)
        if not len(at):
            return
        whole = len(at) == block.height
        take = None if whole else pa.array(at)
        rows = (block.first + at).astype(np.int64)
        columns: dict[str, pa.Array] = {}
        for name in self._plan.matches:
            columns[name] = self._columns.tidy(block, name, take, rows, self._writer.rows, sound)
        for name in self._plan.codes:
            coded = self._columns.codes(name, columns, rows)
            if coded is not None:
                columns[name] = coded
        empty = blank_rows(list(columns.values()))
        if empty.any():
            self._rows.without_values(block, at[empty])
            whole, at, rows = False, at[~empty], rows[~empty]
            columns = {name: column.filter(pa.array(~empty)) for name, column in columns.items()}
            if not len(at):
                return
        if whole and block.raw is not None and self._untouched(block, columns):
            self._writer.raw(block.raw, block.height)
        else:
            filled = [self._columns.filled(field.name, columns, len(rows)) for field in self._schema.fields]
            self._writer.block(filled, self._surplus(block, at))
        self._places.add(rows, None if block.lines is None else block.lines[at])

    def _untouched(self, block: Block, columns: Mapping[str, pa.Array]) -> bool:
        """Whether a block has the schema's columns in its order, and each came back as it was given."""
        if not self._in_order or len(block.columns) != len(columns):
            return False
        return all(block.columns[match.column] is columns[name] for name, match in self._plan.matches.items())

    def _surplus(self, block: Block, at: npt.NDArray[np.intp]) -> Sequence[Sequence[str]] | None:
        """Cells of a text's rows beyond its header: the judge must see that the row is too long."""
        for index, head in enumerate(self._plan.header.names[: len(block.columns)]):
            if not head and index not in self._unnamed and _has_text(block.columns[index]):
                self._unnamed.add(index)
        beyond = block.columns[self._width :]
        if self._table.sheet is not None or not any(map(_has_text, beyond)):
            return None
        taken = [column.take(pa.array(at)).to_pylist() for column in beyond]
        rows = [list(cells) for cells in zip(*taken, strict=True)]
        for cells in rows:
            while cells and not cells[-1].strip():
                cells.pop()
        return rows

    def result(self) -> Tidied:
        """Everything that is to be told about the run."""
        plan = self._plan
        heads = plan.header.names
        used = {match.column for match in plan.matches.values()}
        info = {
            "changes": sum(self._log.by_step.values()),
            "changes_recorded": self._log.written,
            "by_step": dict(self._log.by_step),
            "columns": [
                {"field": name, "header": match.header, "column": column_letter(match.column + 1), "level": match.level}
                for name, match in sorted(plan.matches.items(), key=lambda item: item[1].column)
            ],
            "dropped_columns": [
                {"header": head, "column": column_letter(index + 1)}
                for index, head in enumerate(heads)
                if index not in used and (head or index in self._unnamed)
            ],
            "borrowed": dict(plan.borrowed),
            "constants": dict(plan.constants),
            "number_styles": {name: style for name, style in plan.styles.items() if style},
            "questions": plan.questions,
        }
        header = {
            "sheet": self._table.sheet,
            "header_row": plan.header.row,
            "header_rows": plan.header.depth,
            "title_rows": list(plan.header.titles),
        }
        return Tidied(self._writer.rows, self._writer.sha256, self._places, info, header)


def _has_text(column: pa.Array) -> bool:
    return bool(pc.any(pc.not_equal(column, "")).as_py())
