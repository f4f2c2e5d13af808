"""The screen: which rows of a block may be bad, and exactly how many errors of which kind there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.validate.blocks import Block, refuse_irregular
from ckanext.haugiang.core.validate.column import Column
from ckanext.haugiang.core.validate.keys import Run
from ckanext.haugiang.core.validate.parse import Parsed, parse, ragged_columns
from ckanext.haugiang.core.validate.plan import Plan
from ckanext.haugiang.core.validate.rules import Finding, Frame

Counts = Counter[tuple[str, str]]  # (type of error, field; "" where no field is meant)


@dataclass
class Screened:
    """What the screen found in one block.

    Attributes:
        offset: Where the block stands in the file.
        length: How many bytes it has.
        size: How many rows.
        bad: Places of the rows that frictionless must see, from 0, in order.
        counts: Errors found, exact; repeated keys are counted when all blocks are known.
        runs: The hashes of each key.
        places: Places of the rows that fit the header; None when all do.
        findings: What the rules found first, with rows counted from 0.
        found: How many findings each rule has.
        kept: Columns that rules about the whole table need.
        batch: Typed columns, where they were asked for.
    """

    offset: int
    length: int
    size: int
    bad: np.ndarray
    counts: Counts
    runs: list[list[Run]] = field(default_factory=list)
    places: np.ndarray | None = None
    findings: list[Finding] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    kept: dict[str, pa.Array] = field(default_factory=dict)
    batch: pa.RecordBatch | None = None

    @property
    def errors(self) -> int:
        """How many errors there are, repeated keys aside."""
        return sum(self.counts.values())


def screen(block: Block, plan: Plan, *, typed: bool = False) -> Screened:
    """Judge one block.

    Args:
        block: The block.
        plan: The checks.
        typed: Whether to give the values as typed columns too.

    Raises:
        Irregular: The file has to be cut again from here, with care.
        NotForArrow: frictionless has to read the file.
        ReadError: a value cannot be compared with its bounds.
    """
    refuse_irregular(block, plan.marks)
    parsed = parse(block, plan)
    counts: Counts = Counter()
    size = parsed.size if parsed.rows is None else len(parsed.rows)
    bad, columns, runs = _rows(parsed.columns, size, plan, counts)
    places = np.flatnonzero(bad) if bad is not None else np.empty(0, np.int64)
    if parsed.rows is not None:
        places = parsed.rows[places]
        runs = [_placed(run, parsed.rows) for run in runs]
    own = [[run] for run in runs]
    result = Screened(block.offset, len(block.data), parsed.size, places, counts, own, parsed.rows)
    if typed or plan.rules:
        _values(columns, size, plan, result, typed=typed)
    if parsed.ragged is not None:
        _ragged(parsed, plan, result)
    return result


def _values(columns: list[Column], size: int, plan: Plan, result: Screened, *, typed: bool) -> None:
    """Typed columns, for the rules and for whoever loads the table."""
    wanted = set(plan.names) if typed else {name for rule in plan.rules for name in rule.fields}
    values = {
        name: check.typed(column)
        for name, check, column in zip(plan.names, plan.columns, columns, strict=True)
        if name in wanted
    }
    frame = Frame(values, np.arange(size) if result.places is None else result.places)
    for rule in plan.rules_for(whole=False):
        findings, count = rule.find(frame, plan.details)
        result.findings += findings
        result.found[rule.rule.name] += count
    result.kept = {name: values[name] for name in plan.kept}
    if typed:
        result.batch = pa.record_batch(values)


def _rows(cells: list[pa.Array], size: int, plan: Plan, counts: Counts) -> tuple[np.ndarray | None, list[Column], list[Run]]:
    columns = []
    bad: np.ndarray | None = None
    for check, texts in zip(plan.columns, cells, strict=True):
        column = Column.of(texts)
        check.judge(column)
        columns.append(column)
        if column.bad is not None:
            bad = column.bad if bad is None else bad | column.bad
        for kind, count in column.counts.items():
            counts[kind, check.field.name] += count
    blank = _blank(columns)
    if blank is not None:
        counts["blank-row", ""] += int(np.count_nonzero(blank))
        bad = blank if bad is None else bad | blank
    for required, column, name in zip(plan.required, columns, plan.names, strict=True):
        if required and column.nulls is not None:
            wanting = column.nulls if blank is None else column.nulls & ~blank
            if wanting.any():
                counts["constraint-error", name] += int(np.count_nonzero(wanting))
                bad = wanting if bad is None else bad | wanting
    for foreign in plan.foreign_keys:
        unknown = foreign.bad(columns, plan.columns) if size else None
        if unknown is not None:
            counts["foreign-key", "\n".join(foreign.fields)] += int(np.count_nonzero(unknown))
            bad = unknown if bad is None else bad | unknown
    runs = [key.run(columns, plan.columns) for key in plan.keys]
    for key, run in zip(plan.keys, runs, strict=True):
        if key.kind == "primary-key" and run.empty is not None:
            counts["primary-key", "\n".join(key.fields)] += int(np.count_nonzero(run.empty))
            bad = run.empty if bad is None else bad | run.empty
    return bad, columns, runs


def _blank(columns: list[Column]) -> np.ndarray | None:
    """Mask of the rows without any value."""
    blank: np.ndarray | None = None
    for column in columns:
        if column.nulls is None:
            return None
        blank = column.nulls if blank is None else blank & column.nulls
    return blank if blank is not None and blank.any() else None


def _placed(run: Run, rows: np.ndarray) -> Run:
    places = rows if run.rows is None else rows[run.rows]
    return Run(run.hashes, places.astype(np.int32), run.empty)


def _ragged(parsed: Parsed, plan: Plan, result: Screened) -> None:
    """Judge the rows with too many or too few cells beside the others; all of them are bad."""
    ragged = parsed.ragged
    if ragged is None:
        return
    counts: Counts = Counter()
    columns = ragged_columns(ragged, plan)
    _, judged, runs = _rows(columns, len(ragged.rows), plan, counts)
    blank = _blank(judged)
    names = plan.names
    for number, cells in enumerate(ragged.cells):
        if blank is not None and blank[number]:
            continue
        if len(cells) > len(names):
            counts["extra-cell", ""] += len(cells) - len(names)
        for name in names[len(cells) :]:
            counts["missing-cell", name] += 1
    result.counts.update(counts)
    result.bad = np.union1d(result.bad, ragged.rows)
    for own, run in zip(result.runs, runs, strict=True):
        own.append(_placed(run, ragged.rows))
