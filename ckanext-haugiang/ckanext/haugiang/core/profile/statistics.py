"""Counts, range, mean and most frequent values of each column, in one pass over blocks.

A block is about one MiB, so memory does not grow with the file, except for the distinct values, which are counted
exactly up to `DISTINCT_LIMIT` a column and called "more" beyond.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ckanext.haugiang.core.schema import Field, TableSchema

BLOCK_BYTES = 1 << 20
DISTINCT_LIMIT = 10_000
TOP_VALUES = 10
NUMERIC = ("integer", "number", "year")
ORDERED = ("date", "datetime", "time", "yearmonth")


def profile(table: BinaryIO | Path | str | pa.Table | Iterable[pa.RecordBatch], schema: TableSchema) -> dict[str, Any]:
    """Describe a canonical CSV or typed Arrow data.

    Args:
        table: The canonical CSV as path or stream, or Arrow columns named as the schema's fields.
        schema: Gives the types; a cell that is not of its column's type counts as text.

    Returns:
        ``{"rows": n, "fields": {name: {"type", "count", "nulls", "distinct", "distinct_exact", "min", "max", "mean",
        "deviation", "top": [{"value", "count"}], "invalid", "length_max"}}}``; JSON values only, dates and times as
        ISO text. ``count`` is of cells that hold something, ``invalid`` of those that are not of the type.
    """
    columns = {field.name: _Column(field) for field in schema.fields}
    rows = 0
    for batch in _batches(table, schema):
        rows += batch.num_rows
        for name in batch.schema.names:
            if name in columns:
                columns[name].add(batch.column(name))
    return {"rows": rows, "fields": {name: column.result() for name, column in columns.items()}}


def _batches(table: Any, schema: TableSchema) -> Iterable[pa.RecordBatch]:
    if isinstance(table, pa.Table):
        return table.to_batches()
    if not isinstance(table, str | Path) and not hasattr(table, "read"):
        return table
    source = str(table) if isinstance(table, str | Path) else table
    nulls = sorted({"", *schema.missing_values})
    text = {field.name: pa.string() for field in schema.fields}
    try:
        return csv.open_csv(
            source,
            read_options=csv.ReadOptions(block_size=BLOCK_BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip"),
            convert_options=csv.ConvertOptions(
                column_types=text, null_values=nulls, strings_can_be_null=True, quoted_strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:  # nothing but a header, or nothing at all
        return []


class _Column:
    """The running statistics of one column."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.count = self.nulls = self.invalid = self.numbers = 0
        self.total = self.squares = 0.0
        self.least: Any = None
        self.most: Any = None
        self.length = 0
        self.values: Counter[Any] = Counter()
        self.exact = True

    def add(self, cells: pa.Array) -> None:
        """Count one block of cells, typed or text."""
        self.nulls += cells.null_count
        self.count += len(cells) - cells.null_count
        if self.field.type in NUMERIC:
            self._numbers(cells)
        else:
            self._others(cells)
        self._frequencies(cells)

    def _numbers(self, cells: pa.Array) -> None:
        present = cells.drop_null()
        if pa.types.is_string(present.type) or pa.types.is_large_string(present.type):
            good = pc.match_substring_regex(present, r"^\s*[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?\s*$")
            self.invalid += len(good) - good.true_count
            present = pc.utf8_trim_whitespace(present.filter(good))
            present = pc.replace_substring_regex(present, r"^\+", "")
        numbers = present.cast(pa.float64())
        if not len(numbers):
            return
        extremes = pc.min_max(numbers).as_py()
        self._extend(extremes["min"], extremes["max"])
        self.numbers += len(numbers)
        self.total += pc.sum(numbers).as_py()
        self.squares += pc.sum(pc.multiply(numbers, numbers)).as_py()

    def _others(self, cells: pa.Array) -> None:
        text = cells if pa.types.is_string(cells.type) else cells.cast(pa.string())
        present = text.drop_null()
        if not len(present):
            return
        if self.field.type in ORDERED:
            extremes = pc.min_max(present).as_py()  # ISO text sorts as time does
            self._extend(extremes["min"], extremes["max"])
        else:
            self.length = max(self.length, pc.max(pc.utf8_length(present)).as_py())

    def _extend(self, least: Any, most: Any) -> None:
        self.least = least if self.least is None or least < self.least else self.least
        self.most = most if self.most is None or most > self.most else self.most

    def _frequencies(self, cells: pa.Array) -> None:
        if not self.exact:
            return
        counted = pc.value_counts(cells.drop_null())
        if len(self.values) + len(counted) > 2 * DISTINCT_LIMIT:
            self.exact = False
            return
        for value, count in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True):
            self.values[value] += count
        self.exact = len(self.values) <= DISTINCT_LIMIT

    def result(self) -> dict[str, Any]:
        """The statistics as JSON values."""
        summary: dict[str, Any] = {
            "type": self.field.type,
            "count": self.count,
            "nulls": self.nulls,
            "invalid": self.invalid,
            "distinct": len(self.values) if self.exact else None,
            "distinct_exact": self.exact,
            "min": _json(self.least, self.field.type),
            "max": _json(self.most, self.field.type),
            "mean": None,
            "deviation": None,
            "length_max": self.length or None,
            "top": [],
        }
        if self.numbers:
            mean = self.total / self.numbers
            summary["mean"] = mean if math.isfinite(mean) else None
            variance = max(self.squares / self.numbers - mean * mean, 0.0)
            summary["deviation"] = math.sqrt(variance) if math.isfinite(variance) else None
        if self.exact:
            ranked = sorted(self.values.items(), key=lambda item: (-item[1], str(item[0])))
            summary["top"] = [{"value": _json(value, ""), "count": count} for value, count in ranked[:TOP_VALUES]]
        return summary


def _json(value: Any, kind: str) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if kind in ("integer", "year") and value.is_integer() else value
    return str(value)
