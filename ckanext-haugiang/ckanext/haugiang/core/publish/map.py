"""Figures by commune → a Vega-Lite map of our own boundaries: five classes with round limits, hatching for no data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from ckanext.haugiang.core.publish.chart import INK, VEGA_LITE, look
from ckanext.haugiang.core.publish.figures import Figures, Names
from ckanext.haugiang.core.publish.hatch import NO_DATA

CLASSES = ["#e3efe9", "#b5d7cd", "#78b3ad", "#2f7a80", "#0b5563"]
NAMED_UNITS = 7  # names on the largest communes only: more would overlap


def class_limits(values: list[float]) -> list[float]:
    """At most four limits that part the values into classes of about the same size, rounded to two figures.

    Limits that fall together after rounding are given once, so there may be fewer than five classes.
    """
    ordered = sorted(values)
    if not ordered:
        return []
    span = ordered[-1] - ordered[0]
    digit = 10.0 ** math.floor(math.log10(span / 5)) if span > 0 else 1.0
    wanted = [ordered[min(len(ordered) - 1, len(ordered) * part // 5)] for part in range(1, 5)]
    limits = {round(round(value / digit) * digit, 10) for value in wanted}
    return sorted(limit for limit in limits if ordered[0] < limit <= ordered[-1])


def class_of(value: float, limits: list[float]) -> int:
    """Number of the class (0 …) of a value; a limit belongs to the class above it."""
    return sum(value >= limit for limit in limits)


def map_specification(
    figures: Figures, boundaries: Mapping[str, Any], names: Names, lang: str, width: int
) -> dict[str, Any]:
    """A Vega-Lite specification of the communes, coloured by class, the largest ones named.

    Args:
        figures: One value a commune code.
        boundaries: GeoJSON FeatureCollection with ``properties.code``.
        names: What codes are called.
        lang: ``vi`` or ``en``.
        width: Of the whole drawing, in pixels.
    """
    side = 0 if lang == "vi" else 1
    values = dict(zip(figures.rows[figures.x.name].astype(str), figures.rows[figures.y.name].astype(float), strict=True))
    limits = class_limits(list(values.values()))
    known = names.get(figures.x.name, {})
    features, sizes = [], {}
    for feature in boundaries["features"]:
        code = str(feature["properties"]["code"])
        sizes[code] = _extent(feature["geometry"])
        colour = CLASSES[shade(class_of(values[code], limits), len(limits))] if code in values else NO_DATA
        name = known[code][side] if code in known else feature["properties"]["name"]
        features.append({**feature, "fill": colour, "name": name, "value": values.get(code), "missing": code not in values})
    largest = set(sorted(sizes, key=sizes.__getitem__, reverse=True)[:NAMED_UNITS])
    labels = [_label(feature) for feature in features if str(feature["properties"]["code"]) in largest]
    return {
        "$schema": VEGA_LITE,
        "width": width - 8,
        "height": round((width - 8) * 0.8),
        "padding": 4,
        "config": look(),
        "projection": {"type": "mercator"},
        "layer": [
            {
                "data": {"values": [_outline(feature) for feature in features]},
                "mark": {"type": "geoshape", "stroke": "#ffffff", "strokeWidth": 1.5},
                "encoding": {
                    "fill": {"field": "fill", "type": "nominal", "scale": None},
                    "stroke": {"condition": {"test": "datum.missing", "value": "#74838b"}, "value": "#ffffff"},
                    "description": {"field": "name"},
                    "tooltip": [
                        {"field": "name", "title": figures.x.title if side == 0 else figures.x.title_en},
                        {
                            "field": "value",
                            "type": "quantitative",
                            "title": figures.y.title if side == 0 else figures.y.title_en,
                            "format": ",.6~f",
                        },
                    ],
                },
            },
            _label_layer(labels),
        ],
    }


def _label_layer(labels: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": {"values": labels},
        "mark": {"type": "text", "fontSize": 12, "fontWeight": 600},
        "encoding": {
            "longitude": {"field": "longitude", "type": "quantitative"},
            "latitude": {"field": "latitude", "type": "quantitative"},
            "text": {"field": "name"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
        },
    }


def shade(number: int, limits: int) -> int:
    """Spread fewer classes over the five shades, so that the highest class is always the darkest."""
    return round(number * (len(CLASSES) - 1) / limits) if limits else len(CLASSES) // 2


def _outline(feature: Mapping[str, Any]) -> dict[str, Any]:
    """A feature as Vega wants it: rings clockwise, the other way round than RFC 7946 asks."""
    polygons = feature["geometry"]["coordinates"]
    if feature["geometry"]["type"] == "Polygon":
        polygons = [polygons]
    turned = [[_clockwise(ring) for ring in polygon[:1]] + polygon[1:] for polygon in polygons]
    return {**feature, "geometry": {"type": "MultiPolygon", "coordinates": turned}}


def _clockwise(ring: list[list[float]]) -> list[list[float]]:
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
    return ring[::-1] if area > 0 else ring


def _points(geometry: Mapping[str, Any]) -> list[list[float]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return max((polygon[0] for polygon in polygons), key=len)


def _extent(geometry: Mapping[str, Any]) -> float:
    points = _points(geometry)
    return (max(p[0] for p in points) - min(p[0] for p in points)) * (max(p[1] for p in points) - min(p[1] for p in points))


def _label(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The name of a commune in the middle of its outline, without the word for its kind."""
    points = _points(feature["geometry"])
    area = longitude = latitude = 0.0
    for a, b in itertools.pairwise(points):  # centroid of a polygon
        cross = a[0] * b[1] - b[0] * a[1]
        area, longitude, latitude = area + cross, longitude + (a[0] + b[0]) * cross, latitude + (a[1] + b[1]) * cross
    dark = feature["fill"] in CLASSES[3:]
    return {
        "longitude": longitude / (3 * area),
        "latitude": latitude / (3 * area),
        "name": feature["name"].removeprefix("Phường ").removeprefix("Xã ").removesuffix(" Ward").removesuffix(" Commune"),
        "colour": "#ffffff" if dark else INK,
    }
