"""Rules are data; what cannot be judged is refused with the schema."""

from __future__ import annotations

import pytest

from ckanext.haugiang.core.schema import formula_fields
from ckanext.haugiang.core.schema.rules import CHECKS, parse_rule

FIELDS = ("a", "b", "ngay")
HEAD = {"name": "r", "severity": "error", "title": "Luật", "title_en": "Rule"}


def test_a_formula_names_its_fields_in_order():
    assert formula_fields("b <= a * 2 and weekday(ngay) == 1 and not abs(b - a) > 3") == ("b", "a", "ngay")


@pytest.mark.parametrize(
    "formula",
    ["a +", "a + b", "a", "__import__('os') == 1", "a.b == 1", "a == 'x'", "a == True", "[a] == 1", "abs(a, b) == 1",
     "a ** 9 == 1", "(lambda: 1) == 1", "max(a) == 1", "a if b else a == 1", ""],
)  # fmt: skip
def test_a_formula_is_arithmetic_and_comparison_only(formula: str):
    with pytest.raises(ValueError, match="formula"):
        formula_fields(formula)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"check": "guess"}, "unknown check"),
        ({"check": "row_rule"}, "needs 'formula'"),
        ({"check": "row_rule", "formula": "a < c"}, "'c', which is no field"),
        ({"check": "row_rule", "formula": "a < b", "tolerance": "2 %"}, "must be a number"),
        ({"check": "row_rule", "formula": "a < b", "by": "a"}, "does not take 'by'"),
        ({"check": "row_rule", "formula": "a < b", "when": {"c": ["1"]}}, "'c', which is no field"),
        ({"check": "row_rule", "formula": "a < b", "when": {"a": "1"}}, "lists of values"),
        ({"check": "plausible_range", "field": "a"}, "needs 'minimum' or 'maximum'"),
        ({"check": "ordered", "field": "a", "along": "ngay", "by": ["c"]}, "'c', which is no field"),
        ({"check": "row_rule", "formula": "a < b", "severity": "fatal"}, "severity must be"),
        ({"check": "row_rule", "formula": "a < b", "title_en": ""}, "needs the text 'title_en'"),
    ],
)
def test_a_rule_that_nobody_can_judge_is_refused(rule: dict[str, object], reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_rule({**HEAD, **rule}, FIELDS)


def test_a_rule_keeps_what_its_check_takes():
    rule = parse_rule({**HEAD, "check": "row_rule", "formula": "a < b", "when": {"a": [1, 2]}}, FIELDS)
    assert (rule.check, rule.params, rule.when) == ("row_rule", {"formula": "a < b"}, {"a": ("1", "2")})


def test_every_check_says_what_it_means():
    assert all(len(check.meaning) > 40 for check in CHECKS.values())
