"""What every rule has in common: the columns it sees, and how it says what it found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema.rules import Rule

Made = TypeVar("Made")


class Frame:
    """Typed columns of some rows: of one block, or of the whole table.

    Args:
        columns: Values by field, null where there is none or it is not of its type.
        rows: Frictionless's number of each row.
    """

    def __init__(self, columns: Mapping[str, pa.Array], rows: np.ndarray) -> None:
        self.columns = columns
        self.rows = rows
        self._numbers: dict[str, np.ndarray] = {}
        self._texts: dict[str, pa.Array] = {}
        self._made: dict[tuple[str, str], Any] = {}

    def once(self, rule: str, name: str, make: Callable[[], Made]) -> Made:
        """What a rule needs for each of its findings and makes for all rows: a block may hold a thousand of them."""
        if (rule, name) not in self._made:
            self._made[rule, name] = make()
        made: Made = self._made[rule, name]
        return made

    def numbers(self, name: str) -> np.ndarray:
        """A column as numbers, NaN where null; dates are days since 1970."""
        if name not in self._numbers:
            values = self.columns[name]
            if pa.types.is_timestamp(values.type):
                values = values.cast(pa.date32(), safe=False)
            if pa.types.is_date(values.type):
                values = values.cast(pa.int32())
            if pa.types.is_string(values.type):
                raise TypeError(f"the field {name} holds no numbers")
            self._numbers[name] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return self._numbers[name]

    def texts(self, name: str) -> pa.Array:
        """A column as text, null where null."""
        if name not in self._texts:
            values = self.columns[name]
            self._texts[name] = values if pa.types.is_string(values.type) else values.cast(pa.string())
        return self._texts[name]

    def value(self, name: str, row: int) -> Any:
        """One value as JSON has it."""
        found = self.columns[name][row].as_py()
        return found if found is None or isinstance(found, bool | int | float | str) else found.isoformat()


@dataclass(frozen=True)
class Finding:
    """One row that a rule speaks about.

    Attributes:
        rule: Which rule.
        row: Frictionless's row number.
        field: The field it is about.
        params: What its sentence needs.
    """

    rule: Rule
    row: int
    field: str
    params: Mapping[str, Any]

    def descriptor(self) -> dict[str, Any]:
        """As ``report["haugiang"]["findings"]`` holds it; its place is added there."""
        return {
            "code": self.rule.check,
            "rule": self.rule.name,
            "severity": self.rule.severity,
            "title": self.rule.title,
            "title_en": self.rule.title_en,
            "row": self.row,
            "field": self.field,
            "params": dict(self.params),
        }


class RuleCheck(ABC):
    """One rule made ready for a table.

    Attributes:
        whole: Whether the rule must see all rows at once.
        sentence: What is said about a row (English msgid); see `core.validate.sentences`.
    """

    whole: ClassVar[bool] = False
    sentence: ClassVar[str]

    def __init__(self, rule: Rule, registers: Mapping[str, pa.Table]) -> None:
        self.rule = rule
        self.params = rule.params
        self.register = registers.get(rule.params.get("register", ""))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every field the rule looks at, those of ``when`` with them."""
        return tuple(dict.fromkeys([*self.own_fields(), *self.rule.when]))

    @abstractmethod
    def own_fields(self) -> tuple[str, ...]:
        """The fields of the check itself, the one its sentence is about first."""

    @abstractmethod
    def violated(self, frame: Frame) -> np.ndarray:
        """Mask of the rows that break the rule; a null in what it compares passes."""

    def details(self, frame: Frame, row: int) -> Mapping[str, Any]:
        """What the sentence about one broken row needs."""
        return {"value": frame.value(self.own_fields()[0], row)}

    def find(self, frame: Frame, limit: int) -> tuple[list[Finding], int]:
        """The first ``limit`` findings (0: all), and how many there are."""
        mask = self.violated(frame) & self.spoken_of(frame)
        rows = np.flatnonzero(mask)
        shown = rows[:limit] if limit else rows
        name = self.own_fields()[0]
        found = [Finding(self.rule, int(frame.rows[row]), name, self.details(frame, int(row))) for row in shown]
        return found, len(rows)

    def spoken_of(self, frame: Frame) -> np.ndarray:
        """Mask of the rows that ``when`` names; all rows without it."""
        mask = np.ones(len(frame.rows), bool)
        for name, values in self.rule.when.items():
            chosen = pc.is_in(frame.texts(name), value_set=pa.array(values, pa.string()))
            mask &= chosen.to_numpy(zero_copy_only=False)
        return mask
