"""The examples of the documentation do what the text around them says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ckanext.haugiang.adapters.child import check_file
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.schema import parse_table_schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
TUTORIALS = ("tutorial/first-upload.md", "vi/nop-tep-dau-tien.md")


def example(page: str, language: str) -> str:
    """The first code block of a page in a language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]


def judge(text: str, folder: Path):
    source = folder / "lua.csv"
    source.write_text(text, encoding="utf-8")
    schema = catalogue().get("agri_annual_crop_season@1.0.0")
    registers = {name: catalogue().register(name) for name in schema.registers()}
    (folder / "work").mkdir()
    return check_file(source, source.name, schema, registers, folder / "work")


@pytest.mark.parametrize("page", TUTORIALS)
def test_the_tutorials_file_is_valid_and_tidied(page, tmp_path):
    """`10.250,5` becomes `10250.5`, “Lúa” becomes `LUA`."""
    checked = judge(example(page, "csv"), tmp_path)
    assert checked.report["haugiang"]["errors"] == 0
    changes = [json.loads(line) for line in checked.changes.read_text(encoding="utf-8").splitlines()]
    assert {("10.250,5", "10250.5"), ("Lúa", "LUA")} <= {(each["before"], each["after"]) for each in changes}


@pytest.mark.parametrize("page", TUTORIALS)
def test_the_tutorials_slips_are_found_in_their_cells(page, tmp_path):
    """`76,5 tạ` as the yield and no crop: cells E3 and H3."""
    broken = (
        example(page, "csv").replace("76,5", "76,5 tạ").replace("936;2024;2024;Đông Xuân;Lúa", "936;2024;2024;Đông Xuân;")
    )
    checked = judge(broken, tmp_path)
    assert {source["cell"] for source in checked.report["haugiang"]["sources"]} == {"E3", "H3"}


def test_the_example_schema_is_one():
    """The document of “Add a table schema” can be used as it stands."""
    schema = parse_table_schema(json.loads(example("howto/add-a-table-schema.md", "json")))
    assert schema.ref == "health_vaccination_month@1.0.0"
