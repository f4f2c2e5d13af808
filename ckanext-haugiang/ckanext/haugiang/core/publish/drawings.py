"""What a published table draws: the charts its schema declares, and the map of communes, as specifications.

The child that checks a file makes these (they need the table, and numbers in plenty); `adapters.drawing` turns them into
SVG (that needs a large engine, but only these few numbers). Each drawing exists in two languages and two widths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from ckanext.haugiang.core.publish.chart import chart_specification
from ckanext.haugiang.core.publish.figures import Figures, Names, chart_figures, map_figures
from ckanext.haugiang.core.publish.map import CLASSES, class_limits, map_specification, shade
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.schema.units import unit_in

WIDTHS = {"wide": 564, "narrow": 340}
LANGUAGES = ("vi", "en")
MOST_ROWS = 2_000_000  # beyond that the columns alone would take the memory of a check


def specify(
    table: Path, rows: int, schema: TableSchema, registers: Mapping[str, pa.Table], boundaries: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Every drawing that a table's schema declares and its rows allow, charts first, then the map.

    Args:
        table: The canonical CSV of the published table.
        rows: How many rows it has.
        schema: Its schema.
        registers: Code lists by name, for the names that stand in place of codes.
        boundaries: GeoJSON FeatureCollection of the communes, ``properties.code`` and ``properties.version``.

    Returns:
        One JSON object a drawing: ``kind``, ``title`` and ``note`` by language, ``specification`` by language and width
        (Vega-Lite), ``numbers`` by language (``columns``, ``rows``), ``left_out``; a map also has ``legend``.
    """
    if not 0 < rows <= MOST_ROWS:
        return []
    pa.default_memory_pool().release_unused()  # what the stages before took, and then what reading took
    frame = _read(table, rows, schema)
    pa.default_memory_pool().release_unused()
    names = _names(schema, registers, frame)
    drawings = []
    for chart in schema.descriptor.get("x-charts", []):
        figures = chart_figures(frame, schema, chart) if chart["kind"] in ("line", "bar") else None
        if figures is not None:
            drawings.append(_drawing(figures, names, lambda f, lang, width: chart_specification(f, names, lang, width)))
    codes = {feature["properties"]["code"] for feature in boundaries["features"]}
    figures = map_figures(frame, schema, boundaries["features"][0]["properties"]["version"], codes)
    if figures is not None:
        drawing = _drawing(figures, names, lambda f, lang, width: map_specification(f, boundaries, names, lang, width))
        drawings.append(drawing | {"legend": _legend(figures, len(codes))})
    return drawings


def _read(table: Path, rows: int, schema: TableSchema) -> pd.DataFrame:
    """The columns that drawings need, read block by block: figures as numbers, the rest as ordered categories.

    Such a table holds few texts many times; as categories two million rows take a tenth of the memory.
    """
    wanted = set(schema.primary_key)
    wanted |= {field.name for field in schema.fields if field.role in ("place", "place-version")}
    for chart in schema.descriptor.get("x-charts", []):
        wanted |= {chart[key] for key in ("x", "y", "series", "filter") if chart.get(key)}
    numeric = {field.name: pa.float64() for field in schema.fields if field.type in ("number", "integer", "year")}
    types = {name: numeric.get(name, pa.dictionary(pa.int32(), pa.string())) for name in sorted(wanted)}
    options = arrow_csv.ConvertOptions(column_types=types, include_columns=list(types), strings_can_be_null=True)
    parse = arrow_csv.ParseOptions(newlines_in_values=True)
    columns = {name: (_Numbers if name in numeric else _Texts)(rows) for name in types}
    with arrow_csv.open_csv(table, parse_options=parse, convert_options=options) as blocks:
        for block in blocks:
            for name, column in columns.items():
                column.add(block.column(name))
    return pd.DataFrame({name: column.series() for name, column in columns.items()}, copy=False)


class _Numbers:
    """A column of figures, filled block by block: room for all rows at once leaves the memory whole."""

    def __init__(self, rows: int) -> None:
        self._values: npt.NDArray[Any] = np.empty(rows, np.float64)
        self._size = 0

    def add(self, cells: pa.Array) -> None:
        self._put(cells.to_numpy(zero_copy_only=False))

    def _put(self, values: npt.NDArray[Any]) -> None:
        self._values[self._size : self._size + len(values)] = values
        self._size += len(values)

    def series(self) -> pd.Series:
        return pd.Series(self._values[: self._size], copy=False)


