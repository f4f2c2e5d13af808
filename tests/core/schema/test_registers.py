"""The administrative register: what each trap of 2025-07-01 looks like in it."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from ckanext.haugiang.adapters.package_data import catalogue

UNITS = {(row["code"], row["version"]): row for row in catalogue().register_rows("admin_units")}
CROSSWALK = catalogue().register_rows("admin_units_crosswalk")
OLD = {code: row for (code, version), row in UNITS.items() if version == "2024"}
NEW = {code: row for (code, version), row in UNITS.items() if version == "2025"}
FORMER = {code: row for code, row in NEW.items() if row["former_province_code"] == "93"}


def test_both_versions_are_whole():
    assert Counter(row["level"] for row in OLD.values()) == {"1": 1, "2": 8, "3": 75}
    assert Counter(row["level"] for row in NEW.values()) == {"1": 1, "3": 103}
    assert len(FORMER) == 28


def test_every_parent_is_there():
    for row in UNITS.values():
        assert not row["parent_code"] or (row["parent_code"], row["version"]) in UNITS


def test_no_version_reaches_into_the_other():
    assert {row["valid_to"] for row in OLD.values()} == {"2025-06-30"}
    assert {row["valid_from"] for row in NEW.values()} == {"2025-07-01"}


def test_each_old_commune_goes_whole_to_one_new_one():
    assert sorted(row["old_code"] for row in CROSSWALK) == sorted(code for code, row in OLD.items() if row["level"] == "3")
    assert {row["relation"] for row in CROSSWALK} == {"whole"}
    assert {row["new_code"] for row in CROSSWALK} == set(FORMER)
    assert {(row["old_version"], row["new_version"]) for row in CROSSWALK} == {("2024", "2025")}


def test_the_crosswalk_names_what_the_registers_name():
    for row in CROSSWALK:
        assert OLD[row["old_code"]]["name_vi"] == row["old_name"]
        assert NEW[row["new_code"]]["name_vi"] == row["new_name"]
        assert OLD[row["old_code"]]["parent_code"] == row["old_district_code"]


def test_the_crosswalk_agrees_with_the_decree_list_of_each_new_commune():
    """`merged_from` came from another column of the source; it lists names, some with the district in brackets."""
    parts = defaultdict(set)
    for row in CROSSWALK:
        parts[row["new_code"]].add(row["old_name"].casefold())
    for code, row in FORMER.items():
        listed = {part.split("(")[0].strip().casefold() for part in row["merged_from"].split(",")}
        assert listed == parts[code], row["name_vi"]


def test_all_new_communes_reuse_an_old_code_and_most_under_another_name():
    assert set(FORMER) <= set(OLD)
    assert sum(OLD[code]["name_vi"] != row["name_vi"] for code, row in FORMER.items()) == 18


@pytest.mark.parametrize(
    ("code", "before", "after"), [("31321", "Phường III", "Phường Vị Thanh"), ("31465", "Xã Vị Thanh", "Xã Vị Thanh 1")]
)
def test_a_code_means_nothing_without_its_version(code: str, before: str, after: str):
    assert (OLD[code]["name_vi"], NEW[code]["name_vi"]) == (before, after)


@pytest.mark.parametrize("name", ["Xã Đông Phước", "Xã Vị Thủy"])
def test_a_new_commune_need_not_contain_the_old_one_of_its_name(name: str):
    new = next(code for code, row in FORMER.items() if row["name_vi"] == name)
    old = next(code for code, row in OLD.items() if row["name_vi"] == name)
    assert next(row["new_code"] for row in CROSSWALK if row["old_code"] == old) != new


def test_two_new_communes_cross_old_districts():
    districts = defaultdict(set)
    for row in CROSSWALK:
        districts[row["new_name"]].add(row["old_district_code"])
    assert {name for name, found in districts.items() if len(found) > 1} == {"Xã Đông Phước", "Xã Vĩnh Thuận Đông"}


@pytest.mark.parametrize(
    ("short", "version", "codes"),
    [
        ("Vị Thanh", "2024", {"930", "31465"}),
        ("Ngã Bảy", "2024", {"931", "31340"}),
        ("Phụng Hiệp", "2024", {"934", "31417"}),
        ("Vị Thủy", "2024", {"935", "31447"}),
        ("Long Mỹ", "2024", {"936", "937"}),
        ("Vĩnh Tường", "2024", {"31459", "31475"}),
        ("Vị Thanh", "2025", {"31321", "31465"}),
        ("Châu Thành", "2024", {"933"}),
        ("Châu Thành A", "2024", {"932"}),
    ],
)
def test_short_names_that_must_be_asked_for(short: str, version: str, codes: set[str]):
    found = {
        code for (code, of), row in UNITS.items()
        if of == version and short in (row["name_vi"], *row["aliases"].split("|"))
    }  # fmt: skip
    assert found == codes


def test_the_disease_lists_meet_without_gap_or_overlap():
    spans = {row["list"]: (row["valid_from"], row["valid_to"]) for row in catalogue().register_rows("diseases")}
    assert spans == {
        "TT 54/2015/TT-BYT": ("2016-03-01", "2026-06-30"),
        "QĐ 97/QĐ-PB 2026": ("2026-07-01", ""),
    }


def test_dengue_changed_its_icd_code_with_the_list():
    dengue = {row["code"]: row["icd10"] for row in catalogue().register_rows("diseases") if row["name_en"] == "Dengue"}
    assert dengue == {"T113": "A91", "D210": "A97"}


def test_plausible_ranges_of_water_parameters_are_numbers():
    for row in catalogue().register_rows("water_parameters"):
        assert float(row["plausible_min"]) < float(row["plausible_max"]), row["code"]
