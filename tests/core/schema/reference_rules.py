"""A slow second opinion on ``x-rules``: plain Python over dicts, to say what a rule means on the shipped tables."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ckanext.haugiang.core.schema import Rule, TableSchema

Row = dict[str, Any]
READ = {"number": float, "integer": int, "date": date.fromisoformat, "datetime": datetime.fromisoformat}


def rows_of(table: Path, schema: TableSchema) -> list[Row]:
    """The canonical table, typed; a cell that is no such value stays text."""

    def value(name: str, text: str) -> Any:
        if not text:
            return None
        try:
            return READ.get(schema.field(name).type, str)(text)
        except ValueError:
            return text

    with table.open(encoding="utf-8", newline="") as stream:
        return [{name: value(name, text) for name, text in row.items()} for row in csv.DictReader(stream)]


def broken(rule: Rule, rows: Sequence[Row], registers: Mapping[str, list[Row]]) -> list[int]:
    """Numbers (from 0) of the rows that break a rule."""
    chosen = [
        (number, row)
        for number, row in enumerate(rows)
        if all(str(row[name]) in values for name, values in rule.when.items())
    ]
    return sorted(CHECKS[rule.check](rule.params, chosen, registers))


def _row_rule(params: Mapping[str, Any], rows: Any, _: Any) -> list[int]:
    tolerance = params.get("tolerance", 0)
    found = []
    for number, row in rows:
        try:
            left, equal, right = params["formula"].partition(" == ") if tolerance else (params["formula"], "", "")
            names = {"weekday": lambda day: day.isoweekday(), **{k: _days(v) for k, v in row.items()}}
            if equal:
                a, b = eval(left, names), eval(right, names)
                good = abs(a - b) <= tolerance * max(abs(a), abs(b))
            else:
                good = eval(left, names)
        except TypeError:  # null, or a text where a number belongs: not this rule's to judge
            continue
        if not good:
            found.append(number)
    return found


class _Day(date):
    def __sub__(self, other: Any) -> Any:
        return (date(self.year, self.month, self.day) - date(other.year, other.month, other.day)).days


def _days(value: Any) -> Any:
    return _Day(value.year, value.month, value.day) if isinstance(value, date) else value


def _dated_register(params: Mapping[str, Any], rows: Any, registers: Any) -> list[int]:
    spans = {tuple(entry[key] for key in params["keys"]): _span(entry) for entry in registers[params["register"]]}
    found = []
    for number, row in rows:
        span, when = spans.get(tuple(row[name] for name in params["fields"])), row[params["date"]]
        if span is None or when is None or isinstance(when, str):
            continue
        first, last = (f"{when}-01-01", f"{when}-12-31") if isinstance(when, int) else (str(when)[:10],) * 2
        if last < span[0] or first > span[1]:
            found.append(number)
    return found


def _span(entry: Row) -> tuple[str, str]:
    """Validity of a register's row; the published register of stations has Vietnamese names for it."""
    first = entry.get("valid_from") or entry.get("tu_ngay") or ""
    return first, entry.get("valid_to") or entry.get("den_ngay") or "9999-12-31"


def _plausible_range(params: Mapping[str, Any], rows: Any, registers: Any) -> list[int]:
    entries = {entry["code"]: entry for entry in registers.get(params.get("register", ""), [])}
    found = []
    for number, row in rows:
        value = row[params["field"]]
        bounds = [params.get("minimum"), params.get("maximum")]
        if entries:
            entry = entries.get(row[params["by"]], {})
            bounds = [float(entry[name]) if name and entry.get(name) else None for name in bounds]
        if not isinstance(value, float | int):
            continue
        if (bounds[0] is not None and value < bounds[0]) or (bounds[1] is not None and value > bounds[1]):
            found.append(number)
    return found


def _register_value(params: Mapping[str, Any], rows: Any, registers: Any) -> list[int]:
    wanted = {entry["code"]: entry[params["column"]] or None for entry in registers[params["register"]]}
    return [
        number
        for number, row in rows
        if row[params["by"]] in wanted
        and row[params["field"]] != wanted[row[params["by"]]]
        and row[params["field"]] not in params.get("also", [])
    ]


def _ordered(params: Mapping[str, Any], rows: Any, _: Any) -> list[int]:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for number, row in rows:
        if row[params["field"]] is not None and row[params["along"]] is not None:
            groups[tuple(row[name] for name in params["by"])].append((row[params["along"]], number, row[params["field"]]))
    sign = -1 if params.get("direction") == "falling" else 1
    return [
        after[1]
        for group in groups.values()
        for before, after in zip(sorted(group), sorted(group)[1:], strict=False)
        if sign * (after[2] - before[2]) < 0
    ]


def _sum_of(params: Mapping[str, Any], rows: Any, _: Any) -> list[int]:
    groups: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
    for number, row in rows:
        groups[tuple(row[name] for name in params["by"])][row[params["of"]]] = (number, row)
    found = []
    for group in groups.values():
        parts = [group[part][1] for part in params["parts"] if part in group]
        if params["total"] not in group or len(parts) < 2:
            continue
        number, total = group[params["total"]]
        for name in params["fields"]:
            values = [part[name] for part in parts]
            if total[name] is None or None in values:
                continue
            if abs(sum(values) - total[name]) > params.get("tolerance", 0) * abs(total[name]):
                found.append(number)
                break
    return found


CHECKS = {
    "row_rule": _row_rule,
    "dated_register": _dated_register,
    "plausible_range": _plausible_range,
    "register_value": _register_value,
    "ordered": _ordered,
    "sum_of": _sum_of,
}
