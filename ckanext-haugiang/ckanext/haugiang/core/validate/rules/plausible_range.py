"""Rule ``plausible_range``: a number is as large as such numbers usually are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.schema.rules import Rule
from ckanext.haugiang.core.validate.rules.base import Frame, RuleCheck
from ckanext.haugiang.core.validate.rules.lookup import Lookup, numbers_of


class PlausibleRange(RuleCheck):
    """A number lies in the range usual for it.

    **Why.** A yield of 7.8 instead of 78 quintals is no impossible number, only an unlikely one. It is asked about.

    **Breaks.** A pH of 74, where the list of parameters says 0 to 14.

    **Passes.** Both ends of the range; empty cells; codes for which the register gives no range. ``minimum`` and
    ``maximum`` are numbers, or columns of ``register``, whose row is found by the field ``by``.
    """

    sentence = N_(
        "Column “{column}”, row {row}: {value} is outside the usual range ({minimum}–{maximum}). "
        "If right, add a short explanation."
    )

    def __init__(self, rule: Rule, registers: Mapping[str, pa.Table]) -> None:
        super().__init__(rule, registers)
        self._lookup = None if self.register is None else Lookup(self.register, ["code"])

    def own_fields(self) -> tuple[str, ...]:
        """See `RuleCheck`."""
        by = self.params.get("by")
        return (self.params["field"],) if by is None else (self.params["field"], by)

    def violated(self, frame: Frame) -> np.ndarray:
        """See `RuleCheck`."""
        values = frame.numbers(self.params["field"])
        least, most = self._bound("minimum", frame), self._bound("maximum", frame)
        return (values < least) | (values > most)  # a comparison with NaN is false

    def details(self, frame: Frame, row: int) -> Mapping[str, Any]:
        """See `RuleCheck`."""
        ends = {name: float(self._bound(name, frame)[row]) for name in ("minimum", "maximum")}
        shown = {name: None if np.isnan(end) else end for name, end in ends.items()}
        return {"value": frame.value(self.params["field"], row), **shown}

    def _bound(self, name: str, frame: Frame) -> np.ndarray:
        return frame.once(self.rule.name, name, lambda: self._bounds(self.params.get(name), frame))

    def _bounds(self, bound: Any, frame: Frame) -> np.ndarray:
        if bound is None:
            return np.full(len(frame.rows), np.nan)
        if self._lookup is None or self.register is None or not isinstance(bound, str):
            return np.full(len(frame.rows), float(bound))
        rows = self._lookup.rows([frame.texts(self.params["by"])])[0]
        ends = numbers_of(self.register, bound)
        return np.where(rows >= 0, ends[rows], np.nan)
