"""Rule ``register_value``: a text is the one that the register gives for the row's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.schema.rules import Rule
from ckanext.haugiang.core.validate.rules.base import Frame, RuleCheck
from ckanext.haugiang.core.validate.rules.lookup import Lookup


class RegisterValue(RuleCheck):
    """A text equals what the register says for the row's code.

    **Why.** A figure in µg/L under a parameter measured in mg/L is a thousand times too large.

    **Breaks.** ``don_vi_tinh`` = “µg/L” where the list says “mg/L” for the parameter.

    **Passes.** Empty cells, codes that the register does not hold, rows of it without a value, and the spellings of
    ``also``.
    """

    sentence = N_(
        "Column “{column}”, row {row}: “{value}”, but the list “{register}” says “{expected}” for “{code}”. "
        "Correct one of them."
    )

    def __init__(self, rule: Rule, registers: Mapping[str, pa.Table]) -> None:
        super().__init__(rule, registers)
        register = registers[self.params["register"]]
        self._lookup = Lookup(register, ["code"])
        self._expected = register.column(self.params["column"]).combine_chunks().cast(pa.string())
        self._also = pa.array(self.params.get("also", []), pa.string())

    def own_fields(self) -> tuple[str, ...]:
        """See `RuleCheck`."""
        return (self.params["field"], self.params["by"])

    def violated(self, frame: Frame) -> np.ndarray:
        """See `RuleCheck`."""
        texts = frame.texts(self.params["field"])
        same = pc.equal(texts, self._wanted(frame)).fill_null(True)
        passes = pc.or_(same, pc.is_in(texts, value_set=self._also))
        return ~passes.to_numpy(zero_copy_only=False)

    def details(self, frame: Frame, row: int) -> Mapping[str, Any]:
        """See `RuleCheck`."""
        return {
            "value": frame.value(self.params["field"], row),
            "register": self.params["register"],
            "code": frame.value(self.params["by"], row),
            "expected": self._wanted(frame)[row].as_py(),
        }

    def _wanted(self, frame: Frame) -> pa.Array:
        return frame.once(self.rule.name, "wanted", lambda: self._found(frame.texts(self.params["by"])))

    def _found(self, codes: pa.Array) -> pa.Array:
        rows = self._lookup.rows([codes])[0]
        return self._expected.take(pa.array(rows, mask=rows < 0))
