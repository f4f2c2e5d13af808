"""Figures → a Vega-Lite specification: one look for every chart of the portal.

The rules of the design: the title is the measure, lines carry their name at their end (no legend), lines differ in
mark as well as colour, an axis of amounts starts at zero. Colours are those of ``tokens.css``.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ckanext.haugiang.core.publish.figures import Figures, Names

COLOURS = ["#0b5563", "#b85c00", "#74539f", "#66757d"]
SHAPES = ["circle", "square", "triangle-up", "diamond"]
INK, INK_3, LINE = "#17242b", "#586871", "#d6dddf"
FONT = "Source Sans 3, Segoe UI, Noto Sans, Helvetica Neue, Arial, sans-serif"
VEGA_LITE = "https://vega.github.io/schema/vega-lite/v5.json"


def chart_specification(figures: Figures, names: Names, lang: str, width: int) -> dict[str, Any]:
    """A Vega-Lite specification with its data inside.

    Args:
        figures: What to draw; ``line`` or ``bar``.
        names: What codes are called.
        lang: ``vi`` or ``en``.
        width: Of the whole drawing, in pixels; a phone gets a drawing of its own, not a scaled one.
    """
    rows = readable(figures, names, lang)
    layers = _lines(figures, rows, width) if figures.kind == "line" else _bars(rows)
    height = 300 if figures.kind == "line" else 22 * len(rows)
    return {
        "$schema": VEGA_LITE,
        "width": max(140, width - _room_beside(figures, rows)),
        "height": height,
        "padding": 4,
        "data": {"values": rows.to_dict("records")},
        "config": look(),
        **layers,
        "encoding": {**layers["encoding"], "tooltip": _tooltip(figures, rows, lang)},
    }


def readable(figures: Figures, names: Names, lang: str) -> pd.DataFrame:
    """The rows with the columns ``x``, ``y`` and ``series``, codes replaced by names."""
    side = 0 if lang == "vi" else 1
    rows = pd.DataFrame({"x": figures.rows[figures.x.name], "y": figures.rows[figures.y.name].astype(float)})
    if figures.series is not None:
        rows["series"] = named(figures.rows[figures.series.name], names.get(figures.series.name, {}), side)
    if is_temporal(figures):
        rows["x"] = pd.to_datetime(rows["x"]).dt.strftime("%Y-%m-%d")
    elif figures.kind == "line" and figures.x.type in ("integer", "year"):
        rows["x"] = rows["x"].astype(int)
    else:
        rows["x"] = named(rows["x"], names.get(figures.x.name, {}), side)
    return rows


def is_temporal(figures: Figures) -> bool:
    """Whether the axis is a calendar."""
    return figures.kind == "line" and figures.x.type in ("date", "datetime")


def named(values: pd.Series, names: Any, side: int) -> pd.Series:
    """Codes → names; a code without a name stays."""
    return values.astype(str).map(lambda code: names[code][side] if code in names else code)


def look() -> dict[str, Any]:
    """The configuration that all drawings share."""
    return {
        "font": FONT,
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK_3, "labelFontSize": 13, "titleColor": INK_3, "titleFontSize": 13, "titleFontWeight": 400,
            "gridColor": LINE, "domainColor": INK_3, "tickColor": LINE,
        },
    }  # fmt: skip


def _tooltip(figures: Figures, rows: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    """What a pointer reads off, where the drawing has become interactive."""
    x_type = "temporal" if is_temporal(figures) else "nominal"
    shown = [{"field": "x", "type": x_type, "title": figures.x.title if lang == "vi" else figures.x.title_en}]
    if figures.series is not None and "series" in rows:
        title = figures.series.title if lang == "vi" else figures.series.title_en
        shown.append({"field": "series", "type": "nominal", "title": title})
    title = figures.y.title if lang == "vi" else figures.y.title_en
    return [*shown, {"field": "y", "type": "quantitative", "title": title, "format": ",.6~f"}]


def _room_beside(figures: Figures, rows: pd.DataFrame) -> int:
    """Pixels left and right of the plot: names of lines or bars, and the figures of the axis."""
    if figures.kind == "bar":
        return 24 + 7 * min(26, int(rows["x"].str.len().max()))
    names = 8 * int(rows["series"].str.len().max()) + 12 if "series" in rows else 12
    return 68 + names


def _lines(figures: Figures, rows: pd.DataFrame, width: int) -> dict[str, Any]:
    x: dict[str, Any] = {"field": "x", "title": None, "type": "quantitative", "axis": {"format": "d", "grid": False}}
    if is_temporal(figures):
        x |= {"type": "temporal", "axis": {"grid": False, "format": "%m/%Y", "tickCount": 4 if width < 500 else 7}}
    elif rows["x"].dtype.kind in "iu":
        years = sorted(rows["x"].unique())
        step = -(-len(years) // (5 if width < 500 else 10))
        x["scale"] = {"domain": [int(years[0]), int(years[-1])], "nice": False}
        x["axis"] |= {"values": [int(year) for year in years[::-1][::step]]}
    else:
        x |= {"type": "ordinal", "axis": {"labelAngle": 0}}
    y = {"field": "y", "type": "quantitative", "title": None, "axis": {"domain": False, "ticks": False, "tickCount": 6}}
    encoding: dict[str, Any] = {"x": x, "y": y}
    if "series" not in rows:
        return {"encoding": encoding, "mark": {"type": "line", "color": COLOURS[0], "point": len(rows) <= 40}}
    order = list(rows.groupby("series")["y"].sum().sort_values(ascending=False).index)
    encoding["color"] = {"field": "series", "type": "nominal", "legend": None, "sort": order,
                         "scale": {"domain": order, "range": COLOURS[: len(order)]}}  # fmt: skip
    shape = {"field": "series", "type": "nominal", "legend": None,
             "scale": {"domain": order, "range": SHAPES[: len(order)]}}  # fmt: skip
    layers: list[dict[str, Any]] = [{"mark": {"type": "line", "strokeWidth": 2}}]
    if rows.groupby("series").size().max() <= 40:
        layers.append({"mark": {"type": "point", "filled": True, "size": 50, "opacity": 1}, "encoding": {"shape": shape}})
    layers.append(
        {
            "data": {"values": _line_ends(rows).to_dict("records")},
            "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "fontWeight": 600},
            "encoding": {"text": {"field": "series"}, "y": {"field": "label_y", "type": "quantitative"}},
        }
    )
    return {"encoding": encoding, "layer": layers}


def _line_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Where each line's name stands: at its last point, moved apart where two would touch."""
    ends = rows.sort_values("x").groupby("series").tail(1).sort_values("y", ascending=False).copy()
    ends["x"] = rows["x"].max()
    gap = float(rows["y"].max()) * 0.065
    places: list[float] = []
    for value in ends["y"]:
        places.append(min(float(value), places[-1] - gap) if places else float(value))
    lift = max(0.0, -places[-1])  # names pushed below zero would fall off the drawing
    ends["label_y"] = [place + lift for place in places]
    return ends


def _bars(rows: pd.DataFrame) -> dict[str, Any]:
    order = list(rows["x"])
    y = {"field": "x", "type": "nominal", "sort": order, "title": None,
         "axis": {"ticks": False, "domain": False, "labelLimit": 400, "labelColor": INK}}  # fmt: skip
    x = {"field": "y", "type": "quantitative", "title": None, "axis": {"tickCount": 4, "domain": False, "ticks": False}}
    return {
        "encoding": {"y": y, "x": x},
        "mark": {"type": "bar", "color": COLOURS[0], "height": 14, "cornerRadiusEnd": 2},
    }
