"""The numbers behind a chart or a map: nothing counted twice, nothing drawn on the wrong territory."""

import pandas as pd
import pytest

from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.publish.chart import chart_specification
from ckanext.haugiang.core.publish.figures import chart_figures, map_figures
from ckanext.haugiang.core.publish.map import class_limits, class_of

LINE = {"kind": "line", "x": "nam", "y": "san_luong", "series": "vu", "filter": "cay_trong"}
BAR = {"kind": "bar", "x": "ma_don_vi", "y": "dt_gieo_trong", "filter": "cay_trong"}
COMMUNES = ["31321", "31333", "31338", "31342"]


@pytest.fixture
def schema():
    return catalogue().get("agri_annual_crop_season")


def rows(places, version="2024", years=(2023, 2024), crop="LUA", seasons=("DX", "HT"), production=100.0):
    return pd.DataFrame(
        [
            {"ma_don_vi": place, "phien_ban_dvhc": version, "nam": float(year), "vu": season, "cay_trong": crop,
             "dt_gieo_trong": 10.0 + index, "nang_suat": 60.0, "san_luong": production}
            for index, place in enumerate(places) for year in years for season in seasons
        ]
    )  # fmt: skip


def test_a_province_is_not_added_to_its_districts(schema):
    """The row of the province repeats what its districts say."""
    table = pd.concat([rows(["930", "931"]), rows(["93"], production=200.0)])
    figures = chart_figures(table, schema, LINE)
    assert list(figures.rows["san_luong"]) == [200.0] * 4


def test_only_one_crop_is_drawn(schema):
    """Tonnes of rice and of sugar cane make no sum."""
    table = pd.concat([rows(["930", "931"]), rows(["930"], crop="MIA", production=9000.0)])
    figures = chart_figures(table, schema, LINE)
    assert dict(figures.only) == {"cay_trong": "LUA"}
    assert figures.rows["san_luong"].max() == 200.0


def test_bars_show_the_newest_year(schema):
    """Ten years added up would say nothing."""
    figures = chart_figures(rows(["930", "931"]), schema, BAR)
    assert figures.only["nam"] == "2024.0"
    assert list(figures.rows["dt_gieo_trong"]) == [22.0, 20.0]


def test_too_few_points_make_no_chart(schema):
    """One point is no line."""
    assert chart_figures(rows(["930"], years=(2024,), seasons=("DX",)), schema, LINE) is None
    assert chart_figures(rows([]).reindex(columns=rows(["930"]).columns), schema, LINE) is None


def test_figures_by_old_units_are_not_on_the_map(schema):
    """31321 was Phường III until 2025 and is Phường Vị Thanh now: the same code, other territory."""
    assert map_figures(rows(COMMUNES, version="2024"), schema, "2025", set(COMMUNES)) is None
    drawn = map_figures(rows(COMMUNES, version="2025"), schema, "2025", set(COMMUNES))
    assert sorted(drawn.rows["ma_don_vi"]) == COMMUNES
    assert drawn.only["nam"] == "2024.0"


@pytest.mark.parametrize(
    "chart", [LINE, BAR, {**LINE, "x": "ma_don_vi", "series": "nam"}, {**LINE, "x": "vu", "series": "nam"}]
)
def test_texts_and_categories_give_the_same_figures(schema, chart):
    """However a column is held in memory: provinces above communes, missing seasons, two crops as frequent."""
    table = pd.concat([rows(COMMUNES, "2025"), rows(COMMUNES, "2025", crop="MIA", production=7.0), rows(["93"], "2025")])
    table = table.reset_index(drop=True)
    table.loc[[3, 9], "vu"] = None
    texts = ["ma_don_vi", "phien_ban_dvhc", "vu", "cay_trong"]
    table = table.astype(dict.fromkeys(texts, "str"))
    coded = table.astype({
        name: pd.CategoricalDtype(pd.Index(sorted(table[name].dropna().unique()), dtype="str"), ordered=True)
        for name in texts
    })  # fmt: skip
    for number, limits in enumerate((table, table[table["ma_don_vi"] != "93"], table[table["vu"].notna()])):
        plain, found = (chart_figures(frame.loc[limits.index], schema, chart) for frame in (table, coded))
        assert (plain is None) == (found is None), number
        if plain is not None:
            pd.testing.assert_frame_equal(plain.rows, found.rows)
            assert (plain.only, plain.left_out) == (found.only, found.left_out)
    plain, found = (map_figures(frame, schema, "2025", set(COMMUNES)) for frame in (table, coded))
    pd.testing.assert_frame_equal(plain.rows, found.rows)
    assert plain.only == found.only


def test_of_equally_frequent_crops_the_first_is_drawn(schema):
    """A choice that does not depend on how texts are kept."""
    table = pd.concat([rows(COMMUNES, crop="MIA"), rows(COMMUNES, crop="LUA")])
    assert dict(chart_figures(table, schema, LINE).only) == {"cay_trong": "MIA"}


def test_classes_have_round_limits_and_hold_every_value():
    """Five classes; a limit belongs to the class above it."""
    values = [float(value) for value in range(61, 89)]
    limits = class_limits(values)
    assert limits == sorted(set(limits))
    assert 2 <= len(limits) <= 4
    assert all(limit == int(limit) for limit in limits)
    assert {class_of(value, limits) for value in values} == set(range(len(limits) + 1))
    assert class_limits([5.0, 5.0]) == []


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("width", [564, 340])
def test_a_chart_names_its_lines_and_needs_no_legend(schema, lang, width):
    """The name of a line stands at its end, in the reader's language."""
    names = {"vu": {"DX": ("Đông Xuân", "Winter-spring"), "HT": ("Hè Thu", "Summer-autumn")}}
    figures = chart_figures(rows(["930"]), schema, LINE)
    specification = chart_specification(figures, names, lang, width)
    labels = specification["layer"][-1]["data"]["values"]
    assert {label["series"] for label in labels} == {names["vu"][code][lang == "en"] for code in ("DX", "HT")}
    assert specification["encoding"]["color"]["legend"] is None
    assert specification["width"] < width
