"""The kept columns of all documents as NumPy arrays: an ``Index`` that one writer extends, ``Snapshot`` for readers.

A document has a position; a changed one gets a new position and its old one dies. Arrays only grow behind what older
snapshots look at, and the mask of living positions is copied, so a snapshot stays as it was while the index goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from ckanext.haugiang.core.search.collation import sort_key
from ckanext.haugiang.core.search.document import Scalar
from ckanext.haugiang.core.search.schema import KEPT

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]
_FEW = 2_000  # dead positions below this are never worth a compaction


@dataclass(frozen=True, slots=True)
class Row:
    """A document as the database tells it: its ordinal, who wrote it, and its values; no values is a deletion."""

    ord: int
    written: int
    values: Mapping[str, Sequence[Scalar]] | None


class Growing:
    """An array that grows at its end; what was read from it stays as it is."""

    def __init__(self, kind: str) -> None:
        self.data: Numbers = np.empty(1024, dtype=kind)
        self.size = 0

    def extend(self, items: Sequence[Any] | Numbers) -> None:
        """Append items, in a larger array if need be."""
        size = self.size + len(items)
        if size > len(self.data):
            larger = np.empty(max(size, 2 * len(self.data)), dtype=self.data.dtype)
            larger[: self.size] = self.data[: self.size]
            self.data = larger
        self.data[self.size : size] = items
        self.size = size

    def view(self) -> Numbers:
        """What is there now."""
        return self.data[: self.size]


class Column:
    """The values of one field: (position, code) pairs, and what each code means."""

    def __init__(self) -> None:
        self.positions = Growing("i4")
        self.codes = Growing("i4")
        self.values: list[Scalar] = []
        self.code_of: dict[Scalar, int] = {}
        self.keys: list[Any] = []
        self.order: list[int] = []
        self.sorting = Lock()

    def copy(self) -> Column:
        """A column of its own with the same values."""
        new = Column()
        new.positions.extend(self.positions.view())
        new.codes.extend(self.codes.view())
        new.values, new.code_of = list(self.values), dict(self.code_of)
        return new

    def append(self, position: int, values: Iterable[Scalar]) -> None:
        """Add the values of a document."""
        codes = []
        for value in values:
            code = self.code_of.get(value)
            if code is None:
                self.values.append(value)
                code = self.code_of[value] = len(self.values) - 1
            codes.append(code)
        self.positions.extend([position] * len(codes))
        self.codes.extend(codes)

    def ranks(self, count: int) -> Numbers:
        """The place in sorted order of each of the first codes; sorting again what is nearly sorted is cheap."""
        with self.sorting:  # readers sort, and several may do so at once
            for value in self.values[len(self.keys) : count]:
                self.keys.append(sort_key(value) if isinstance(value, str) else value)
            if len(self.order) < count:
                unsorted = [*self.order, *range(len(self.order), count)]
                self.order = sorted(unsorted, key=self.keys.__getitem__)
            order = self.order
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order))
        return ranks


@dataclass(frozen=True, slots=True)
class Values:
    """What a snapshot sees of a column."""

    column: Column
    positions: Numbers
    codes: Numbers
    count: int

    def code(self, value: Scalar) -> int | None:
        """The code of a value, if a document has it."""
        code = self.column.code_of.get(value)
        return code if code is not None and code < self.count else None

    def having(self, chosen: Mask, size: int) -> Mask:
        """The documents with one of the chosen codes."""
        mask = np.zeros(size, dtype=np.bool_)
        mask[self.positions[chosen[self.codes]]] = True
        return mask

    def counts(self, mask: Mask) -> dict[str, int]:
        """How many of the masked documents have each value; values that none has are left out."""
        found = np.bincount(self.codes[mask[self.positions]], minlength=self.count)
        return {str(self.column.values[code]): int(found[code]) for code in np.flatnonzero(found)}


@dataclass(frozen=True)
class Snapshot:
    """All documents at one moment.

    Attributes:
        version: grows with every change.
        ords: the ordinal of each position.
        alive: which positions are documents.
        place: ordinal - ``base`` → position, -1 for none.
        columns: by field.
    """

    version: int
    ords: Numbers
    alive: Mask
    place: Numbers
    base: int
    columns: Mapping[str, Values]

    def mask(self, ords: Numbers) -> Mask:
        """The positions of these ordinals; unknown ones are left out."""
        found = np.zeros(len(self.alive), dtype=np.bool_)
        inside = ords[(ords >= self.base) & (ords < self.base + len(self.place))] - self.base
        positions = self.place[inside]
        found[positions[positions >= 0]] = True
        return found


class Index:
    """The kept columns, changed by one writer at a time."""

    def __init__(self, fields: Iterable[str] = KEPT) -> None:
        self.version = 0
        self.columns: dict[str, Column] = {name: Column() for name in fields}
        self.ords = Growing("i4")
        self.alive: Mask = np.zeros(0, dtype=np.bool_)
        self.place: Numbers = np.zeros(0, dtype=np.int32)
        self.base = 0
        self.written: dict[int, int] = {}

    def fork(self) -> Index:
        """An index of its own with the same documents, for what only one transaction sees."""
        new = Index(())
        new.version = self.version
        new.columns = {name: column.copy() for name, column in self.columns.items()}
        new.ords.extend(self.ords.view())
        new.alive, new.place, new.base, new.written = self.alive, self.place, self.base, dict(self.written)
        return new

    def apply(self, rows: Sequence[Row]) -> Snapshot:
        """Take in changed documents and look at the result."""
        first = self.ords.size
        fresh = [row for row in rows if row.values is not None]
        self._make_room([row.ord for row in rows])
        alive = np.concatenate([self.alive, np.ones(len(fresh), dtype=np.bool_)])
        for row in rows:
            if (old := self.place[row.ord - self.base]) >= 0:
                alive[old] = False
            self.place[row.ord - self.base] = -1
            self.written[row.ord] = row.written
        self.ords.extend([row.ord for row in fresh])
        for number, row in enumerate(fresh):
            self.place[row.ord - self.base] = first + number
            for name, column in self.columns.items():
                values = row.values.get(name) if row.values else None
                if values:
                    column.append(first + number, values)
        self.alive = alive
        self.version += 1
        self._compact()
        return self.snapshot()

    def _make_room(self, ords: Sequence[int]) -> None:
        """Copy the table of places, with room for these ordinals; older snapshots keep theirs."""
        if not ords:
            return
        low, high = min(ords), max(ords) + 1
        if len(self.place):
            low, high = min(low, self.base), max(high, self.base + len(self.place))
        room = np.full(high - low, -1, dtype=np.int32)
        room[self.base - low : self.base - low + len(self.place)] = self.place if len(self.place) else []
        self.place, self.base = room, low

    def _compact(self) -> None:
        """Forget dead positions when they are the most."""
        dead = len(self.alive) - int(self.alive.sum())
        if dead < _FEW or dead * 2 < len(self.alive):
            return
        position_of = np.cumsum(self.alive) - 1
        for name, old in self.columns.items():
            positions, codes = old.positions.view(), old.codes.view()
            kept = self.alive[positions]
            new = self.columns[name] = Column()
            used, recoded = np.unique(codes[kept], return_inverse=True)
            new.values = [old.values[code] for code in used]
            new.code_of = {value: code for code, value in enumerate(new.values)}
            new.positions.extend(position_of[positions[kept]])
            new.codes.extend(recoded)
        ords = self.ords.view()[self.alive]
        self.ords = Growing("i4")
        self.ords.extend(ords)
        self.place = np.full(len(self.place), -1, dtype=np.int32)
        self.place[ords - self.base] = np.arange(len(ords))
        self.alive = np.ones(len(ords), dtype=np.bool_)

    def snapshot(self) -> Snapshot:
        """What readers see from now on."""
        columns = {
            name: Values(column, column.positions.view(), column.codes.view(), len(column.values))
            for name, column in self.columns.items()
        }
        return Snapshot(self.version, self.ords.view(), self.alive, self.place, self.base, columns)

    def add_column(self, name: str, values: Mapping[int, Sequence[Scalar]]) -> Snapshot:
        """Keep one more field, given its values by ordinal."""
        column = Column()
        for position in np.flatnonzero(self.alive):
            found = values.get(int(self.ords.data[position]))
            if found:
                column.append(int(position), found)
        self.columns[name] = column
        return self.snapshot()
