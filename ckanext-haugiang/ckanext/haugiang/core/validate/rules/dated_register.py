"""Rule ``dated_register``: the code was in force on the day the row speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.schema.rules import Rule
from ckanext.haugiang.core.validate.rules.base import Frame, RuleCheck
from ckanext.haugiang.core.validate.rules.lookup import Lookup, days_of

# Code lists say valid_from and valid_to; a published table that is a register has the names of its own schema.
FROM, TO = ("valid_from", "tu_ngay"), ("valid_to", "den_ngay")


class DatedRegister(RuleCheck):
    """The code is valid, in its register, at the row's date.

    **Why.** Since 2025-07-01 the codes of communes mean other territory than before; a figure under a code that was
    not in force is a figure of nowhere.

    **Breaks.** Code 31318 (Phường I, until 2025-06-30) with the year 2026.

    **Passes.** Codes that the register does not hold (the foreign key reports them), rows without a date, and periods
    without an end. A whole number is a year, which needs to overlap only. One of several periods is enough.
    """

    sentence = N_("Row {row}: “{value}” of the list “{register}” was not in force in {date}. Use the code of that time.")

    def __init__(self, rule: Rule, registers: Mapping[str, pa.Table]) -> None:
        super().__init__(rule, registers)
        register = registers[self.params["register"]]
        self._lookup = Lookup(register, self.params["keys"])
        self._from = days_of(register, FROM, -np.inf)
        self._to = days_of(register, TO, np.inf)

    def own_fields(self) -> tuple[str, ...]:
        """See `RuleCheck`."""
        return (*self.params["fields"], self.params["date"])

    def violated(self, frame: Frame) -> np.ndarray:
        """See `RuleCheck`."""
        first, last = _days(frame, self.params["date"])
        found = self._lookup.rows([frame.texts(name) for name in self.params["fields"]])
        in_force = np.isnan(first) | (found[0] < 0)
        for rows in found:
            there = rows >= 0
            in_force |= there & (self._from[rows] <= last) & (self._to[rows] >= first)
        return ~in_force

    def details(self, frame: Frame, row: int) -> Mapping[str, Any]:
        """See `RuleCheck`."""
        codes = [str(frame.value(name, row)) for name in self.params["fields"]]
        return {
            "value": ", ".join(codes),
            "register": self.params["register"],
            "date": frame.value(self.params["date"], row),
        }


def _days(frame: Frame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The first and last day each row speaks of."""
    values = frame.numbers(name)
    if not pa.types.is_integer(frame.columns[name].type):
        return values, values
    years = np.nan_to_num(values, nan=1970).astype(np.int64) - 1970
    first = years.astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64)
    last = (years + 1).astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64) - 1
    return np.where(np.isnan(values), np.nan, first), last
