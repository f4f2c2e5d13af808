"""Rule ``row_rule``: a formula over the fields of one row."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.schema.rules import Rule, formula_fields
from ckanext.haugiang.core.validate.rules.base import Frame, RuleCheck

# Sums of decimals in binary fractions: 0.1 + 0.2 must equal 0.3.
ROUNDING = 1e-9
WEEK = 7
THURSDAY = 3  # 1970-01-01 was one, counted from Monday = 0


class RowRule(RuleCheck):
    """A formula over the fields of a row is true.

    **Why.** Figures of one row hang together: what is harvested was sown before, a week has seven days.

    **Breaks.** ``dt_thu_hoach <= dt_gieo_trong`` where 3105 ha were harvested and 3080.5 ha sown.

    **Passes.** Rows where a field of the formula is empty, and rows where it cannot be computed (a division by 0).
    ``tolerance`` says how far the two sides of a comparison may differ, as a share of the larger one.

    The formula is a comparison in Python's spelling: ``+ - * /``, ``== != < <= > >=``, ``and or not``, ``abs()``,
    ``weekday()`` (Monday = 1). It is read as a syntax tree and computed column by column; nothing of it is executed.
    """

    sentence = N_("Row {row}: {values}. It should be: {title}. Check the source.")

    def __init__(self, rule: Rule, registers: Mapping[str, pa.Table]) -> None:
        super().__init__(rule, registers)
        self._tree = ast.parse(self.params["formula"], mode="eval").body
        self._tolerance = max(float(self.params.get("tolerance", 0)), ROUNDING)

    def own_fields(self) -> tuple[str, ...]:
        """See `RuleCheck`."""
        return formula_fields(self.params["formula"])

    def violated(self, frame: Frame) -> np.ndarray:
        """See `RuleCheck`."""
        there = np.logical_and.reduce([~np.isnan(frame.numbers(name)) for name in self.own_fields()])
        computable = there.copy()
        with np.errstate(all="ignore"):
            holds = self._truth(self._tree, frame, computable)
        return computable & ~holds

    def details(self, frame: Frame, row: int) -> Mapping[str, Any]:
        """See `RuleCheck`."""
        return {"values": {name: frame.value(name, row) for name in self.own_fields()}}

    def _truth(self, node: ast.AST, frame: Frame, computable: np.ndarray) -> np.ndarray:
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(part, frame, computable) for part in node.values]
            return np.logical_and.reduce(parts) if isinstance(node.op, ast.And) else np.logical_or.reduce(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self._truth(node.operand, frame, computable)
        if isinstance(node, ast.Compare):
            sides = [self._number(side, frame) for side in (node.left, *node.comparators)]
            for side in sides:
                computable &= np.isfinite(side)
            pairs = zip(node.ops, sides, sides[1:], strict=False)
            return np.logical_and.reduce([self._compare(op, left, right) for op, left, right in pairs])
        raise TypeError(f"no truth in {ast.dump(node)}")

    def _compare(self, op: ast.cmpop, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        slack = self._tolerance * np.maximum(np.abs(left), np.abs(right))
        near = np.abs(left - right) <= slack
        if isinstance(op, ast.Eq):
            return near
        if isinstance(op, ast.NotEq):
            return ~near
        below = left < right
        if isinstance(op, ast.LtE):
            return below | near
        if isinstance(op, ast.GtE):
            return ~below | near
        strict = self._tolerance <= ROUNDING
        if isinstance(op, ast.Lt):
            return below & ~near if strict else below | near
        return ~below & ~near if strict else ~below | near

    def _number(self, node: ast.AST, frame: Frame) -> np.ndarray:
        if isinstance(node, ast.Constant):
            return np.full(len(frame.rows), float(node.value))  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return frame.numbers(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._number(node.operand, frame)
        if isinstance(node, ast.Call):
            values = self._number(node.args[0], frame)
            return np.abs(values) if node.func.id == "abs" else (values + THURSDAY) % WEEK + 1  # type: ignore[attr-defined]
        if isinstance(node, ast.BinOp):
            left, right = self._number(node.left, frame), self._number(node.right, frame)
            return {
                ast.Add: np.add,
                ast.Sub: np.subtract,
                ast.Mult: np.multiply,
                ast.Div: np.divide,
            }[type(node.op)](left, right)
        raise TypeError(f"no number in {ast.dump(node)}")
