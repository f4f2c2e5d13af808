"""Checks of our own beside frictionless's, each with a severity: ``error`` blocks, ``warning`` asks, ``info`` tells.

One check a file; its docstring is the manual page. What a rule may say stands in `core.schema.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate.rules.base import Finding, Frame, RuleCheck
from ckanext.haugiang.core.validate.rules.dated_register import DatedRegister
from ckanext.haugiang.core.validate.rules.ordered import Ordered
from ckanext.haugiang.core.validate.rules.plausible_range import PlausibleRange
from ckanext.haugiang.core.validate.rules.register_value import RegisterValue
from ckanext.haugiang.core.validate.rules.row_rule import RowRule
from ckanext.haugiang.core.validate.rules.sum_of import SumOf

RULES: dict[str, type[RuleCheck]] = {
    "row_rule": RowRule,
    "dated_register": DatedRegister,
    "plausible_range": PlausibleRange,
    "register_value": RegisterValue,
    "ordered": Ordered,
    "sum_of": SumOf,
}


def make_rules(schema: TableSchema, registers: Mapping[str, pa.Table], names: list[str]) -> list[RuleCheck]:
    """The checks of a schema's rules; those that speak of a column the file lacks are left out, its error is enough."""
    checks = [RULES[rule.check](rule, registers) for rule in schema.rules]
    return [check for check in checks if set(check.fields) <= set(names)]


__all__ = ["RULES", "Finding", "Frame", "RuleCheck", "make_rules"]
