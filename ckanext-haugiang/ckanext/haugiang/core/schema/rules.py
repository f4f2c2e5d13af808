"""The rules a schema may add to Table Schema (``x-rules``): which checks there are and what each one takes.

A rule is data: ``{"name", "check", "severity", "title", "title_en", …parameters of the check}``. What a check *does*
with a table stands in ``core.validate``; here is what a rule may say, so that a schema with a typing error is refused
before any file meets it. ``severity`` is ``error`` (blocks), ``warning`` (asks) or ``info`` (tells).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

SEVERITIES = ("error", "warning", "info")
COMMON = ("name", "check", "severity", "title", "title_en", "when")
FUNCTIONS = {"abs": "absolute value", "weekday": "day of the week of a date, Monday = 1 … Sunday = 7"}
_NODES = (
    ast.Expression, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Constant, ast.Load,
    ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One kind of rule.

    Attributes:
        meaning: What a row must satisfy, null cells included.
        required: Parameters a rule must give, with what they are.
        optional: Parameters it may give.
    """

    meaning: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)


CHECKS: dict[str, Check] = {
    "row_rule": Check(
        "A formula over the fields of one row is true. Rows where a field of it is null pass.",
        {"formula": "formula"},
        {"tolerance": "number: how far the two sides of a comparison may differ, as a share of the larger one"},
    ),
    "dated_register": Check(
        "The code is valid, in its register, at the row's date: valid_from ≤ date ≤ valid_to, empty means open. A "
        "whole number is a year and must only overlap. Codes that are not in the register the foreign key reports.",
        {"fields": "list of fields", "register": "register", "keys": "list of its columns", "date": "field"},
    ),
    "plausible_range": Check(
        "A number lies in the range usual for it: two numbers, or two columns of a register looked up by a field.",
        {"field": "field"},
        {
            "minimum": "number, or column of the register", "maximum": "number, or column of the register",
            "register": "register", "by": "field that holds the register's code",
        },
    ),
    "register_value": Check(
        "A text equals the column that the register gives for the row's code; empty cells fit an empty column only. "
        "Codes that are not in the register the foreign key reports.",
        {
            "field": "field", "register": "register", "by": "field that holds the register's code",
            "column": "column of the register",
        },
        {"also": "list of texts: further spellings that pass"},
    ),
    "ordered": Check(
        "Within each group the value never falls (or never rises) from one row to the next along a field.",
        {"field": "field", "along": "field", "by": "list of fields"},
        {"direction": "rising or falling; rising if not given"},
    ),
    "sum_of": Check(
        "In each group the row named by `total` equals the sum of the rows named by `parts`. Groups without the total, "
        "or with fewer than two parts, pass.",
        {
            "fields": "list of fields", "of": "field", "total": "its value", "parts": "list of its values",
            "by": "list of fields",
        },
        {"tolerance": "number: share of the total"},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule of one schema.

    Attributes:
        name: Stable within the schema; reports and links use it.
        check: A key of `CHECKS`.
        severity: ``error``, ``warning`` or ``info``.
        title: What must hold, in Vietnamese.
        title_en: The same in English.
        when: Field → values; the rule speaks only about rows that have one of them in each of these fields.
        params: What the check takes.
    """

    name: str
    check: str
    severity: str
    title: str
    title_en: str
    when: Mapping[str, tuple[str, ...]]
    params: Mapping[str, Any]

    def registers(self) -> tuple[str, ...]:
        """Names of the registers the rule looks into."""
        return (self.params["register"],) if "register" in self.params else ()


def parse_rule(raw: Mapping[str, Any], fields: Collection[str]) -> Rule:
    """Read one entry of ``x-rules``.

    Args:
        raw: The entry.
        fields: Names of the schema's fields.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    for key in ("name", "check", "severity", "title", "title_en"):
        if not isinstance(raw.get(key), str) or not raw[key]:
            raise ValueError(f"a rule needs the text {key!r}")
    name, check = raw["name"], CHECKS.get(raw["check"])
    if check is None:
        raise ValueError(f"rule {name!r}: unknown check {raw['check']!r}; there are {', '.join(CHECKS)}")
    if raw["severity"] not in SEVERITIES:
        raise ValueError(f"rule {name!r}: severity must be one of {', '.join(SEVERITIES)}")
    params = {key: value for key, value in raw.items() if key not in COMMON}
    kinds = {**check.required, **check.optional}
    if unknown := sorted(set(params) - set(kinds)):
        raise ValueError(f"rule {name!r}: {raw['check']} does not take {unknown[0]!r}")
    if missing := sorted(set(check.required) - set(params)):
        raise ValueError(f"rule {name!r}: {raw['check']} needs {missing[0]!r}")
    for key, value in params.items():
        _check_param(name, key, kinds[key], value, fields)
    if raw["check"] == "plausible_range" and not {"minimum", "maximum"} & set(params):
        raise ValueError(f"rule {name!r}: plausible_range needs 'minimum' or 'maximum'")
    return Rule(name, raw["check"], raw["severity"], raw["title"], raw["title_en"], _when(raw, fields), params)


def formula_fields(formula: str) -> tuple[str, ...]:
    """The fields a formula speaks of, in order of appearance.

    A formula is a comparison in Python's spelling (``+ - * /``, ``== != < <= > >=``, ``and or not``, `FUNCTIONS`) over
    field names and numbers; the difference of two dates counts days.

    Raises:
        ValueError: if it is anything else.
    """
    try:
        tree = ast.parse(formula, mode="eval")
    except SyntaxError as error:
        raise ValueError(f"the formula {formula!r} cannot be read") from error
    called: set[ast.AST] = set()
    names: dict[str, None] = {}
    if not isinstance(tree.body, ast.Compare | ast.BoolOp | ast.UnaryOp):
        raise ValueError(f"the formula {formula!r} compares nothing")  # noqa: TRY004 - a text is wrong, no type
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise ValueError(f"the formula {formula!r} uses {type(node).__name__}, which is not allowed")  # noqa: TRY004
        if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
            raise ValueError(f"the formula {formula!r} may hold numbers only")  # noqa: TRY004
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or len(node.args) != 1:
                raise ValueError(f"the formula {formula!r} calls something else than {', '.join(FUNCTIONS)}")
            called.add(node.func)
        elif isinstance(node, ast.Name) and node not in called:
            names[node.id] = None
    return tuple(names)


def _check_param(rule: str, key: str, kind: str, value: Any, fields: Collection[str]) -> None:
    if kind == "formula":
        names: Any = formula_fields(value)
    elif kind.startswith("field"):
        names = [value]
    elif kind == "list of fields":
        names = value
    else:
        if kind.startswith("number:") and not isinstance(value, int | float):
            raise ValueError(f"rule {rule!r}: {key!r} must be a number")
        return
    for name in names:
        if name not in fields:
            raise ValueError(f"rule {rule!r}: {key!r} names {name!r}, which is no field")


def _when(raw: Mapping[str, Any], fields: Collection[str]) -> dict[str, tuple[str, ...]]:
    when = raw.get("when", {})
    if not isinstance(when, Mapping) or not all(isinstance(values, list) for values in when.values()):
        raise ValueError(f"rule {raw['name']!r}: 'when' must map fields to lists of values")
    for name in when:
        if name not in fields:
            raise ValueError(f"rule {raw['name']!r}: 'when' names {name!r}, which is no field")
    return {name: tuple(map(str, values)) for name, values in when.items()}
