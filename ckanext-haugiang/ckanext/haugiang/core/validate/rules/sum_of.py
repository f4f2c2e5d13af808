"""Rule ``sum_of``: a total is what its parts add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.validate.rules.base import Finding, Frame, RuleCheck

ROUNDING = 1e-9
ENOUGH = 2


class SumOf(RuleCheck):
    """In each group the row named by ``total`` equals the sum of the rows named by ``parts``.

    **Why.** Totals are typed, too, and typing goes wrong; 588,214 t beside communes that add up to 587,902 t.

    **Breaks.** The season “CN” (whole year) says 1050 ha where “DX” and “HT” say 500 and 540.

    **Passes.** Groups without the total or with fewer than two parts that hold a number; a difference within
    ``tolerance``, as a share of the total. The rule sees the whole table: its columns are kept in memory.
    """

    whole = True
    sentence = N_(
        "Column “{column}”, row {row}: the total says {value}; its parts add up to {sum}, {difference} % apart. "
        "Check the parts."
    )

    def own_fields(self) -> tuple[str, ...]:
        """See `RuleCheck`."""
        return (*self.params["fields"], self.params["of"], *self.params["by"])

    def violated(self, frame: Frame) -> np.ndarray:
        """See `RuleCheck`."""
        masks = [self._apart(frame, name)[0] for name in self.params["fields"]]
        return np.logical_or.reduce(masks)

    def find(self, frame: Frame, limit: int) -> tuple[list[Finding], int]:
        """One finding for each of ``fields`` that does not add up."""
        found = []
        for name in self.params["fields"]:
            mask, sums = self._apart(frame, name)
            for row in np.flatnonzero(mask & self.spoken_of(frame)):
                value = float(frame.numbers(name)[row])
                apart = abs(value - sums[row]) / max(abs(value), abs(sums[row])) * 100
                params: Mapping[str, Any] = {"value": value, "sum": float(sums[row]), "difference": round(apart, 2)}
                found.append(Finding(self.rule, int(frame.rows[row]), name, params))
        found.sort(key=lambda finding: finding.row)
        return (found[:limit] if limit else found), len(found)

    def _apart(self, frame: Frame, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Mask of the totals that are not the sum of their parts, and that sum beside each row."""
        of = frame.texts(self.params["of"])
        keys = {f"k{n}": frame.texts(key).to_pandas() for n, key in enumerate(self.params["by"])}
        table = pd.DataFrame({"value": frame.numbers(name), **keys})
        part = pc.is_in(of, value_set=pa.array(self.params["parts"], pa.string())).to_numpy(zero_copy_only=False)
        total = pc.equal(of, self.params["total"]).fill_null(False).to_numpy(zero_copy_only=False)
        groups = table.assign(part=table["value"].where(part)).groupby(list(keys), dropna=False, sort=False)["part"]
        sums, counts = groups.transform("sum").to_numpy(), groups.transform("count").to_numpy()
        values = table["value"].to_numpy()
        slack = max(float(self.params.get("tolerance", 0)), ROUNDING) * np.maximum(np.abs(values), ROUNDING)
        return total & (counts >= ENOUGH) & (np.abs(values - sums) > slack), sums
