"""`tidy`: a table as a steward made it becomes the canonical table of its schema, and every change is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from ckanext.haugiang.core.tidy.places import Places
from ckanext.haugiang.core.tidy.plan import FIGURES, Plan, data_blocks, make_plan, native_of, units_of
from ckanext.haugiang.core.tidy.steps import apply
from ckanext.haugiang.core.tidy.steps import blank_rows as blank
from ckanext.haugiang.core.tidy.steps import repeated_header as repeated
from ckanext.haugiang.core.tidy.steps import unit_row as units
from ckanext.haugiang.core.tidy.steps.code_names import CodeNames
from ckanext.haugiang.core.tidy.steps.forward_fill import NAME as FILL
from ckanext.haugiang.core.tidy.steps.forward_fill import ForwardFill
from ckanext.haugiang.core.tidy.steps.number_signs import NumberSigns, ambiguous_cells

_QUESTIONS = 200
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


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
    on_rows: Callable[[int], None] | None = None,
) -> Tidied:
    """Bring a table into its canonical form.

    Args:
        table: The table as it was read.
        schema: What it shall become.
        registers: Registers and code lists by name, for fields that hold names instead of codes.
        out: Takes the canonical CSV.
        changes: Takes the changes, one JSON object a line.
        constants: Values for fields that the file has no column for.
        on_rows: Told after each block how many rows are done.

    Raises:
        TidyError: the header does not fit the schema.
        ReadError: why the file cannot be read.
        UnknownRegister: a register is not given.
    """
    plan = make_plan(table, schema, registers, constants or {})
    job = _Job(table, schema, plan, CanonicalWriter(out, [field.name for field in schema.fields]), ChangeLog(changes))
    for block in data_blocks(table, plan.first_data_row):
        job.block(block)
        if on_rows:
            on_rows(job.writer.rows)
    return job.result()


class _Job:
    """One run over one table; holds what blocks hand on to each other."""

    def __init__(self, table: Table, schema: TableSchema, plan: Plan, writer: CanonicalWriter, log: ChangeLog) -> None:
        self.writer = writer
        self._table = table
        self._schema = schema
        self._plan = plan
        self._log = log
        self._columns = {field.name: plan.column_of(field.name) for field in schema.fields}
        letters = {name: column_letter(at + 1) for name, at in self._columns.items() if at is not None}
        self._letters = letters
        self.places = Places(table.sheet, letters, plan.header.row)
        owned = {match.column: name for name, match in plan.matches.items()}
        self._fill = ForwardFill(table.merged, owned, schema, plan.first_data_row)
        self._units = units_of(plan, schema)
        self._figures = {index for index, name in owned.items() if schema.field(name).type in FIGURES}
        self._pending_blank: list[int] = []
        self._day = next((field.name for field in schema.fields if field.type in {"date", "datetime"}), None)
        self._width = max((at for at, texts in enumerate(plan.header.heads, start=1) if texts), default=0)
        self._unnamed: set[int] = set()

    def block(self, block: Block) -> None:
        """Tidy one block and write it."""
        keep = self._kept(block)
        at = np.flatnonzero(keep)
        if not len(at):
            return
        whole = len(at) == block.height
        take = None if whole else pa.array(at)
        rows = (block.first + at).astype(np.int64)
        columns: dict[str, pa.Array] = {}
        for name, index in self._columns.items():
            if name in self._plan.matches and index is not None:
                columns[name] = self._column(block, name, index, take, rows)
        for name in self._plan.codes:
            self._codes(name, columns, rows)
        filled = [self._filled(field.name, columns, len(rows)) for field in self._schema.fields]
        self.writer.block(filled, self._surplus(block, at))
        self.places.add(rows, None if block.lines is None else block.lines[at])

    def result(self) -> Tidied:
        """Everything that is to be told about the run."""
        plan = self._plan
        heads = plan.header.names
        used = {match.column for match in plan.matches.values()}
        dropped = [
            {"header": head, "column": column_letter(index + 1)}
            for index, head in enumerate(heads)
            if index not in used and (head or index in self._unnamed)
        ]
        columns = [
            {"field": name, "header": match.header, "column": column_letter(match.column + 1), "level": match.level}
            for name, match in sorted(plan.matches.items(), key=lambda item: item[1].column)
        ]
        info = {
            "changes": sum(self._log.by_step.values()),
            "changes_recorded": self._log.written,
            "by_step": dict(self._log.by_step),
            "columns": columns,
            "dropped_columns": dropped,
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
        return Tidied(self.writer.rows, self.writer.sha256, self.places, info, header)

    def _kept(self, block: Block) -> Flags:
        """Which rows are data; the others are noted."""
        empty = blank.blank_rows(block.columns)
        heads = repeated.repeated_header(block.columns, self._plan.header.names)
        near = self._unit_rows(block, empty)
        if not (empty.any() or heads.any() or near.any()):
            self._flush_blank()
            return ~empty
        for index in np.flatnonzero(empty | heads | near).tolist():
            row = block.first + index
            if empty[index]:
                self._pending_blank.append(row)
                continue
            step = repeated.NAME if heads[index] else units.NAME
            self._log.row(step, row, [column[index].as_py() for column in block.columns])
        keep = ~(empty | heads | near)
        if keep.any():
            self._flush_blank(before=block.first + int(np.flatnonzero(keep)[-1]))
        return keep

    def _unit_rows(self, block: Block, empty: Flags) -> Flags:
        found = np.zeros(block.height, np.bool_)
        below = self._plan.first_data_row + units.LOOK - block.first
        if below > 0 and self.writer.rows == 0:
            for index, cells in enumerate(block.rows(below)):
                if empty[index]:
                    continue
                if not units.is_unit_row(cells, self._units, self._figures):
                    break
                found[index] = True
        return found

    def _flush_blank(self, before: int | None = None) -> None:
        """Note empty rows once a row with data follows them: those at the end are no change."""
        while self._pending_blank and (before is None or self._pending_blank[0] < before):
            self._log.row(blank.NAME, self._pending_blank.pop(0), ())

    def _column(self, block: Block, name: str, index: int, take: pa.Array | None, rows: Rows) -> pa.Array:
        if index >= len(block.columns):
            return pa.array([""] * len(rows), pa.string())
        cells, native = block.columns[index], native_of(block, index)
        if take is not None:
            cells = cells.take(take)
            native = None if native is None else native.take(take)
        filled, at = self._fill.fill(index, cells, rows)
        self._note(FILL, name, rows, at, cells, filled)
        cells = filled
        for step in self._plan.steps[name]:
            after = step.at_once(cells, native) if isinstance(step, NumberSigns) else None
            if after is not None:
                at = np.flatnonzero(np.asarray(pc.not_equal(after, cells)))
            else:
                after, at = apply(step, cells, native)
            self._note(step.name, name, rows, at, cells, after)
            cells = after
        if self._schema.field(name).type == "number" and self._plan.styles.get(name) != "point":
            self._ask(name, cells, native, rows)
        return cells

    def _note(  # noqa: PLR0913, PLR0917 - one change has that many sides
        self, step: str, name: str, rows: Rows, at: npt.NDArray[np.intp], before: pa.Array, after: pa.Array
    ) -> None:
        if len(at):
            where = pa.array(at)
            self._log.cells(step, name, self._letters.get(name), rows[at], before.take(where), after.take(where))

    def _ask(self, name: str, cells: pa.Array, native: pa.Array | None, rows: Rows) -> None:
        """Note numbers that can be read in two ways: they stay, but somebody should look."""
        for at in ambiguous_cells(cells, native)[: _QUESTIONS - len(self._plan.questions)].tolist():
            text = cells[at].as_py()
            place = {"sheet": self._table.sheet, "row": int(rows[at]), "column": self._letters[name]}
            place["cell"] = f"{place['column']}{place['row']}"
            self._plan.questions.append(
                {
                    "code": "number-ambiguous",
                    "severity": "warning",
                    "field": name,
                    "row": self.writer.rows + at + 2,
                    "params": {"value": text, "readings": _readings(text)},
                    "source": place,
                }
            )

    def _codes(self, name: str, columns: dict[str, pa.Array], rows: Rows) -> None:
        """Names → codes, for the distinct combinations of name, other key fields and day."""
        names = self._plan.codes[name]
        source = columns.get(self._plan.borrowed.get(name, name))
        if source is None:
            return
        borrowed = name in self._plan.borrowed
        others = [other for other, _ in names.others]
        sides = [self._filled(other, columns, len(rows)).to_pylist() for other in others] if others else []
        days = columns[self._day].to_pylist() if self._day in columns else None
        known: dict[tuple[str, ...], str] = {}
        texts = source.to_pylist()
        after = list(texts)
        for index, text in enumerate(texts):
            if not text or (text in names.codes and not borrowed):
                continue
            key = (text, *(side[index] for side in sides), days[index] if days else "")
            if key not in known:
                known[key] = _code(names, key, others)
            after[index] = known[key]
        result = pa.array(after, pa.string())
        at = np.flatnonzero(np.asarray(pc.not_equal(result, source)))
        self._note("code-names", name, rows, at, source, result)
        columns[name] = result

    def _filled(self, name: str, columns: Mapping[str, pa.Array], height: int) -> pa.Array:
        """A field's column, or its constant, or nothing."""
        if name in columns:
            return columns[name]
        return pa.array([self._plan.constants.get(name, "")] * height, pa.string())

    def _surplus(self, block: Block, at: npt.NDArray[np.intp]) -> Sequence[Sequence[str]] | None:
        """Cells of a text's rows beyond its header: the judge must see that the row is too long."""
        for index, head in enumerate(self._plan.header.names):
            if (
                not head
                and index < len(block.columns)
                and index not in self._unnamed
                and _has_text(block.columns[index])
            ):
                self._unnamed.add(index)
        beyond = block.columns[self._width :]
        if self._table.sheet is not None or not any(map(_has_text, beyond)):
            return None
        rows = [
            list(cells) for cells in zip(*(column.take(pa.array(at)).to_pylist() for column in beyond), strict=True)
        ]
        for cells in rows:
            while cells and not cells[-1].strip():
                cells.pop()
        return rows


def _code(names: CodeNames, key: tuple[str, ...], others: Sequence[str]) -> str:
    text, day = key[0], key[-1]
    given = {other: value for other, value in zip(others, key[1:-1], strict=True) if value}
    return names.code_of(text, given, day) or text


def _has_text(column: pa.Array) -> bool:
    return bool(pc.any(pc.not_equal(column, "")).as_py())


def _readings(text: str) -> list[str]:
    return [text.replace(".", "").replace(",", ""), text.replace(",", ".")]