class _Texts(_Numbers):
    """A column of texts as ordered categories; each block has a dictionary of its own."""

    def __init__(self, rows: int) -> None:
        super().__init__(0)
        self._values = np.empty(rows, np.int16)
        self._known: dict[str, int] = {}

    def add(self, cells: pa.DictionaryArray) -> None:
        known = self._known
        numbers = [known.setdefault(text, len(known)) for text in cells.dictionary.to_pylist()]
        if len(known) > np.iinfo(self._values.dtype).max:
            self._values = self._values.astype(np.int32)
        self._put(np.array([*numbers, -1])[np.asarray(cells.indices.fill_null(len(numbers)))])

    def series(self) -> pd.Series:
        texts = sorted(self._known)
        ranks = np.empty(len(texts) + 1, self._values.dtype)
        ranks[[self._known[text] for text in texts]] = np.arange(len(texts))
        ranks[-1] = -1  # no text
        codes = ranks[self._values[: self._size]]
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(texts, dtype="str"), ordered=True))


def _names(schema: TableSchema, registers: Mapping[str, pa.Table], frame: pd.DataFrame) -> Names:
    """What codes are called: labels of the schema, else the register the field refers to."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for field in schema.fields:
        if field.labels:
            found[field.name] = {code: (label["vi"], label["en"]) for code, label in field.labels.items()}
        elif field.codelist and field.codelist in registers and field.name in frame:
            used = set(map(str, frame[field.name].dropna().unique()))
            found[field.name] = {
                row["code"]: (row["name_vi"], row["name_en"] or row["name_vi"])
                for row in registers[field.codelist].to_pylist()  # later editions of a register overwrite earlier ones
                if row["code"] in used
            }
    return found


def _drawing(figures: Figures, names: Names, specify: Callable[[Figures, str, int], dict[str, Any]]) -> dict[str, Any]:
    specification = {lang: {form: specify(figures, lang, width) for form, width in WIDTHS.items()} for lang in LANGUAGES}
    return {
        "kind": figures.kind,
        "title": {"vi": _measure(figures.y.title, figures, "vi"), "en": _measure(figures.y.title_en, figures, "en")},
        "note": {lang: _note(figures, names, lang) for lang in LANGUAGES},
        "specification": specification,
        "numbers": {lang: _numbers(figures, names, lang) for lang in LANGUAGES},
        "left_out": figures.left_out,
    }


def _measure(title: str, figures: Figures, lang: str) -> str:
    return f"{title}, {unit_in(figures.y.unit, lang)}" if figures.y.unit else title


def _note(figures: Figures, names: Names, lang: str) -> str:
    """What the drawing is limited to, such as “Năm: 2026 · Cây trồng: Lúa”."""
    parts = []
    fields = {figures.x.name: figures.x, figures.y.name: figures.y}
    for name, value in figures.only.items():
        known = names.get(name, {})
        text = known[value][lang == "en"] if value in known else value.removesuffix(".0")
        field = figures.limited.get(name) or fields.get(name)
        parts.append(f"{(field.title if lang == 'vi' else field.title_en) if field else name}: {text}")
    return " · ".join(parts)


def _numbers(figures: Figures, names: Names, lang: str) -> dict[str, Any]:
    side = 0 if lang == "vi" else 1
    fields = [figures.x, *([figures.series] if figures.series else []), figures.y]
    rows = []
    for record in figures.rows.to_dict("records"):
        row: list[Any] = []
        for field in fields:
            value, known = record[field.name], names.get(field.name, {})
            if field is figures.y:
                row.append(round(float(value), 4))
            else:
                text = str(value).removesuffix(".0")
                row.append(known[text][side] if text in known else text)
        rows.append(row)
    return {"columns": [field.title if lang == "vi" else field.title_en for field in fields], "rows": rows}


def _legend(figures: Figures, communes: int) -> dict[str, Any]:
    """The classes of a map: ``[{"from", "to", "colour"}]`` and how many communes have no value."""
    limits = class_limits([float(value) for value in figures.rows[figures.y.name]])
    edges = [None, *limits, None]
    classes = [
        {"from": edges[number], "to": edges[number + 1], "colour": CLASSES[shade(number, len(limits))]}
        for number in range(len(limits) + 1)
    ]
    return {"classes": classes, "missing": communes - len(figures.rows)}
