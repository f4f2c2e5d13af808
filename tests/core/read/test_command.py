"""`haugiang`: verdicts, proposals and exit codes, without CKAN."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ckanext.haugiang.command import main
from ckanext.haugiang.core.schema import parse_table_schema

SCHEMA = {
    "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
    "name": "trial",
    "x-version": "1.0.0",
    "x-sector": "agriculture",
    "title": "Bảng thử",
    "x-title-en": "Trial",
    "fields": [
        {"name": "ma", "type": "string", "title": "Mã", "x-title-en": "Code", "constraints": {"required": True}},
        {"name": "so", "type": "number", "title": "Số", "x-title-en": "Number", "x-unit": "ha"},
    ],
    "foreignKeys": [{"fields": ["ma"], "reference": {"resource": "places", "fields": ["code"]}}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    (tmp_path / "places.csv").write_text("code,name_vi\nP1,Một\nP2,Hai\n", encoding="utf-8")
    (tmp_path / "good.csv").write_text("Mã;Số (ha)\nP1;1,5\nhai;2,5\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("Mã,Số\nP1,x\nP9,2\n,3\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def judge(folder: Path, *arguments: object) -> Result:
    return run("validate", "-s", folder / "schema.json", "--register", f"places={folder / 'places.csv'}", *arguments)


def test_valid(folder: Path) -> None:
    """Exit code 0, and the tidied table on demand."""
    result = judge(folder, folder / "good.csv", "-o", folder / "out.csv", "--lang", "en")
    assert result.exit_code == 0, result.output
    assert "every cell is valid (2 rows)" in result.output
    assert (folder / "out.csv").read_text(encoding="utf-8") == "ma,so\nP1,1.5\nP2,2.5\n"


def test_invalid_in_both_languages(folder: Path) -> None:
    """Exit code 1, each error with its cell and a sentence in the reader's language."""
    english, vietnamese = judge(folder, folder / "bad.csv", "--lang", "en"), judge(folder, folder / "bad.csv")
    assert (english.exit_code, vietnamese.exit_code) == (1, 1)
    assert "B2\tColumn “Number”, row 2: “x” is not a number" in english.output
    assert "B2\tCột “Số” dòng 2: “x”" in vietnamese.output


def test_not_judged_beats_invalid(folder: Path) -> None:
    """Exit code 2 as soon as one file could not be judged; globs are expanded here."""
    result = judge(folder, folder / "*.csv", "--lang", "en")
    assert result.exit_code == 2
    assert "The file is empty" in result.output
    assert "every cell is valid" in result.output


def test_json_csv_html(folder: Path) -> None:
    """The same findings in each form."""
    (document,) = json.loads(judge(folder, folder / "bad.csv", "-f", "json").output)
    assert document["valid"] is False
    cells = [error["cell"] for error in document["errors"]]
    assert "B2" in cells
    assert document["report"]["haugiang"]["errors"] == len(cells)
    rows = list(csv.DictReader(io.StringIO(judge(folder, folder / "bad.csv", "-f", "csv").output)))
    assert [row["cell"] for row in rows] == [cell or "" for cell in cells]
    page = judge(folder, folder / "bad.csv", "-f", "html").output
    assert page.startswith("<!doctype html>")
    assert "<td>B2</td>" in page


def test_what_tidy_may_not_decide_is_asked(folder: Path) -> None:
    """A number that can be read in two ways, and a head with another unit, are warnings with sentences."""
    (folder / "asked.csv").write_text("Mã;Số (m²)\nP1;1.050\n", encoding="utf-8")
    result = judge(folder, folder / "asked.csv")
    assert result.exit_code == 0
    assert "“1.050”" in result.output
    assert "1050" in result.output
    assert "1,05?" in result.output
    assert "m²" in result.output
    (document,) = json.loads(judge(folder, folder / "asked.csv", "-f", "json").output)
    assert document["report"]["haugiang"]["warnings"] == 2
    assert {finding["rule"] for finding in document["report"]["haugiang"]["findings"]} == {
        "number-ambiguous",
        "unit-differs",
    }


