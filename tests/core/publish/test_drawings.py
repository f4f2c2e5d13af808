"""From a published table to SVG: both languages, both widths, and the numbers as a table."""

import csv
import json

import pyarrow as pa
import pytest

from ckanext.haugiang.adapters import drawing
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.publish import drawings

HEADER = (
    "ma_don_vi,ten_don_vi,phien_ban_dvhc,nam,vu,cay_trong,dt_ke_hoach,dt_gieo_trong,dt_thu_hoach,nang_suat,san_luong,"
    "tinh_trang_so_lieu,ghi_chu"
)


@pytest.fixture
def specified(tmp_path):
    codes = [feature["properties"]["code"] for feature in drawing.boundaries()["features"]]
    lines = [
        f"{code},,2025,{year},{season},LUA,,{100 + index},,60,{600 + 6 * index},,"
        for index, code in enumerate(codes[:-1]) for year in (2025, 2026) for season in ("DX", "HT")
    ]  # fmt: skip
    table = tmp_path / "table.csv"
    table.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    schema = catalogue().get("agri_annual_crop_season@1.0.0")
    registers: dict[str, pa.Table] = {name: catalogue().register(name) for name in schema.registers()}
    return drawings.specify(table, len(lines), schema, registers, drawing.boundaries())


def test_a_table_of_communes_gets_its_charts_and_a_map(specified, tmp_path):
    """What the schema declares is drawn in two languages and two widths, with text that stays text."""
    source, target = tmp_path / "specifications.json", tmp_path / "drawings.json"
    source.write_text(json.dumps(specified), encoding="utf-8")
    assert drawing.draw(source, target, tmp_path / "vega.js")
    found = json.loads(target.read_text(encoding="utf-8"))
    assert [item["kind"] for item in found] == ["line", "bar", "map"]
    assert found[0]["specification"]["en"]["encoding"]["tooltip"][0]["title"] == "Year"
    assert "haugiangEmbed" in (tmp_path / "vega.js").read_text(encoding="utf-8")
    line, bar, communes = found
    assert "Đông Xuân" in line["svg"]["vi"]["wide"]
    assert "Winter-spring" in line["svg"]["en"]["narrow"]
    assert "Phường Vị Thanh" in bar["svg"]["vi"]["wide"]
    assert line["title"] == {"vi": "Sản lượng, tấn", "en": "Production, tonnes"}
    assert line["numbers"]["vi"]["rows"][0] == ["2025", "Đông Xuân", 18306.0]
    assert "Năm: 2026" in communes["note"]["vi"]
    assert communes["legend"]["missing"] == 1
    assert "hg-hatch" in communes["svg"]["vi"]["wide"]
    for item in found:
        for forms in item["svg"].values():
            for svg in forms.values():
                assert svg.startswith("<svg")
                assert "<script" not in svg


def test_markup_in_a_name_stays_text(specified, tmp_path):
    """Names come from registers that people edit."""
    line = specified[0]
    line["specification"]["vi"]["wide"]["layer"][-1]["data"]["values"][0]["series"] = "<script>alert(1)</script>"
    source, target = tmp_path / "specifications.json", tmp_path / "drawings.json"
    source.write_text(json.dumps([line]), encoding="utf-8")
    assert drawing.draw(source, target, tmp_path / "vega.js")
    drawn = json.loads(target.read_text(encoding="utf-8"))[0]["svg"]["vi"]["wide"]
    assert "<script" not in drawn
    assert "&lt;script" in drawn


def test_nothing_to_draw_is_no_failure(tmp_path):
    """An empty list, or an engine that fails, leaves a table without drawings."""
    source, target = tmp_path / "specifications.json", tmp_path / "drawings.json"
    source.write_text("[]", encoding="utf-8")
    assert not drawing.draw(source, target, tmp_path / "vega.js")
    source.write_text("no json", encoding="utf-8")
    assert not drawing.draw(source, target, tmp_path / "vega.js")


def test_columns_are_read_as_they_stand(tmp_path):
    """Texts become ordered categories: in every block the same text is the same one, nothing stays nothing."""
    head = HEADER.split(",")
    rows = [dict.fromkeys(head, "") for _ in range(50_000)]
    for number, row in enumerate(rows):
        row |= {"ma_don_vi": f"{number % 40_000:05}", "phien_ban_dvhc": "2025", "nam": str(2000 + number % 9),
                "vu": ["HT", "", "DX"][number % 3], "san_luong": str(number / 4), "ghi_chu": "\n"}  # fmt: skip
    table = tmp_path / "table.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, head, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    frame = drawings._read(table, len(rows), catalogue().get("agri_annual_crop_season@1.0.0"))
    assert sorted(frame) == ["cay_trong", "dt_gieo_trong", "ma_don_vi", "nam", "phien_ban_dvhc", "san_luong", "vu"]
    for name in ("ma_don_vi", "phien_ban_dvhc", "vu", "cay_trong"):
        assert frame[name].astype(object).where(frame[name].notna(), "").tolist() == [row[name] for row in rows]
        assert list(frame[name].cat.categories) == sorted({row[name] for row in rows} - {""})
    for name in ("nam", "san_luong"):
        assert frame[name].tolist() == [float(row[name]) for row in rows]


def test_memory_does_not_hold_every_text(tmp_path):
    """A million rows of a hundred texts are a million small numbers."""
    table = tmp_path / "table.csv"
    line = "31321,,2025,{},DX,LUA,,10,,60,600,,\n"
    table.write_text(HEADER + "\n" + "".join(line.format(2000 + n % 20) for n in range(200_000)), encoding="utf-8")
    frame = drawings._read(table, 200_000, catalogue().get("agri_annual_crop_season@1.0.0"))
    assert frame.memory_usage(deep=True).sum() < 200_000 * 40
