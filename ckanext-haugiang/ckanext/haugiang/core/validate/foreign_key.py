"""Foreign keys: does the register hold the row's values? Exact, by numbering the register's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import ForeignKey
from ckanext.haugiang.core.validate.checks import ColumnCheck
from ckanext.haugiang.core.validate.checks.text import TextCheck
from ckanext.haugiang.core.validate.column import Column

ABSENT = -1


@dataclass(frozen=True)
class Part:
    """One column of the key: a number for each value the register holds there; 0 is for null.

    Attributes:
        numbers: Value → number, with Python's equality, which is frictionless's.
        texts: The same values where they are text, numbered by their place.
    """

    numbers: Mapping[Any, int]
    texts: pa.Array

    @classmethod
    def make(cls, values: list[Any]) -> Part:
        """Number the values of one column of a register."""
        distinct = [value for value in dict.fromkeys(values) if value is not None]
        texts = pa.array([value if isinstance(value, str) else None for value in distinct], pa.string())
        return cls({value: number for number, value in enumerate(distinct, start=1)}, texts)

    def of(self, column: Column, check: ColumnCheck) -> np.ndarray:
        """The number of each cell's value; `ABSENT` where the register does not hold it."""
        if isinstance(check, TextCheck):
            coded = column.cells.dictionary_encode()
            places = pc.index_in(coded.dictionary, value_set=self.texts)
            numbers = places.fill_null(ABSENT - 1).to_numpy().astype(np.int64) + 1
            codes = numbers[coded.indices.fill_null(0).to_numpy()] if len(numbers) else np.zeros(len(column.cells), np.int64)
        else:
            rows = np.arange(len(column.cells)) if column.nulls is None else np.flatnonzero(~column.nulls)
            settled = check.reader.settle(column.cells.drop_null())
            codes = np.zeros(len(column.cells), np.int64)
            found = [0 if o.value is None else self.numbers.get(o.value, ABSENT) for o in settled.outcomes]
            codes[rows] = settled.each(found, np.int64)
        void = column.void
        if void is not None:
            codes[void] = 0
        return codes


@dataclass(frozen=True)
class ForeignKeyCheck:
    """One foreign key of the schema.

    Attributes:
        columns: Places of its fields in the file.
        fields: Their names.
        parts: Numbering of the register's columns, in the same order.
        combinations: The register's rows as single numbers, sorted.
    """

    columns: tuple[int, ...]
    fields: tuple[str, ...]
    parts: tuple[Part, ...]
    combinations: np.ndarray

    @classmethod
    def make(cls, key: ForeignKey, names: list[str], registers: Mapping[str, pa.Table]) -> ForeignKeyCheck:
        """Prepare one entry of ``foreignKeys``."""
        rows = register_keys(registers[key.resource], key.reference)
        parts = tuple(Part.make([row[n] for row in rows]) for n in range(len(key.fields)))
        codes = [
            np.array([0 if row[n] is None else part.numbers[row[n]] for row in rows], np.int64)
            for n, part in enumerate(parts)
        ]
        check = cls(tuple(map(names.index, key.fields)), key.fields, parts, np.empty(0, np.int64))
        return cls(check.columns, check.fields, parts, np.unique(check.combined(codes)))

    def combined(self, codes: list[np.ndarray]) -> np.ndarray:
        """One number for the codes of all parts; `ABSENT` where one part is absent."""
        whole = codes[0]
        for part, more in zip(self.parts[1:], codes[1:], strict=True):
            whole = np.where((whole < 0) | (more < 0), ABSENT, whole * (len(part.numbers) + 1) + more)
        return whole

    def bad(self, columns: list[Column], checks: tuple[ColumnCheck, ...]) -> np.ndarray | None:
        """Mask of the rows whose values the register does not hold; rows without any value pass."""
        codes = [part.of(columns[n], checks[n]) for part, n in zip(self.parts, self.columns, strict=True)]
        whole = self.combined(codes)
        if len(codes) == 1:
            mask = whole < 0
        else:
            mask = ~np.isin(whole, self.combinations)
            mask &= ~np.logical_and.reduce([code == 0 for code in codes])
        return mask if mask.any() else None


def register_keys(register: pa.Table, fields: Sequence[str]) -> list[tuple[Any, ...]]:
    """The values frictionless would look up: one tuple a row, rows without any value left out."""
    empty = [None] * register.num_rows
    columns = [python_values(register.column(name)) if name in register.column_names else empty for name in fields]
    return [row for row in zip(*columns, strict=True) if set(row) != {None}]


def python_values(column: pa.ChunkedArray) -> list[Any]:
    """A register's column as frictionless's fields would read it."""
    from ckanext.haugiang.core.validate.judge import field_type, register_field

    kind = field_type(column.type)
    if kind == "string":
        return [None if value == "" else value for value in column.cast(pa.string()).to_pylist()]
    read = register_field("value", kind).create_cell_reader()
    return [read(value)[0] for value in column.to_pylist()]
