"""The numbers of a chart or map, taken from a published table: what is drawn is also shown as a table.

A chart is declared by the schema (``x-charts``); nothing is guessed from the data. Rows that are already sums of other
rows (a province above its districts) are left out, else everything would be counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ckanext.haugiang.core.schema import Field, TableSchema

MOST_SERIES = 4  # more lines than that cannot be told apart without a legend
MOST_BARS = 30
MOST_POINTS = 600

Names = Mapping[str, Mapping[str, tuple[str, str]]]
"""Field name → code → (Vietnamese, English) name."""


@dataclass(frozen=True)
class Figures:
    """The numbers of one drawing.

    Attributes:
        kind: ``line``, ``bar`` or ``map``.
        x: Field along the axis, or the place.
        y: Field that is drawn.
        series: Field that tells the lines apart, if any.
        only: Field → the one value that the drawing is limited to.
        rows: ``x``, ``y`` and, if there are series, ``series``: one row a point; in the order of the axis.
        left_out: How many series or bars the drawing has no room for.
        limited: The fields named in ``only``.
    """

    kind: str
    x: Field
    y: Field
    series: Field | None
    only: Mapping[str, str]
    rows: pd.DataFrame
    left_out: int = 0
    limited: Mapping[str, Field] = field(default_factory=dict)


def chart_figures(table: pd.DataFrame, schema: TableSchema, chart: Mapping[str, Any]) -> Figures | None:
    """The numbers of one declared chart; nothing if the axis has fewer than two points.

    Args:
        table: The published table, columns typed, named by field.
        schema: Its schema.
        chart: An item of ``x-charts``.
    """
    x, y = schema.field(chart["x"]), schema.field(chart["y"])
    series = schema.field(chart["series"]) if chart.get("series") else None
    rows, only = _one_value(_lowest_places(table, schema), chart.get("filter"))
    keys = [x.name] + ([series.name] if series else [])
    if chart["kind"] == "bar":  # ten years added up would say nothing
        for name in _times(schema):
            if name not in keys:
                rows, newest = _one_value(rows, name, newest=True)
                only |= newest
    rows = rows.dropna(subset=[*keys, y.name])
    if rows.empty:
        return None
    drawn = _gather(rows, keys, y)
    if chart["kind"] == "bar":
        drawn = drawn.sort_values(y.name, ascending=False, kind="stable")
        left_out = max(0, len(drawn) - MOST_BARS)
        drawn = drawn.head(MOST_BARS)
    else:
        drawn, left_out = _largest_series(drawn, series, y)
        drawn = drawn.sort_values(keys[::-1], kind="stable")
    if drawn[x.name].nunique() < 2 or len(drawn) > MOST_POINTS * MOST_SERIES:
        return None
    return Figures(chart["kind"], x, y, series, only, drawn.reset_index(drop=True), left_out, _fields(schema, only))


def map_figures(table: pd.DataFrame, schema: TableSchema, version: str, codes: set[str]) -> Figures | None:
    """The newest value of each commune for the first declared measure; nothing if the table has no such rows.

    Args:
        table: The published table.
        schema: Its schema.
        version: Edition of the register of administrative units that the boundaries show; figures by the units of
            another edition are not drawn, because the same code stands for other territory there.
        codes: Codes of the communes that have a boundary.
    """
    place, edition = _by_role(schema, "place"), _by_role(schema, "place-version")
    declared = [chart for chart in schema.descriptor.get("x-charts", []) if chart["kind"] in ("map", "line", "bar")]
    declared.sort(key=lambda chart: chart["kind"] != "map")
    if place is None or edition is None or not declared:
        return None
    rows = table[(table[edition.name] == version) & table[place.name].isin(codes)]
    y = schema.field(declared[0]["y"])
    rows = rows.dropna(subset=[y.name])
    if rows[place.name].nunique() < 3:
        return None
    only: dict[str, str] = {}
    for name in _to_fix(schema, declared[0], y):
        rows, fixed = _one_value(rows, name, newest=_is_time(schema.field(name)))
        only.update(fixed)
    drawn = _gather(rows, [place.name], y)
    return Figures("map", place, y, None, only, drawn.reset_index(drop=True), 0, _fields(schema, only))


def _fields(schema: TableSchema, only: Mapping[str, str]) -> dict[str, Field]:
    return {name: schema.field(name) for name in only}


def _to_fix(schema: TableSchema, chart: Mapping[str, Any], y: Field) -> list[str]:
    """Fields that the map must hold at one value: time first, then what may not be added up."""
    times = _times(schema)
    others = [
        column.name
        for column in schema.fields
        if column.role in ("dimension", "period") and not _is_time(column) and column.name in schema.primary_key
    ]
    if chart.get("filter") and chart["filter"] not in others:
        others.append(chart["filter"])
    return times + ([name for name in others if name == chart.get("filter")] if y.aggregate == "sum" else others)


def _times(schema: TableSchema) -> list[str]:
    return [column.name for column in schema.fields if _is_time(column) and column.name in schema.primary_key]


def _is_time(field: Field) -> bool:
    return field.role in ("time", "period") and field.type != "string"  # a season's code has no order


def _by_role(schema: TableSchema, role: str) -> Field | None:
    return next((column for column in schema.fields if column.role == role), None)


def _one_value(rows: pd.DataFrame, name: str | None, *, newest: bool = False) -> tuple[pd.DataFrame, dict[str, str]]:
    """Limit rows to one value of a field: the newest, or the most frequent."""
    if not name or rows.empty:
        return rows, {}
    values = rows[name].dropna()
    if values.nunique() < 2:
        return rows, {name: str(values.iloc[0])} if newest and len(values) else {}
    chosen = values.max() if newest else _most_frequent(values)
    return rows[rows[name] == chosen], {name: str(chosen)}


def _most_frequent(values: pd.Series) -> Any:
    """Of equally frequent ones the first."""
    counts = values.value_counts()
    most = counts.index[counts == counts.max()]
    return values[values.isin(most)].iloc[0] if len(most) > 1 else most[0]


def _lowest_places(table: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """Leave out units that contain other units of the table: a code's length is its level (2, 3 or 5 digits)."""
    place = _by_role(schema, "place")
    if place is None or table.empty or place.codelist != "admin_units":
        return table
    keys = [name for name in schema.primary_key if name != place.name]
    lengths = _lengths(table[place.name])
    if lengths.nunique(dropna=False) == 1 and not any(table[key].isna().any() for key in keys):
        return table
    lowest = lengths.groupby([table[key] for key in keys]).transform("max") if keys else lengths.max()
    return table[lengths == lowest]


