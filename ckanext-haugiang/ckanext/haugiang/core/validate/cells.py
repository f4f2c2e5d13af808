"""What one cell is worth, asked of frictionless once for each distinct text.

The masks settle all that is plain. Whatever they do not know (`1_000`, `٣`, a date in words, a type without a mask)
comes here, so an answer is never a guess: it is frictionless's own, remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from frictionless import Field, FrictionlessException

from ckanext.haugiang.core.errors import ReadError

REMEMBERED = 200_000


class Outcome(NamedTuple):
    """What frictionless's cell reader says about one text."""

    value: Any
    type_error: bool
    constraint_errors: int


@dataclass
class Settled:
    """Outcomes of some rows, by way of their distinct texts.

    Attributes:
        codes: For each row the number of its distinct text.
        outcomes: One for each distinct text.
    """

    codes: np.ndarray
    outcomes: list[Outcome]

    def each(self, values: list[Any], dtype: Any) -> np.ndarray:
        """Spread one value for each distinct text over the rows."""
        return np.array(values, dtype=dtype)[self.codes] if values else np.empty(0, dtype)

    @property
    def type_errors(self) -> np.ndarray:
        """Mask of the rows whose cell is not of its type."""
        return self.each([outcome.type_error for outcome in self.outcomes], bool)

    @property
    def constraint_errors(self) -> np.ndarray:
        """How many constraints each row's cell violates."""
        return self.each([outcome.constraint_errors for outcome in self.outcomes], np.int64)


class CellReader:
    """Frictionless's reader of one field, with a memory."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._read = field.create_cell_reader()
        self._known: dict[str | None, Outcome] = {}

    def outcome(self, text: str | None) -> Outcome:
        """Read one text.

        Raises:
            ReadError: ``value-incomparable``; frictionless raises a Python exception on this value.
        """
        known = self._known.get(text)
        if known is not None:
            return known
        try:
            value, notes = self._read(text)
        except FrictionlessException:
            raise
        except Exception as error:
            raise ReadError("value-incomparable", field=self.field.name, value=str(text)[:60]) from error
        type_error = notes is not None and "type" in notes
        outcome = Outcome(value, type_error, 0 if type_error else len(notes or ()))
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[text] = outcome
        return outcome

    def settle(self, texts: pa.Array) -> Settled:
        """Read all cells of an array that has no nulls."""
        coded = texts.dictionary_encode()
        outcomes = [self.outcome(text) for text in coded.dictionary.to_pylist()]
        return Settled(coded.indices.to_numpy(), outcomes)
