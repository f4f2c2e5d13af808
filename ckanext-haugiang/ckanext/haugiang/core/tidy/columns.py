"""One column of a block through its steps, and its names to codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.read import Block, Merged
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.tidy.changes import ChangeLog
from ckanext.haugiang.core.tidy.plan import Plan
from ckanext.haugiang.core.tidy.questions import ambiguous_number, place
from ckanext.haugiang.core.tidy.shortcuts import CleanFigures, CleanTexts
from ckanext.haugiang.core.tidy.steps import CellStep, apply
from ckanext.haugiang.core.tidy.steps.code_names import CodeNames
from ckanext.haugiang.core.tidy.steps.forward_fill import NAME as FILL
from ckanext.haugiang.core.tidy.steps.forward_fill import ForwardFill
from ckanext.haugiang.core.tidy.steps.missing_tokens import MissingTokens
from ckanext.haugiang.core.tidy.steps.number_signs import NumberSigns, ambiguous_cells
from ckanext.haugiang.core.tidy.survey import DAYS, FIGURES

_QUESTIONS = 200
Rows = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]


class Columns:
    """Runs the plan's steps over columns and notes what they change.

    Args:
        plan: What to do.
        schema: The fields.
        letters: Field → letter of its column in the file.
        merged: The sheet's merged ranges.
        sheet: Its name.
        log: Takes the changes.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a change has to name
        self,
        plan: Plan,
        schema: TableSchema,
        letters: Mapping[str, str],
        merged: Sequence[Merged],
        sheet: str | None,
        log: ChangeLog,
    ) -> None:
        self._plan = plan
        self._schema = schema
        self._letters = letters
        self._sheet = sheet
        self._log = log
        owned = {match.column: name for name, match in plan.matches.items()}
        self._fill = ForwardFill(merged, owned, schema, plan.first_data_row)
        self._figures: dict[str, CleanFigures] = {}
        self._texts: dict[str, CleanTexts] = {}
        for name, steps in plan.steps.items():
            field = schema.field(name)
            tokens = next((step.tokens for step in steps if isinstance(step, MissingTokens)), frozenset[str]())
            if field.type in FIGURES | DAYS:
                self._figures[name] = CleanFigures(field, tokens, plan.styles.get(name))
            else:
                self._texts[name] = CleanTexts(partial(_repaired, steps=steps))
        self._day = next((field.name for field in schema.fields if field.type in {"date", "datetime"}), None)

    def tidy(  # noqa: PLR0913, PLR0917 - what is known of the block
        self, block: Block, name: str, take: pa.Array | None, rows: Rows, done: int, sound: Set[str] = frozenset()
    ) -> pa.Array:
        """One field's column of a block.

        Args:
            block: The rows as they were read.
            name: The field.
            take: Indices of the rows that are data; None when all are.
            rows: Their numbers in the file.
            done: Rows of the tidied table before this block.
            sound: What `Survey.look` said of the block.
        """
        index = self._plan.matches[name].column
        if index >= len(block.columns):
            return pa.array([""] * len(rows), pa.string())
        cells, native = block.columns[index], block.native_of(index)
        if take is not None:
            cells = cells.take(take)
            native = None if native is None else native.take(take)
        filled, at = self._fill.fill(index, cells, rows)
        self._note(FILL, name, rows, at, cells, filled)
        if self._clean(name, filled, native, sound=name in sound and filled is block.columns[index]):
            return filled
        cells = filled
        for step in self._plan.steps[name]:
            after, at = _one(step, cells, native)
            self._note(step.name, name, rows, at, cells, after)
            cells = after
        if self._schema.field(name).type == "number" and self._plan.styles.get(name) != "point":
            self._ask(name, cells, native, rows, done)
        return cells

    def codes(self, name: str, columns: Mapping[str, pa.Array], rows: Rows) -> pa.Array | None:
        """Names → codes, for the distinct combinations of name, other fields of the key, and day."""
        names = self._plan.codes[name]
        borrowed = name in self._plan.borrowed
        source = columns.get(self._plan.borrowed.get(name, name))
        if source is None:
            return None
        if not borrowed and all(not text or text in names.codes for text in pc.unique(source).to_pylist()):
            return source
        others = [other for other, _ in names.others]
        sides = [self.filled(other, columns, len(rows)).to_pylist() for other in others]
        days = columns[self._day].to_pylist() if self._day and self._day in columns else None
        known: dict[tuple[str, ...], str] = {}
        after = source.to_pylist()
        for index, text in enumerate(after):
            if not text or (text in names.codes and not borrowed):
                continue
            key = (text, *(side[index] for side in sides), days[index] if days else "")
            if key not in known:
                known[key] = _code(names, key, others)
            after[index] = known[key]
        result = pa.array(after, pa.string())
        at = np.flatnonzero(np.asarray(pc.not_equal(result, source)))
        self._note("code-names", name, rows, at, source, result)
        return result

    def filled(self, name: str, columns: Mapping[str, pa.Array], height: int) -> pa.Array:
        """A field's column, or its constant, or nothing."""
        if name in columns:
            return columns[name]
        return pa.array([self._plan.constants.get(name, "")] * height, pa.string())

    def _clean(self, name: str, cells: pa.Array, native: pa.Array | None, *, sound: bool) -> bool:
        if name in self._figures:
            return self._figures[name](cells, native, sound=sound)
        return self._texts[name](cells)

    def _note(self, step: str, name: str, rows: Rows, at: Indices, before: pa.Array, after: pa.Array) -> None:  # noqa: PLR0913, PLR0917
        if len(at):
            where = pa.array(at)
            self._log.cells(step, name, self._letters.get(name), rows[at], before.take(where), after.take(where))

    def _ask(self, name: str, cells: pa.Array, native: pa.Array | None, rows: Rows, done: int) -> None:
        """Note numbers that can be read in two ways: they stay, but somebody should look."""
        questions = self._plan.questions
        for at in ambiguous_cells(cells, native)[: _QUESTIONS - len(questions)].tolist():
            source = place(self._sheet, int(rows[at]), self._letters[name])
            questions.append(ambiguous_number(name, cells[at].as_py(), done + at + 2, source))


def _one(step: CellStep, cells: pa.Array, native: pa.Array | None) -> tuple[pa.Array, Indices]:
    after = step.at_once(cells, native) if isinstance(step, NumberSigns) else None
    if after is None:
        return apply(step, cells, native)
    return after, np.flatnonzero(np.asarray(pc.not_equal(after, cells)))


def _repaired(texts: pa.Array, steps: Sequence[CellStep]) -> pa.Array:
    for step in steps:
        texts, _ = apply(step, texts, None)
    return texts


def _code(names: CodeNames, key: tuple[str, ...], others: Sequence[str]) -> str:
    text, day = key[0], key[-1]
    given = {other: value for other, value in zip(others, key[1:-1], strict=True) if value}
    return names.code_of(text, given, day) or text