def _lengths(codes: pd.Series) -> pd.Series:
    """How long each code is; not a number where there is none."""
    if isinstance(codes.dtype, pd.CategoricalDtype):  # looked up for each code once
        sizes = np.array([*map(len, codes.cat.categories), np.nan], np.float32)
        return pd.Series(sizes[codes.cat.codes], index=codes.index)
    return codes.astype(str).str.len()


def _gather(rows: pd.DataFrame, keys: list[str], y: Field) -> pd.DataFrame:
    how = {"mean": "mean", "last": "last"}.get(y.aggregate or "", "sum")
    if y.aggregate == "none":
        how = "mean"
    gathered = rows.groupby(keys, sort=True, observed=True)[y.name].agg(how).reset_index()
    for key in keys:  # a few points: from here on their texts are plain texts
        if isinstance(gathered[key].dtype, pd.CategoricalDtype):
            gathered[key] = gathered[key].astype(gathered[key].cat.categories.dtype)
    return gathered


def _largest_series(drawn: pd.DataFrame, series: Field | None, y: Field) -> tuple[pd.DataFrame, int]:
    if series is None:
        return drawn, 0
    order = drawn.groupby(series.name, observed=True)[y.name].sum().sort_values(ascending=False)
    kept = set(order.index[:MOST_SERIES])
    return drawn[drawn[series.name].isin(kept)], len(order) - len(kept)
