"""Rule ``ordered``: a running total never falls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.validate.rules.base import Frame, RuleCheck


class Ordered(RuleCheck):
    """Within each group the value never falls from one row to the next along a field.

    **Why.** A cumulative count of the year can only grow; where it falls, one of the two weeks is wrong.

    **Breaks.** Week 14 says 212 cases since January, week 15 says 198.

    **Passes.** Equal values, empty ones (the next is compared with the last that is there), groups of one row.
    ``direction: falling`` turns it round. The rule sees the whole table: its columns are kept in memory.
    """

    whole = True
    sentence = N_("Column “{column}”, row {row}: {value} follows {before} of row {same}. It should be: {title}. Check both.")

    def own_fields(self) -> tuple[str, ...]:
        """See `RuleCheck`."""
        return (self.params["field"], self.params["along"], *self.params["by"])

    def violated(self, frame: Frame) -> np.ndarray:
        """See `RuleCheck`."""
        values, before, _ = self._steps(frame)
        falls = values > before if self.params.get("direction") == "falling" else values < before
        return falls & self.spoken_of(frame)

    def details(self, frame: Frame, row: int) -> Mapping[str, Any]:
        """See `RuleCheck`."""
        _, before, rows = self._steps(frame)
        return {
            "value": frame.value(self.params["field"], row),
            "before": float(before[row]),
            "same_row": int(rows[row]),
        }

    def _steps(self, frame: Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each row's value, the value before it in its group, and the row that one stands in."""
        kept = frame.__dict__.setdefault("_ordered", {})
        if self.rule.name not in kept:
            keys = {f"k{n}": frame.texts(name).to_pandas() for n, name in enumerate(self.params["by"])}
            table = pd.DataFrame(
                {
                    "value": frame.numbers(self.params["field"]),
                    "along": frame.numbers(self.params["along"]),
                    "row": frame.rows,
                    **keys,
                }
            )
            there = table[self.spoken_of(frame)].dropna(subset=["value", "along"])
            ordered = there.sort_values([*keys, "along"], kind="stable")
            groups = ordered.groupby(list(keys), dropna=False, sort=False)
            before = groups[["value", "row"]].shift().reindex(table.index)
            rows = before["row"].fillna(0).to_numpy(np.int64)
            kept[self.rule.name] = (table["value"].to_numpy(), before["value"].to_numpy(), rows)
        found: tuple[np.ndarray, np.ndarray, np.ndarray] = kept[self.rule.name]
        return found