def test_strangers_text_is_harmless(folder: Path) -> None:
    """What a cell holds is neither markup in the page nor a formula in the CSV."""
    (folder / "evil.csv").write_text("Mã,Số\nP1,=1+1\nP1,<script>x</script>\n", encoding="utf-8")
    assert "<script>" not in judge(folder, folder / "evil.csv", "-f", "html").output
    rows = list(csv.DictReader(io.StringIO(judge(folder, folder / "evil.csv", "-f", "csv").output)))
    assert rows[0]["value"] == "'=1+1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["validate", "x.csv", "-s", "no_such_schema"], "There is no table schema no_such_schema"),
        (["validate", "nothing-*.csv", "-s", "env_station"], "There is no file"),
        (["validate", "x.csv", "-s", "no-such-file.json"], "The table schema cannot be used"),
        (["validate", "x.csv", "-s", "env_surface_water"], "env_station"),
        (["validate", "x.csv", "-s", "env_station", "--set", "x"], "is not NAME=VALUE"),
        (["validate", "x.csv", "-s", "env_station", "--set", "x=1"], "the schema has no field x"),
        (["validate", ".", "-s", "env_station"], "is a folder"),
        (["schema", "show", "nothing"], "There is no table schema nothing"),
        (["infer", "nothing.csv"], "There is no file"),
    ],
)
def test_what_cannot_be_begun(arguments: list[str], said: str) -> None:
    """Exit code 2 and one line that says why."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_schemas_are_listed_and_shown() -> None:
    """Those that the package ships."""
    assert "env_station@1.0.0\tenvironment\t" in run("schema", "list").output
    assert json.loads(run("schema", "show", "env_station").output)["name"] == "env_station"


def test_infer_proposes_a_schema(tmp_path: Path) -> None:
    """Names, units and types, from below a title; the proposal judges its own table as valid."""
    source = tmp_path / "lúa 2024.csv"
    source.write_text(
        "BẢNG 1. LÚA;;;;\nXã;Diện tích (ha);Số hộ;Ngày gieo;Có nước\n"
        "Vị Thanh;1.234,5;1.024;5/8/2024;có\nHỏa Lựu;2,25;88;15/08/2024;không\n",
        encoding="utf-8",
    )
    proposal = json.loads(run("infer", source).output)
    parse_table_schema(proposal)
    assert [(field["name"], field["type"]) for field in proposal["fields"]] == [
        ("xa", "string"),
        ("dien_tich", "number"),
        ("so_ho", "integer"),
        ("ngay_gieo", "date"),
        ("co_nuoc", "boolean"),
    ]
    assert proposal["name"] == "lua_2024"
    assert proposal["fields"][1]["x-unit"] == "ha"
    (tmp_path / "schema.json").write_text(json.dumps(proposal), encoding="utf-8")
    assert run("validate", source, "-s", tmp_path / "schema.json").exit_code == 0


def test_fit_finds_the_schema(tmp_path: Path) -> None:
    """The schema that the columns are of comes first; a file of nothing known has none."""
    (tmp_path / "a.csv").write_text("Mã trạm,Tên trạm,Loại quan trắc,Kinh độ,Vĩ độ,STT\n,,,,,\n", encoding="utf-8")
    first, *_ = run("schema", "fit", tmp_path / "a.csv").output.splitlines()
    assert first.split("\t")[1:3] == ["env_station@1.0.0", "5/6"]
    assert "phien_ban_dvhc" in first
    (tmp_path / "b.csv").write_text("q,w\n1,2\n", encoding="utf-8")
    assert run("schema", "fit", tmp_path / "b.csv").output == ""


def test_infer_of_what_is_no_table(tmp_path: Path) -> None:
    """A named reason."""
    (tmp_path / "a.csv").write_text("1,2\n3,4\n", encoding="utf-8")
    result = run("infer", tmp_path / "a.csv")
    assert result.exit_code == 2
    assert "No row fits" in result.output


def test_help_needs_no_data() -> None:
    """The commands explain themselves; the program is installed."""
    said = subprocess.run([sys.executable, "-m", "ckanext.haugiang.command", "-h"], capture_output=True, check=True)
    for word in (b"validate", b"infer", b"schema"):
        assert word in said.stdout
